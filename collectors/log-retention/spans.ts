/** A stretch of time in milliseconds since 1970, both ends included. */
export type Span = { readonly from: number; readonly to: number }

/** Times, kept as the spans between gaps: it needs memory for the gaps, not for the records. */
export type Spans = {
  add(ms: number): void
  /** Counts a stretch as filled, though no record in it was read. */
  fill(from: number, to: number): void
  /** Oldest first; two neighbours are more than the gap apart. */
  list(): readonly Span[]
}

/** Spans that swallow every silence of at most `gapMs`. The order in which times are added does not matter. */
export function createSpans(gapMs: number): Spans {
  const spans: { from: number; to: number }[] = []
  let recent = 0

  function fill(from: number, to: number): void {
    // Most times fall into the span of the one before.
    const same = spans[recent]
    if (same !== undefined && from >= same.from && to <= same.to) return
    const first = firstEndingAfter(spans, from - gapMs)
    let last = first
    while (last < spans.length && (spans[last]?.from ?? Number.POSITIVE_INFINITY) <= to + gapMs) last += 1
    const merged = spans.slice(first, last)
    spans.splice(first, last - first, {
      from: Math.min(from, merged[0]?.from ?? from),
      to: Math.max(to, merged.at(-1)?.to ?? to),
    })
    recent = first
  }

  return { add: (ms) => fill(ms, ms), fill, list: () => spans.map(({ from, to }) => ({ from, to })) }
}

/** The stretches between spans. */
export function gapsBetween(spans: readonly Span[]): readonly Span[] {
  return spans.slice(1).map((span, index) => ({ from: spans[index]?.to ?? span.from, to: span.from }))
}

/** Index of the first span that ends at or after a time. */
function firstEndingAfter(spans: readonly Span[], ms: number): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((spans[middle]?.to ?? 0) < ms) low = middle + 1
    else high = middle
  }
  return low
}
