import type { Context, NewObservation, TargetBase } from '../../src/collect/contract.ts'
import { CollectionError } from '../../src/model/errors.ts'
import { placeOf, type Route, routeTo } from './address.ts'
import { type Ask, createAsk } from './ask.ts'
import { type Kept, surveyBehaviour } from './behaviour.ts'
import type { ChainContext } from './certificate/facts.ts'
import { logsName, writeLogs } from './certificate/logs-artefact.ts'
import { askRevocation, revocationName, writeAnswers } from './certificate/online.ts'
import { shownChains } from './certificate/shown.ts'
import type { KnownLogs } from './certificate/timestamp-check.ts'
import { certificatesOfPem, trustStore } from './certificate/trust.ts'
import { type ClientIdentity, readClientIdentity } from './conversation/client-identity.ts'
import { beginDns } from './dns/observe.ts'
import { type Evidence, readEvidence } from './evidence.ts'
import type { Wire } from './exchange.ts'
import { handshakeQuestion } from './handshake/current-client.ts'
import { shareableGroups } from './handshake/key-shares.ts'
import { helloMaker } from './hellos.ts'
import { surveyAllCertificates } from './inventory/certificates.ts'
import { takeInventory } from './inventory/scan.ts'
import { createPacer } from './pacer.ts'
import { redactPlainText } from './plain-text.ts'
import { type KindFacts, observe } from './replay.ts'
import { rootsFor, type Setting, settingName, writeSetting } from './setting.ts'
import { silenceOf } from './silence.ts'
import { startTls } from './starttls/connect.ts'
import { endpointOf, serverNameOf, subjectOf, type TlsTarget } from './target.ts'
import type { Exchange, Transcript } from './transcript.ts'
import { packTranscript } from './transcript-artefact.ts'

/** The part of the time limit that is spent on asking; the rest is for reading what came and keeping it. */
const askingShare = 0.85
/** The part of it that one exchange may take. */
const exchangeShare = 0.2
/** The same where plain text comes before: mail servers greet late, to put off those who do not wait. */
const starttlsShare = 0.5
/** A question about behaviour need not wait longer than this, or than the part of one exchange where that is more. */
const behaviourMs = 4_000

/** Asks one server everything and yields what it showed; CollectionError where it does not speak TLS. */
export async function* collectTls(target: TlsTarget & TargetBase, context: Context): AsyncIterable<NewObservation> {
  const { timeoutMs, concurrency } = context.limits
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs * askingShare)])
  const { wire, route } = wireTo(target, context, signal)
  const exchanges: Exchange[] = []
  const pacer = createPacer(concurrency)
  const ask = createAsk(wire, pacer, exchanges)
  const serverName = serverNameOf(target)
  const kept: Kept = { features: [], conversations: [] }
  const identity = await clientIdentity(target, context)
  const patient = { ...wire, timeoutMs: Math.min(wire.timeoutMs, Math.max(behaviourMs, timeoutMs * exchangeShare)) }
  const behaviour = () => surveyBehaviour(patient, pacer, exchanges, serverName, kept, identity)

  const dns = beginDns(target, context)
  const failure = await askEverything(ask, exchanges, serverName, signal, behaviour)
  const subject = subjectOf(target)
  const said = { exchanges: [...exchanges, ...kept.features], conversations: kept.conversations }
  const transcript = redactPlainText(said, context.redact)
  const evidence = exchanges.length > 0 ? [recordTranscript(transcript, context)] : []
  const silent = silenceOf(exchanges.map(readEvidence), target, timeoutMs, placeOf(route))
  if (silent) throw failure ?? silent
  const shown = shownChains(said.exchanges.map(readEvidence))
  const chains = { ...(await chainContext(target, context)), publicRoots: rootsFor(shown) }
  const logs = await knownLogs(target, context)
  const logsProblem = logs && 'problem' in logs ? logs.problem : null
  const { addresses } = route
  const setting: Setting = { subject, starttls: target.starttls ?? null, addresses, logsProblem, chains }
  evidence.push(context.record(settingName, jsonType, writeSetting(setting)))
  const answers = await askRevocation(target, context, shown, chains)
  if (answers.length > 0) evidence.push(context.record(revocationName, jsonType, writeAnswers(answers)))
  const observations = observe(transcript, setting, { answers, logs })
  if (logs && !('problem' in logs))
    evidence.push(context.record(logsName, jsonType, writeLogs(logs, logsIn(observations))))
  for (const observation of observations) yield { ...observation, evidence }
  const named = await dns()
  if (named) yield named
  if (failure) throw failure
}

/** The target's client certificate with its key; what cannot be read is left out, and everything else is asked. */
async function clientIdentity(
  { clientCertificate }: TlsTarget,
  { files, secret, leaveOut }: Context,
): Promise<ClientIdentity | undefined> {
  if (!clientCertificate) return undefined
  try {
    const chain = Buffer.from(await files.read(clientCertificate.certificate)).toString('latin1')
    return readClientIdentity(chain, await secret(clientCertificate.key))
  } catch (error) {
    if (!(error instanceof CollectionError)) throw error
    leaveOut('sessions with the client certificate', error.message)
    return undefined
  }
}

/** Fresh connections to one address of the target, each at the point where a ClientHello is awaited. */
function wireTo(
  target: TlsTarget & TargetBase,
  context: Context,
  signal: AbortSignal,
): { readonly wire: Wire; readonly route: Route } {
  const endpoint = endpointOf(target)
  const { starttls: protocol } = target
  const timeoutMs = context.limits.timeoutMs * (protocol ? starttlsShare : exchangeShare)
  const route = routeTo(endpoint, context, timeoutMs)
  if (!protocol) return { route, wire: { connect: () => route.connect(), signal, timeoutMs } }
  // Shorter than the exchange, so that what the server said so far is kept.
  const options = { protocol, host: serverNameOf(target) ?? endpoint.host, timeoutMs: timeoutMs * 0.8, signal }
  return { route, wire: { connect: async () => startTls(await route.connect(), options), signal, timeoutMs } }
}

const jsonType = 'application/json'

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
  behaviour: () => Promise<void>,
): Promise<unknown> {
  const surveys = [takeInventory(ask, helloMaker(serverName), exchanges), shakeHands(ask, serverName)]
  const failed = await firstFailure(surveys)
  if (failed || signal.aborted) return failed
  return firstFailure([surveyAllCertificates(ask, exchanges, serverName), behaviour()])
}

/** What the first of some surveys that failed failed with, once all are over. */
async function firstFailure(surveys: readonly Promise<void>[]): Promise<unknown> {
  const results = await Promise.allSettled(surveys)
  return results.find((each) => each.status === 'rejected')?.reason
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

/** Every log that Google has ever known fits into it several times over. */
const maxLogListBytes = 4 * 1_024 * 1_024

/** The logs of the target's list; where it cannot be used, timestamps are not checked, and everything else is. */
async function knownLogs({ logList }: TlsTarget, { files, leaveOut }: Context): Promise<KnownLogs> {
  if (logList === undefined) return null
  try {
    const bytes = await files.read(logList, { maxBytes: maxLogListBytes })
    // What reads it is large, and most targets name no list.
    const { parseLogList } = await import('./certificate/log-list.ts')
    return parseLogList(Buffer.from(bytes).toString('utf8'), logList)
  } catch (error) {
    if (!(error instanceof CollectionError)) throw error
    leaveOut('signatures of certificate timestamps', error.message)
    return { problem: error.message }
  }
}

function logsIn(seen: readonly KindFacts[]): ReadonlySet<string> {
  const timestamps = seen.flatMap(({ facts }) => (Array.isArray(facts.scts) ? facts.scts : []))
  return new Set(timestamps.map(({ log }) => log))
}

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
