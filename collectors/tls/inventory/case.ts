import { type Evidence, keyOf, readEvidence } from '../evidence.ts'
import { smallHelloBytes } from '../hellos.ts'
import { fickleEnds, hasInterlude } from '../interlude.ts'
import { alertName } from '../registry/alerts.ts'
import { isClosedWithinRoom, isWithinRoom, roomShown } from '../room.ts'
import type { Exchange } from '../transcript.ts'

/** The evidence of all exchanges, and what follows from them together. */
export type Case = {
  readonly evidence: readonly Evidence[]
  /**
   * Whether refusals are about what was offered, as is known once the server took any hello at all. While there is more
   * to come, a refused version counts without that.
   */
  readonly believes: (what: 'offer' | 'version') => boolean
  /** Whether the server accepted a hello at least as long as this one. */
  takesLength(bytes: number): boolean
  /** Hellos that were refused without saying so, in a way that leaves no other explanation; by their bytes. */
  readonly dismissed: ReadonlyMap<string, string>
}

/** Opens the case: reads every exchange and works out which silences are answers; `isOver` where no more will come. */
export function openCase(exchanges: readonly Exchange[], isOver = false): Case {
  const evidence = exchanges.map(readEvidence)
  const accepted = evidence.filter(({ verdict }) => verdict.kind === 'chosen')
  const takesAny = accepted.length > 0 || evidence.some(({ verdict }) => verdict.kind === 'sslv2')
  const longest = Math.max(0, ...accepted.map(({ exchange }) => exchange.sent.length))
  return {
    evidence,
    believes: (what) => takesAny || (what === 'version' && !isOver),
    takesLength: (bytes) => bytes <= Math.max(longest, smallHelloBytes),
    dismissed: accepted.length === 0 ? new Map() : dismissals(evidence),
  }
}

/**
 * A hello that is answered by the same alert twice, or by an orderly close twice while the server had room for it and
 * answered others in between, has been refused, provided that the server does answer other hellos. A reset or a silence never says so.
 */
function dismissals(evidence: readonly Evidence[]): Map<string, string> {
  const room = roomShown(evidence)
  const closesAtWill = fickleEnds(evidence, 'alone').has('closed')
  const byBytes = Map.groupBy(evidence, ({ exchange }) => keyOf(exchange))
  const found = new Map<string, string>()
  for (const [key, attempts] of byBytes) {
    if (attempts.some(({ verdict }) => verdict.kind !== 'silent' && verdict.kind !== 'alert')) continue
    const alone = attempts.filter(({ exchange }) => exchange.alone)
    const alerts = attempts.flatMap(({ verdict }) => (verdict.kind === 'alert' ? [verdict.alert] : []))
    const [alert] = alerts
    const inRoom = attempts.filter(({ exchange }) => isWithinRoom(exchange, room))
    const closes = inRoom.filter((each) => isClosedWithinRoom(each, room))
    if (
      alert &&
      alert !== nameRefused &&
      alone.length > 0 &&
      alerts.length > 1 &&
      alerts.every((each) => each === alert)
    ) {
      found.set(key, `answered with the alert ${alert} each time`)
    } else if (
      !closesAtWill &&
      closes.length > 1 &&
      closes.length === inRoom.length &&
      hasInterlude(
        closes.map(({ exchange }) => exchange),
        evidence,
      )
    ) {
      found.set(key, 'closed the connection each time, while it answered other hellos')
    }
  }
  return found
}

/** It is the name that such a server refuses, or that none was given. */
const nameRefused = alertName(112)

/** Why a hello was refused; null where it was not, or where the refusal may have another cause. */
export function refusalOf(all: Case, { exchange, verdict }: Evidence): string | null {
  if (!all.takesLength(exchange.sent.length)) return null
  if (verdict.kind === 'refused') {
    return all.believes(verdict.what) ? `refused it with the alert ${verdict.alert}` : null
  }
  return all.dismissed.get(keyOf(exchange)) ?? null
}
