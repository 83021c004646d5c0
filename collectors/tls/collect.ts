import type { Context, NewObservation, TargetBase } from '../../src/collect/contract.ts'
import { CollectionError, type FailureCode } from '../../src/model/errors.ts'
import { type Ask, createAsk } from './ask.ts'
import type { ChainContext } from './certificate/facts.ts'
import { certificatesOfPem, trustStore } from './certificate/trust.ts'
import { type Evidence, readEvidence, speaksTls } from './evidence.ts'
import { handshakeQuestion } from './handshake/current-client.ts'
import { shareableGroups } from './handshake/key-shares.ts'
import { helloMaker } from './hellos.ts'
import { surveyCertificates } from './inventory/certificates.ts'
import { takeInventory } from './inventory/scan.ts'
import { createPacer } from './pacer.ts'
import { replay } from './replay.ts'
import { endpointOf, serverNameOf, subjectOf, type TlsTarget } from './target.ts'
import type { Exchange, Transcript } from './transcript.ts'
import { packTranscript } from './transcript-artefact.ts'

/** The part of the time limit that is spent on asking; the rest is for reading what came and keeping it. */
const askingShare = 0.85
/** The part of it that one exchange may take. */
const exchangeShare = 0.2

/** Asks one server everything and yields what it showed; CollectionError where it does not speak TLS. */
export async function* collectTls(target: TlsTarget & TargetBase, context: Context): AsyncIterable<NewObservation> {
  const { timeoutMs, concurrency } = context.limits
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs * askingShare)])
  const endpoint = endpointOf(target)
  const wire = { connect: () => context.connect(endpoint), signal, timeoutMs: timeoutMs * exchangeShare }
  const exchanges: Exchange[] = []
  const ask = createAsk(wire, createPacer(concurrency), exchanges)
  const serverName = serverNameOf(target)

  const failure = await askEverything(ask, exchanges, serverName, signal)
  const subject = subjectOf(target)
  const evidence = exchanges.length > 0 ? [recordTranscript({ exchanges }, context)] : []
  const silent = silenceOf(exchanges.map(readEvidence), subject, timeoutMs)
  if (silent) throw failure ?? silent
  const chains = await chainContext(target, context)
  for (const { kind, facts } of replay({ exchanges }, chains))
    yield { kind, subject, methods: ['TEST'], facts, evidence }
  if (failure) throw failure
}

function recordTranscript(transcript: Transcript, { record, redact }: Context): string {
  const { name, mediaType, bytes } = packTranscript(transcript, (packed) => {
    const text = Buffer.from(packed).toString('latin1')
    return redact(text) === text
  })
  return record(name, mediaType, bytes)
}

/** Runs every survey; an error that is about us, such as a spent budget, is kept until the evidence so far is safe. */
async function askEverything(
  ask: Ask,
  exchanges: readonly Exchange[],
  serverName: string | undefined,
  signal: AbortSignal,
): Promise<unknown> {
  const surveys = [takeInventory(ask, helloMaker(serverName), exchanges), shakeHands(ask, serverName)]
  const [...results] = await Promise.allSettled(surveys)
  const failed = results.find((each) => each.status === 'rejected')
  if (failed) return failed.reason
  if (signal.aborted) return undefined
  return surveyCertificates(ask, exchanges, serverName).then(
    () => undefined,
    (error: unknown) => error,
  )
}

/**
 * A current client's handshake: without the post-quantum share, which makes the hello long, where the server refuses
 * it, and with a share of the group that the server insists on.
 */
async function shakeHands(ask: Ask, serverName: string | undefined): Promise<void> {
  const shake = (shares?: readonly number[]): Promise<Evidence> =>
    ask(handshakeQuestion({ serverName, purpose: 'handshake', ...(shares ? { shares } : {}) }))
  const first = await shake()
  const { verdict, reply } = first.verdict.kind === 'chosen' ? first : await shake([x25519])
  if (verdict.kind !== 'chosen' || verdict.group === null || !reply.serverHello?.retry) return
  if (shareableGroups.includes(verdict.group)) await shake([verdict.group])
}

const x25519 = 0x1d

async function chainContext(target: TlsTarget & TargetBase, context: Context): Promise<ChainContext> {
  const at = context.clock.now()
  const host = serverNameOf(target) ?? endpointOf(target).host
  try {
    const pems = await Promise.all(target.trust.map((path) => context.files.read(path)))
    const certificates = pems.flatMap((pem) => certificatesOfPem(Buffer.from(pem).toString('latin1')))
    return { host, at, anchors: trustStore(certificates), anchorsMissing: null }
  } catch (error) {
    // What the server showed is worth keeping, even where nobody can say whom its certificate is from.
    if (!(error instanceof CollectionError)) throw error
    return { host, at, anchors: trustStore([]), anchorsMissing: error.message }
  }
}

/** Why nothing was learnt; undefined where the server answered in TLS at least once. */
function silenceOf(evidence: readonly Evidence[], subject: string, timeoutMs: number): CollectionError | undefined {
  if (evidence.some(speaksTls)) return undefined
  const foreign = evidence.find(({ verdict }) => verdict.kind === 'foreign' && verdict.speaks !== null)
  const anyForeign = foreign ?? evidence.find(({ reply }) => reply.form === 'foreign' || reply.form === 'malformed')
  if (anyForeign) {
    const speaks = anyForeign.verdict.kind === 'foreign' ? anyForeign.verdict.speaks : null
    return new CollectionError('not-tls', `${subject} does not speak TLS but ${speaks ?? 'something unknown'}`, {
      hint: `Check the port${speaks === 'HTTP' ? '; this one serves plain HTTP' : ''}.`,
      subject,
    })
  }
  const ends = evidence.map(({ exchange }) => exchange.end)
  // What the server did when it did anything at all says more than a silence.
  const end = (['reset', 'closed', 'refused', 'unreachable', 'timeout', 'too-large'] as const).find((each) =>
    ends.includes(each),
  )
  const failure: FailureCode = end ?? 'timeout'
  const { sentence, hint } = silences[failure] ?? { sentence: 'did not answer', hint: 'Check the host and the port.' }
  const within = failure === 'timeout' ? ` (limit ${timeoutMs / 1000} s)` : ''
  return new CollectionError(failure, `${subject} ${sentence}${within}`, { hint, subject })
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
