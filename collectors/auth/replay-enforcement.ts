import type { Observation } from '../../src/model/evidence.ts'
import type { FromExchanges, RecordedExchange } from '../../src/model/replay.ts'
import { type Probe, probes } from './enforcement.ts'
import { inconclusive } from './judge.ts'

const restsOnBodies = 'it rests on bodies, of which only length and digest are kept'

/**
 * Derives what statuses and digests of bodies say of one probe. Whether it was refused rests on the bodies themselves in
 * part: where the recorded verdict is one that the statuses do not rule out, it stays open.
 */
export function replayEnforcement(observation: Observation, exchanges: readonly RecordedExchange[]): FromExchanges {
  const [first] = exchanges
  if (!first || exchanges.some(({ method, target }) => method !== first.method || target !== first.target)) {
    return undefined
  }
  const isControl = (exchange: RecordedExchange): boolean => sentAs(exchange).includes('valid-token')
  const attempts = exchanges.filter((exchange) => !isControl(exchange))
  const controls = exchanges.filter(isControl)
  const probe = probeOf(attempts)
  const before = isControl(first) ? first : undefined
  const after = controls.length > 1 ? controls.at(-1) : undefined
  if (probe === undefined || controls.length > 2) return undefined
  const subject = subjectOf(observation, first)
  const recorded = observation.facts.refused
  const possible = possibleVerdicts(attempts, before, after)
  const decided = possible.length === 1 || !possible.some((each) => each === recorded)
  const [attempt] = attempts
  const challenges = attempts.map(({ response }) => (response && hasChallenge(response) ? 'yes' : 'no'))
  const isOneAnswer = new Set(attempts.map(statusOf)).size === 1 && new Set(challenges).size === 1
  return {
    subject,
    facts: {
      probe,
      controlBefore: statusOf(before),
      controlAfter: statusOf(after),
      status: statusOf(attempt),
      challenge: challenges[0] ?? 'no',
      refused: possible.join(' or '),
      operation: operationOf(observation, subject, first),
    },
    open: {
      reason: restsOnBodies,
      sameBody: restsOnBodies,
      ...(decided ? {} : { refused: restsOnBodies }),
      ...(isOneAnswer ? {} : { status: severalSpellings, challenge: severalSpellings }),
    },
  }
}

const severalSpellings = 'the probe was tried in several spellings, and which decided rests on bodies'

type Verdict = 'yes' | 'no' | 'undetermined'

/** The verdicts that bodies which are not kept could lead to, by `judge`. */
function possibleVerdicts(
  attempts: readonly RecordedExchange[],
  before: RecordedExchange | undefined,
  after: RecordedExchange | undefined,
): readonly Verdict[] {
  const each = attempts.map((attempt) => possibleOf(attempt, before, after))
  const some = (verdict: Verdict): boolean => each.some((all) => all.includes(verdict))
  const [only] = each
  if (only && each.length === 1) return only
  // Of several spellings one that was accepted decides, else one that is not known.
  return (['yes', 'no', 'undetermined'] as const).filter((verdict) =>
    verdict === 'yes' ? each.every((all) => all.includes('yes')) : some(verdict),
  )
}

function possibleOf(
  { response, failure }: RecordedExchange,
  before: RecordedExchange | undefined,
  after: RecordedExchange | undefined,
): readonly Verdict[] {
  if (!response || failure !== null || inconclusive(response.status)) return ['undetermined']
  const { status } = response
  const good = before?.response ?? null
  const isAccepted = status >= 200 && status < 300
  const [own, its] = [digestOf(response), good && digestOf(good)]
  if (good?.status === status && (own === undefined || its === undefined)) return ['yes', 'no', 'undetermined']
  const isLikeControl = good?.status === status && own === its
  if (isAccepted) return good === null || isLikeControl ? ['no', 'undetermined'] : ['yes', 'no', 'undetermined']
  if (!before) return hasChallenge(response) ? ['yes'] : ['undetermined']
  if (!good || (after && !after.response)) return ['undetermined']
  return isLikeControl ? ['no', 'undetermined'] : ['yes', 'undetermined']
}

type Response = NonNullable<RecordedExchange['response']>

/** What a body can be compared by; undefined where it was cut. */
function digestOf({ body }: Response): string | undefined {
  if (body.kept === 'digest') return body.sha256
  return body.kept === 'whole' && body.bytes.length === 0 ? 'empty' : undefined
}

/** RFC 6750 section 3. */
function hasChallenge({ status, headers }: Response): boolean {
  return status === 401 && headers['www-authenticate'] !== undefined
}

function statusOf(exchange: RecordedExchange | undefined): number | null {
  return exchange?.response && exchange.failure === null ? exchange.response.status : null
}

/** The kinds of secrets that were redacted in the header fields of a request. */
function sentAs({ requestHeaders }: RecordedExchange): readonly string[] {
  const fields = Object.values(requestHeaders).flat().join('\n')
  return [...fields.matchAll(/\[redacted:([a-z-]{1,40})\]/g)].map(([, kind = '']) => kind)
}

/** What all attempts were; undefined where they differ, or are none that this collector makes. */
function probeOf(attempts: readonly RecordedExchange[]): Probe | undefined {
  const kinds = attempts.map((attempt) => {
    const sent = sentAs(attempt)
    return probes.find((probe) => sent.includes(probe)) ?? (sent.length === 0 ? 'no-credential' : undefined)
  })
  const [first] = kinds
  return first !== undefined && kinds.every((kind) => kind === first) ? first : undefined
}

/** The recorded operation where the subject ends with it: how much of a path is the API's own, the bytes do not say. */
function operationOf({ facts }: Observation, subject: string, { method, target }: RecordedExchange): string {
  const [verb, path = ''] = String(facts.operation).split(' ')
  return verb === method && path.startsWith('/') && subject.endsWith(path) ? `${verb} ${path}` : `${method} ${target}`
}

/** The recorded subject where the request is one of that operation; else what was asked for. */
function subjectOf({ subject }: Observation, { method, target, requestHeaders }: RecordedExchange): string {
  const host = requestHeaders.host?.[0] ?? ''
  const [, scheme = 'https', rest = ''] = /^\S+ (https?):\/\/(.*)$/.exec(subject) ?? []
  const pattern = rest
    .split(/\{[^{}]+\}/)
    .map((piece) => piece.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('[^/?]+')
  const path = target.split('?', 1)[0] ?? target
  const fits = subject.startsWith(`${method} `) && new RegExp(`^${pattern}$`).test(`${host}${path}`)
  return fits ? subject : `${method} ${scheme}://${host}${path}`
}
