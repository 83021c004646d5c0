import { rangesOf } from '../ledger/entry-range.ts'
import type { EntryQuery, Store } from '../ledger/store.ts'
import type { Entry } from '../model/evidence.ts'
import type { Period } from '../model/period.ts'
import { later } from '../model/time.ts'

/** What lies between or beside the period's entries is taken along up to here; a clock set wrong may tear them apart. */
const mostBeside = 1000

/**
 * Entries are recorded when their collection ends, so that several at a time get out of order by as long as one takes.
 * Further than this from the period, an entry shows that nothing of the period lies beyond it.
 */
export const outOfOrderMs = 10 * 60_000

/** Whether an entry lies so far before, or behind, a period that the ledger's order has nothing of the period beyond it. */
export function bounds(
  { collected }: Entry,
  { from, to }: Pick<Period, 'from' | 'to'>,
): { readonly before: boolean; readonly behind: boolean } {
  return { before: collected < later(from, -outOfOrderMs), behind: collected >= later(to, outOfOrderMs) }
}

/**
 * The bytes of the period's entries in the ledger of `size` entries, by sequence, and beside them those that lie
 * between them and around them up to one well before and one well behind: so a reader sees that none was left out.
 */
export async function periodEntries(
  store: Store,
  period: Pick<Period, 'from' | 'to'>,
  size: number,
): Promise<Map<number, Uint8Array>> {
  const found = new Map<number, Uint8Array>()
  for await (const { bytes, entry } of store.entries({ from: period.from, to: period.to })) {
    if (entry.sequence < size) found.set(entry.sequence, bytes)
  }
  const ranges = rangesOf(found.keys())
  const [first, last] = [ranges[0]?.first, ranges.at(-1)?.last]
  if (first === undefined || last === undefined) return found
  for (const [index, range] of ranges.slice(1).entries()) {
    const before = ranges[index]?.last ?? range.first
    const between = range.first - before - 1
    if (between <= mostBeside) await take(store, { after: before, limit: between }, found)
  }
  await take(store, { after: first, order: 'desc' }, found, (entry) => bounds(entry, period).before)
  await take(store, { after: last, limit: size - 1 - last }, found, (entry) => bounds(entry, period).behind)
  return new Map([...found].sort(([a], [b]) => a - b))
}

async function take(
  store: Store,
  query: EntryQuery,
  found: Map<number, Uint8Array>,
  enough: (entry: Entry) => boolean = () => false,
): Promise<void> {
  const limit = Math.min(query.limit ?? mostBeside, mostBeside)
  if (limit === 0) return
  for await (const { entry, bytes } of store.entries({ ...query, limit })) {
    found.set(entry.sequence, bytes)
    if (enough(entry)) return
  }
}
