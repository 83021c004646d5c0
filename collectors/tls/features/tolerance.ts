import { type Evidence, keyOf, reasonOf } from '../evidence.ts'
import { fickleEnds, hasInterlude } from '../interlude.ts'
import { versionNumbers } from '../registry/protocols.ts'
import type { FeaturePurpose } from '../transcript.ts'
import { type Finding, tested, unanswered } from './feature.ts'
import type { Heard } from './heard.ts'

const whats: { readonly [purpose in 'grease' | 'long-hello' | 'future-version']: string } = {
  grease: 'a hello with values that nobody has assigned (RFC 8701)',
  'long-hello': 'a hello that is only longer',
  'future-version': 'a hello that offers a version that does not exist yet',
}

/**
 * Whether a server stumbles over a hello that it should take: one that differs in nothing but the oddity from hellos
 * that it has answered. A reset or a silence counts once every attempt ended so and others were answered between, unless it came
 * to hellos that were answered later.
 */
export function intolerance({ evidence }: Heard, purpose: FeaturePurpose & keyof typeof whats): Finding {
  const asked = evidence.filter(({ exchange }) => exchange.purpose === purpose)
  const byHello = [...Map.groupBy(asked, ({ exchange }) => keyOf(exchange)).values()]
  const fickle = fickleEnds(evidence, 'any')
  const stumbles = byHello.flatMap((attempts) => {
    const last = attempts.at(-1)
    if (!last || attempts.some(({ verdict }) => verdict.kind === 'chosen')) return []
    const isRepeated = attempts.length > 1 && repeats.includes(last.exchange.end) && !fickle.has(last.exchange.end)
    const tries = attempts.map(({ exchange }) => exchange)
    const isAnswer = last.verdict.kind === 'refused' || (isRepeated && hasInterlude(tries, evidence))
    return isAnswer ? [last] : []
  })
  const [first] = stumbles
  if (first) {
    const how = first.verdict.kind === 'refused' ? `refused with the alert ${first.verdict.alert}` : reasonOf(first)
    const version = first.exchange.protocol
    return tested(
      true,
      `the server ${how}: ${whatOf(first, purpose)}, of ${first.exchange.sent.length} bytes, in ${version}`,
    )
  }
  const taken = byHello.filter((attempts) => attempts.some(({ verdict }) => verdict.kind === 'chosen'))
  if (taken.length > 0 && taken.length === byHello.length) return tested(false)
  return unanswered(asked.find(({ verdict }) => verdict.kind !== 'chosen'))
}

function whatOf({ offered }: Evidence, purpose: keyof typeof whats): string {
  const isTls13 = purpose === 'future-version' && offered?.versions[0] === versionNumbers['TLSv1.3']
  return isTls13 ? 'a hello that offers TLS 1.3 beside TLS 1.2' : whats[purpose]
}

const repeats: readonly string[] = ['closed', 'reset', 'timeout']
