import { type Evidence, keyOf, speaksTls } from './evidence.ts'
import type { End, Exchange } from './transcript.ts'

/**
 * Whether the server answered something between two exchanges, on a connection that was opened after the one and over
 * before the other: then it is not the time, nor the number of connections in it, for which it answers neither. Exchanges
 * of older recordings, which do not tell when they were, are taken to have it.
 */
export function isAnsweredBetween({ ended }: Exchange, { began }: Exchange, evidence: readonly Evidence[]): boolean {
  if (ended === undefined || began === undefined) return true
  return evidence.some(
    (each) => speaksTls(each) && (each.exchange.began ?? 0) > ended && (each.exchange.ended ?? began) < began,
  )
}

/** Whether the server answered others between any two of some exchanges, which are in their order. */
export function hasInterlude(exchanges: readonly Exchange[], evidence: readonly Evidence[]): boolean {
  const [first] = exchanges
  return exchanges.some((each) => first !== undefined && each !== first && isAnsweredBetween(first, each, evidence))
}

/** A hello that the server answered, to be sent once more: the shortest; undefined where there is none. */
export function knownToBeAnswered(evidence: readonly Evidence[]): Exchange | undefined {
  const answered = evidence.filter(({ verdict }) => verdict.kind === 'chosen').map(({ exchange }) => exchange)
  return answered.toSorted((a, b) => a.sent.length - b.sent.length)[0]
}

/**
 * The ends to which a server brought questions that it answered when they came again: such an end has causes other than
 * the question. `alone`: with no other connection open meanwhile, so that their number is not the cause either.
 */
export function fickleEnds(evidence: readonly Evidence[], mode: 'alone' | 'any'): ReadonlySet<End> {
  const ends = new Map<string, End[]>()
  const fickle = new Set<End>()
  for (const each of evidence) {
    const key = keyOf(each.exchange)
    if (speaksTls(each)) for (const end of ends.get(key) ?? []) fickle.add(end)
    else if (mode === 'any' || each.exchange.alone) ends.set(key, [...(ends.get(key) ?? []), each.exchange.end])
  }
  return fickle
}
