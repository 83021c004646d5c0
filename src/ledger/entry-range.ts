/** Entries that follow one another in the ledger, from the first to the last, both of them among it. */
export type EntryRange = { readonly first: number; readonly last: number }

/** The unbroken ranges that ascending sequences make up. */
export function rangesOf(sequences: Iterable<number>): readonly EntryRange[] {
  const ranges: { first: number; last: number }[] = []
  for (const sequence of sequences) {
    const current = ranges.at(-1)
    if (current && sequence === current.last + 1) current.last = sequence
    else ranges.push({ first: sequence, last: sequence })
  }
  return ranges
}

/** What lies in `ranges` (ascending, apart) and not in `others` (likewise). */
export function rangesWithout(ranges: readonly EntryRange[], others: readonly EntryRange[]): readonly EntryRange[] {
  const left: EntryRange[] = []
  let next = 0
  for (const { first, last } of ranges) {
    let from = first
    while ((others[next]?.last ?? Number.POSITIVE_INFINITY) < from) next += 1
    for (let index = next; from <= last; index += 1) {
      const other = others[index]
      if (!other || other.first > last) {
        left.push({ first: from, last })
        break
      }
      if (other.first > from) left.push({ first: from, last: other.first - 1 })
      from = Math.max(from, other.last + 1)
    }
  }
  return left
}

/** `E-4`, or `E-4 to E-9`. */
export function describeRange({ first, last }: EntryRange): string {
  return first === last ? `E-${first}` : `E-${first} to E-${last}`
}
