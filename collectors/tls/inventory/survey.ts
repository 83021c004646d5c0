import type { Ask, Question } from '../ask.ts'
import type { MakeHello } from '../hellos.ts'
import { usesGroup } from '../registry/cipher-suites.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { handshakeTypes, type Reply } from '../wire/reply.ts'
import type { VersionFacts } from './facts.ts'

/** What the surveys of one server share. */
export type Survey = {
  readonly ask: Ask
  readonly hello: MakeHello
  readonly facts: (protocol: RecordProtocol) => VersionFacts
  /** Whether the server has answered anything in TLS so far. */
  readonly speaks: () => boolean
}

export type SuiteQuestionOptions = {
  readonly small?: boolean
  readonly purpose?: 'cipher-suites' | 'order'
  /** All usual groups in an order of their own; the answer is then read as far as the group that the server takes. */
  readonly groups?: readonly number[] | undefined
}

/** Which of these suites does the server choose? */
export function suiteQuestion(
  { hello }: Survey,
  protocol: RecordProtocol,
  suites: readonly number[],
  { small = false, purpose = 'cipher-suites', groups }: SuiteQuestionOptions = {},
): Question {
  const bytes = hello({ protocol, cipherSuites: suites, small, ...(groups ? { groups } : {}) })
  return { purpose, protocol, bytes, enough: groups ? hasGroup : hasHello }
}

/** Which of these groups does the server choose, with any of these suites? */
export function groupQuestion(
  { hello }: Survey,
  protocol: RecordProtocol,
  suites: readonly number[],
  groups: readonly number[],
  small = false,
): Question {
  const bytes = hello({ protocol, cipherSuites: suites, groups, small })
  return { purpose: 'groups', protocol, bytes, enough: protocol === 'TLSv1.3' ? hasHello : hasKeyExchange }
}

/**
 * A TLS 1.3 hello with a shared key that no server knows, and without the signature algorithms that go with certificates:
 * the alert for it tells a server that wants a key that it shares from one that does not have the version.
 */
export function sharedKeyQuestion({ hello }: Survey, cipherSuites: readonly number[]): Question {
  const bytes = hello({ protocol: 'TLSv1.3', cipherSuites, strangeKey: true })
  return { purpose: 'shared-key', protocol: 'TLSv1.3', bytes, enough: hasHello }
}

/** The server has chosen, refused, or shown that it does not speak TLS. */
export function hasHello(reply: Reply): boolean {
  return (
    reply.serverHello !== null ||
    reply.alert !== null ||
    reply.sslv2Ciphers !== null ||
    reply.form === 'malformed' ||
    (reply.form === 'foreign' && reply.speaks !== null)
  )
}

/** The server's key exchange is there, or will not come. */
function hasKeyExchange(reply: Reply): boolean {
  const ends: readonly number[] = [handshakeTypes.serverKeyExchange, handshakeTypes.serverHelloDone]
  if (reply.serverHello && reply.form !== 'malformed') {
    return reply.alert !== null || reply.messages.some(({ type }) => ends.includes(type))
  }
  return hasHello(reply)
}

/** The same where the suite brings a group; otherwise the hello is all that there is to wait for. */
function hasGroup(reply: Reply): boolean {
  return usesGroup(reply.serverHello?.cipherSuite ?? -1) ? hasKeyExchange(reply) : hasHello(reply)
}
