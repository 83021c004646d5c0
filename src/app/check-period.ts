import { describeRange, type EntryRange, rangesOf, rangesWithout } from '../ledger/entry-range.ts'
import type { Entry } from '../model/evidence.ts'
import type { Period } from '../model/period.ts'
import { bounds, outOfOrderMs } from './period-entries.ts'

type Entries = ReadonlyMap<number, { readonly entry: Entry }>

/** Up to so many gaps are named in a sentence. */
const mostNamed = 8

/**
 * Whether proved entries are all that a ledger of `size` entries has of a period, as far as its order can tell: nothing
 * is missing between the first and the last of them, nor up to an entry well before and one well behind the period. It
 * is never false: what was left out cannot be seen, so that a gap only leaves the question open.
 */
export function checkPeriod(
  entries: Entries,
  size: number,
  period: Pick<Period, 'from' | 'to'>,
): { readonly holds: true | null; readonly sentence: string } {
  const sequences = [...entries.keys()].sort((a, b) => a - b)
  const inside = sequences.filter((sequence) => {
    const collected = entries.get(sequence)?.entry.collected ?? ''
    return collected >= period.from && collected < period.to
  })
  const [first, last] = [inside[0], inside.at(-1)]
  if (first === undefined || last === undefined) {
    const sentence =
      'No embedded entry was collected in the period: the file cannot show whether the ledger has any that was.'
    return { holds: null, sentence }
  }
  const ranges = rangesOf(sequences)
  const gaps = [
    ...gapBefore(entries, first, ranges, period),
    ...rangesWithout([{ first, last }], ranges),
    ...gapBehind(entries, last, ranges, { ...period, size }),
  ]
  if (gaps.length > 0) {
    const more = gaps.length > mostNamed ? ` and ${gaps.length - mostNamed} more ranges` : ''
    const named = `${gaps.slice(0, mostNamed).map(describeRange).join(', ')}${more}`
    const sentence = `Whether all entries of the period are embedded is open: ${inside.length} are, but ${named} between or next to them are not and may belong to it. Who has the store can show them.`
    return { holds: null, sentence }
  }
  const are = first === last ? 'is' : 'are'
  const sentence = `No entry of the period was left out: ${describeRange({ first, last })} of the ledger ${are} embedded without a gap, ${inside.length} of them collected in the period, and so is all around them up to ${outOfOrderMs / 60_000} minutes before and behind it, or to the ledger’s ends.`
  return { holds: true, sentence }
}

function gapBefore(
  entries: Entries,
  first: number,
  ranges: readonly EntryRange[],
  period: Pick<Period, 'from' | 'to'>,
): readonly EntryRange[] {
  const start = ranges.find((range) => range.first <= first && first <= range.last)?.first ?? first
  for (let sequence = first - 1; sequence >= start; sequence -= 1) {
    const entry = entries.get(sequence)?.entry
    if (entry && bounds(entry, period).before) return []
  }
  return start === 0 ? [] : [{ first: start - 1, last: start - 1 }]
}

function gapBehind(
  entries: Entries,
  last: number,
  ranges: readonly EntryRange[],
  { size, ...period }: Pick<Period, 'from' | 'to'> & { readonly size: number },
): readonly EntryRange[] {
  const end = ranges.find((range) => range.first <= last && last <= range.last)?.last ?? last
  for (let sequence = last + 1; sequence <= end; sequence += 1) {
    const entry = entries.get(sequence)?.entry
    if (entry && bounds(entry, period).behind) return []
  }
  return end >= size - 1 ? [] : [{ first: end + 1, last: end + 1 }]
}
