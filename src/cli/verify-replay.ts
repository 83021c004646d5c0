import { isContradiction, type ReplayEvent } from '../app/replay/outcome.ts'
import type { ReplayTally } from '../app/replay/tally.ts'
import { exitCodes } from './exit.ts'
import { exitCodeOf, follow, type Printer, pagePrinter } from './replay.ts'
import { say, sayJson, tone } from './terminal.ts'

/** A verification of a store or a bundle, what shows it, and where its facts can be derived again. */
export type Verified = {
  readonly result: object
  readonly holds: boolean
  print(): void
  /** Undefined where that was not asked for. */
  readonly replay: (() => AsyncIterable<ReplayEvent>) | undefined
}

/** Tells a verification, and derives facts again where that was asked for and the rest holds; returns the exit code. */
export async function tellVerified({ result, holds, print, replay }: Verified, json: boolean): Promise<number> {
  const replaying = holds && replay ? replay() : undefined
  if (json) {
    const contradictions: ReplayEvent[] = []
    const replayed = replaying && (await follow(replaying, keepContradictions(contradictions)))
    sayJson(replayed ? { ...result, replay: { ...replayed, events: contradictions } } : result)
    return exitOf(holds, replayed)
  }
  print()
  if (!replaying) return exitOf(holds, undefined)
  say()
  say(tone('strong', 'Facts derived again from the raw bytes'))
  say()
  const page = pagePrinter(false)
  const replayed = await follow(replaying, page)
  page.end(replayed)
  return exitOf(holds, replayed)
}

function exitOf(holds: boolean, tally: ReplayTally | undefined): number {
  if (!holds) return exitCodes.integrity
  return tally ? exitCodeOf[tally.verdict] : exitCodes.satisfied
}

function keepContradictions(events: ReplayEvent[]): Printer {
  return {
    event: (event) => {
      if (event.type === 'omitted' || isContradiction(event.outcome)) events.push(event)
    },
    end: () => {},
  }
}
