import { CollectionError, type FailureCode } from '../../src/model/errors.ts'
import { type Evidence, speaksTls } from './evidence.ts'
import type { Preamble } from './starttls/talk.ts'
import { subjectOf, type TlsTarget } from './target.ts'

/** Why nothing was learnt; undefined where the server answered in TLS at least once. */
export function silenceOf(
  evidence: readonly Evidence[],
  target: TlsTarget,
  timeoutMs: number,
  /** Which address the sentence is about, as its end. */
  place = '',
): CollectionError | undefined {
  if (evidence.some(speaksTls)) return undefined
  const subject = subjectOf(target)
  const troubles = evidence.flatMap(({ exchange }) => exchange.preamble?.trouble ?? [])
  const trouble = troubles.find(({ kind }) => kind === 'declined' || kind === 'odd') ?? troubles.at(-1)
  if (trouble) return troubleOf(trouble, subject, target.starttls ?? 'STARTTLS')
  const foreign = evidence.find(({ verdict }) => verdict.kind === 'foreign' && verdict.speaks !== null)
  const anyForeign = foreign ?? evidence.find(({ reply }) => reply.form === 'foreign' || reply.form === 'malformed')
  if (anyForeign) {
    const speaks = anyForeign.verdict.kind === 'foreign' ? anyForeign.verdict.speaks : null
    return new CollectionError(
      'not-tls',
      `${subject} does not speak TLS but ${speaks ?? 'something unknown'}${place}`,
      {
        hint: `Check the port${speaks === 'HTTP' ? '; this one serves plain HTTP' : ''}.`,
        subject,
      },
    )
  }
  const ends = evidence.map(({ exchange }) => exchange.end)
  // What the server did when it did anything at all says more than a silence.
  const end = (['reset', 'closed', 'refused', 'unreachable', 'timeout', 'too-large'] as const).find((each) =>
    ends.includes(each),
  )
  const failure: FailureCode = end ?? 'timeout'
  const { sentence, hint } = silences[failure] ?? { sentence: 'did not answer', hint: 'Check the host and the port.' }
  const within = failure === 'timeout' ? ` (limit ${timeoutMs / 1000} s)` : ''
  return new CollectionError(failure, `${subject} ${sentence}${within}${place}`, { hint, subject })
}

/** Why plain text did not lead to TLS, in the server's own words. */
function troubleOf(
  { kind, said }: NonNullable<Preamble['trouble']>,
  subject: string,
  protocol: string,
): CollectionError {
  switch (kind) {
    case 'declined':
      return new CollectionError('not-tls', `${subject} offers no TLS over ${protocol}: ${said}`, {
        hint: 'Switch STARTTLS on in the server, or look at the port that speaks TLS from the first byte.',
        subject,
      })
    case 'odd':
      return new CollectionError('not-tls', `${subject} does not speak ${protocol}: ${said}`, {
        hint: 'Check the port and the protocol that starttls names.',
        subject,
      })
    case 'busy':
      return new CollectionError('refused', `${subject} had no time for us: ${said}`, {
        hint: 'Look again later, or lower limits.concurrency of the target.',
        subject,
      })
    case 'closed':
    case 'reset':
    case 'timeout':
      return new CollectionError(kind, `${subject} ${said}`, {
        hint: 'Check the port, the protocol that starttls names, and whether this address may connect.',
        subject,
      })
    default:
      return kind satisfies never
  }
}

const silences: { readonly [code: string]: { readonly sentence: string; readonly hint: string } } = {
  timeout: {
    sentence: 'did not answer any TLS hello in time',
    hint: 'Check that a firewall does not drop the packets, or raise limits.timeout of the target.',
  },
  refused: { sentence: 'refused every connection', hint: 'Check that the service runs and listens on this port.' },
  reset: {
    sentence: 'reset every connection',
    hint: 'Check whether the port expects something before TLS (a PROXY header, STARTTLS) or a firewall cuts the connection.',
  },
  closed: {
    sentence: 'closed every connection without an answer',
    hint: 'Check whether the port speaks TLS and whether this address may connect to it.',
  },
  unreachable: { sentence: 'cannot be reached', hint: 'Check the network between this machine and the target.' },
}
