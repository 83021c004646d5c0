import { alertName } from './registry/alerts.ts'
import { cipherSuites, usesGroup } from './registry/cipher-suites.ts'
import { type Protocol, protocolOf, type RecordProtocol, versionNumbers } from './registry/protocols.ts'
import { type Exchange, isAboutFeature } from './transcript.ts'
import { type OfferedHello, readClientHello } from './wire/client-hello.ts'
import { handshakeTypes, type Reply, readNamedGroup, readReply, withoutPskHint } from './wire/reply.ts'

/** What one exchange shows, and no more than that. */
export type Verdict =
  | {
      readonly kind: 'chosen'
      readonly protocol: RecordProtocol
      readonly suite: number
      readonly group: number | null
    }
  /** The server says that it will have none of what was offered. */
  | { readonly kind: 'refused'; readonly what: 'offer' | 'version'; readonly alert: string }
  /** An alert that may have other causes than the offer: it counts once it has come again with nobody else about. */
  | { readonly kind: 'alert'; readonly alert: string }
  | { readonly kind: 'sslv2'; readonly ciphers: readonly number[] }
  | { readonly kind: 'foreign'; readonly speaks: string | null }
  /** No answer that could be read: nothing follows from it. */
  | { readonly kind: 'silent' }

/** An exchange read again: what was offered, what came back, what it shows. */
export type Evidence = {
  readonly exchange: Exchange
  readonly offered: OfferedHello | null
  readonly reply: Reply
  readonly verdict: Verdict
}

const alreadyRead = new WeakMap<Exchange, Evidence>()

/** Reads an exchange; pure, and total over any bytes. */
export function readEvidence(exchange: Exchange): Evidence {
  const evidence = alreadyRead.get(exchange) ?? read(exchange)
  alreadyRead.set(exchange, evidence)
  return evidence
}

function read(exchange: Exchange): Evidence {
  const offered = readClientHello(exchange.sent) ?? null
  const reply = readReply(exchange.received)
  return { exchange, offered, reply, verdict: verdictOf(exchange, offered, reply) }
}

const keys = new WeakMap<Exchange, string>()

/** The bytes sent, by which the attempts at one question are known. */
export function keyOf(exchange: Exchange): string {
  const key = keys.get(exchange) ?? Buffer.from(exchange.sent).toString('latin1')
  keys.set(exchange, key)
  return key
}

/** Alerts by which a server says no to what it was offered. */
const refusals: { readonly [description: number]: 'offer' | 'version' } = {
  40: 'offer',
  47: 'offer',
  70: 'version',
  71: 'offer',
}

function verdictOf(exchange: Exchange, offered: OfferedHello | null, reply: Reply): Verdict {
  const trouble = exchange.preamble?.trouble
  if (trouble?.kind === 'declined' || trouble?.kind === 'odd') return { kind: 'foreign', speaks: trouble.said }
  if (reply.sslv2Ciphers) return { kind: 'sslv2', ciphers: reply.sslv2Ciphers }
  if (reply.form === 'foreign') return { kind: 'foreign', speaks: reply.speaks }
  const hello = reply.serverHello
  const protocol = hello ? protocolOf(hello.version) : undefined
  // A server that picks what was never offered shows nothing that can be relied on.
  const wasOffered =
    offered?.cipherSuites.includes(hello?.cipherSuite ?? -1) && (hello?.version ?? 0) <= Math.max(...offered.versions)
  if (hello && protocol && wasOffered) {
    return { kind: 'chosen', protocol, suite: hello.cipherSuite, group: hello.group ?? namedGroup(reply) }
  }
  if (hello || !reply.alert) return { kind: 'silent' }
  const alert = alertName(reply.alert.description)
  const what = meaningOf(exchange, reply.alert.description)
  return what && reply.alert.fatal ? { kind: 'refused', what, alert } : { kind: 'alert', alert }
}

/** A hello about a feature or a shared key is refused by whatever alert; it says nothing about the version. */
function meaningOf(exchange: Exchange, description: number): 'offer' | 'version' | undefined {
  if (isAboutFeature(exchange) || exchange.purpose === 'shared-key') return 'offer'
  if (exchange.purpose === 'sslv2') return ofOtherCauses.includes(description) ? undefined : 'version'
  return refusals[description]
}

/** internal_error and unrecognized_name. */
const ofOtherCauses: readonly number[] = [80, 112]

function namedGroup(reply: Reply): number | null {
  const number = reply.serverHello?.cipherSuite ?? -1
  const body = reply.messages.find(({ type }) => type === handshakeTypes.serverKeyExchange)?.body
  if (!usesGroup(number) || !body) return null
  return readNamedGroup(cipherSuites.get(number)?.authentication === 'PSK' ? withoutPskHint(body) : body)
}

/** Whether the server has settled a question: it chose, or it refused for a reason that needs no second look. */
export function isSettled({ verdict }: Evidence): boolean {
  return verdict.kind !== 'silent' && verdict.kind !== 'alert'
}

/** Whether the server answered in TLS (or SSLv2) at all. */
export function speaksTls({ reply, verdict }: Evidence): boolean {
  return reply.serverHello !== null || reply.alert !== null || verdict.kind === 'sslv2'
}

/** The sentence that says why nothing follows from an exchange. */
export function reasonOf({ exchange, reply, verdict }: Evidence): string {
  if (verdict.kind === 'alert' || verdict.kind === 'refused') return `answered with the alert ${verdict.alert}`
  if (verdict.kind === 'foreign') return `answered with ${verdict.speaks ?? 'something'} that is not TLS`
  if (reply.form === 'malformed') return 'answered with a malformed TLS message'
  if (reply.serverHello) return 'chose something that was not offered'
  return silences[exchange.end]
}

const silences: { readonly [end in Exchange['end']]: string } = {
  answered: 'gave an answer that says nothing',
  closed: 'closed the connection without an answer',
  reset: 'reset the connection',
  timeout: 'did not answer in time',
  refused: 'refused the connection',
  unreachable: 'could not be reached',
  'too-large': 'sent more than is read',
  stopped: 'was not asked to the end, because the time of the collection was over',
}

/** The only version that a hello offers; null where it offers several. */
export function versionAsked(offered: OfferedHello | null): Protocol | null {
  const [version, ...others] = offered?.versions ?? []
  return version !== undefined && others.length === 0 ? (protocolOf(version) ?? null) : null
}

/** Whether a version is older than another. */
export function isOlder(a: RecordProtocol, b: RecordProtocol): boolean {
  return versionNumbers[a] < versionNumbers[b]
}
