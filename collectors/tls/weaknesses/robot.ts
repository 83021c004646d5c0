import { constants, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto'
import { clearRecord, handshakeMessage, isFlightOver, olderHello } from '../conversation/older-client.ts'
import { recordTypes, splitRecords } from '../conversation/records.ts'
import type { Hold, Talk } from '../conversation/talk.ts'
import { suitesWhere } from '../features/known.ts'
import type { VersionFacts } from '../inventory/facts.ts'
import { alertName } from '../registry/alerts.ts'
import { versionNumbers } from '../registry/protocols.ts'
import type { Conversation } from '../transcript.ts'
import { concat, numberBytes, vector } from '../wire/bytes.ts'
import { handshakeTypes, readCertificates, readReply } from '../wire/reply.ts'
import { type Verdict, verdict } from './weakness.ts'

/** The padded premaster secrets of robotattack.org: a right one, and four that break PKCS #1 v1.5 each in its own way. */
const paddings = ['right', 'wrong-start', 'zero-misplaced', 'zero-missing', 'wrong-version'] as const
type Padding = (typeof paddings)[number]

/** Suites whose key exchange a server decrypts with its RSA key, and which say nothing else in it. */
export function rsaSuites({ suites }: VersionFacts): readonly number[] {
  return suitesWhere(suites, (suite) => suite.keyExchange === 'RSA' && suite.authentication === 'RSA' && !suite.export)
}

/** Whether any suite calls for an RSA decryption, those that are not asked about included. */
export function decryptsByRsa(suites: readonly number[]): boolean {
  return suitesWhere(suites, (suite) => suite.keyExchange === 'RSA').length > 0
}

/**
 * What is sent: the key exchange with all that follows it, or alone, since some servers tell paddings apart only while
 * they wait for more.
 */
const flows = ['whole', 'short'] as const
type Flow = (typeof flows)[number]

const rounds = ['first', 'second', 'third'] as const
type Round = (typeof rounds)[number]

/** The whole flow was the only one once, and its recordings name no flow. */
function variantOf(flow: Flow, round: Round, padding: Padding): string {
  return `${flow === 'whole' ? '' : `${flow}-`}${round}:${padding}`
}

/**
 * Asks whether the server tells rightly padded premaster secrets from wrong ones: each of the five once, and, where
 * the answers differ, twice more, since a difference that does not come again is chance.
 */
export async function surveyRobot(hold: Hold, version: VersionFacts, serverName: string | undefined): Promise<void> {
  const ask = (flow: Flow, round: Round) =>
    Promise.all(
      paddings.map((padding) =>
        hold({
          topic: 'robot',
          variant: variantOf(flow, round, padding),
          protocol: version.protocol,
          speak: (talk) => sendPadded(talk, version, serverName, padding, flow),
        }),
      ),
    )
  const askFlow = async (flow: Flow): Promise<void> => {
    const [first, ...more] = rounds
    const answers = await ask(flow, first)
    if (new Set(answers.map(answerTo)).size > 1) for (const round of more) await ask(flow, round)
  }
  await Promise.all(flows.map(askFlow))
}

async function sendPadded(
  talk: Talk,
  version: VersionFacts,
  serverName: string | undefined,
  padding: Padding,
  flow: Flow,
): Promise<undefined> {
  const { protocol } = version
  talk.send(olderHello({ protocol, cipherSuites: rsaSuites(version).slice(0, 24), serverName }).record)
  const first = readReply(await talk.receive((received) => isFlightOver(readReply(received))))
  const certificate = first.messages.find(({ type }) => type === handshakeTypes.certificate)?.body
  const asked = first.messages.some(({ type }) => type === handshakeTypes.certificateRequest)
  const sealed = certificate && sealedPremaster(certificate, padding, versionNumbers[protocol])
  if (!sealed) return undefined
  talk.send(
    concat(
      asked
        ? clearRecord(recordTypes.handshake, protocol, handshakeMessage(handshakeTypes.certificate, vector(3)))
        : [],
      clearRecord(
        recordTypes.handshake,
        protocol,
        handshakeMessage(16, protocol === 'SSLv3' ? sealed : vector(2, sealed)),
      ),
      ...(flow === 'whole'
        ? [
            clearRecord(recordTypes.changeCipherSpec, protocol, [1]),
            // What stands in for Finished opens under no key, so that the right padding ends in an alert as well.
            clearRecord(recordTypes.handshake, protocol, randomBytes(64)),
          ]
        : []),
    ),
  )
  const isAnswered = (received: Uint8Array): boolean => splitRecords(received).length > 0
  const came = await talk.listen(isAnswered, flow === 'whole' ? answerMs : talk.patienceMs)
  // A second alert, or whether the connection is ended after the first, may tell as well.
  await talk.receive(() => false, came ? afterwardsMs : 0)
  return undefined
}

const afterwardsMs = 400

/** A server that goes on waiting shows that by silence. */
const answerMs = 1_500

function sealedPremaster(certificate: Uint8Array, padding: Padding, version: number): Uint8Array | undefined {
  const [leaf] = readCertificates(certificate) ?? []
  if (!leaf) return undefined
  try {
    const key = new X509Certificate(Buffer.from(leaf)).publicKey
    const size = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
    if (key.asymmetricKeyType !== 'rsa' || size < 64) return undefined
    return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, padded(padding, size, version))
  } catch {
    // A certificate that does not parse has no key to ask.
    return undefined
  }
}

/** The block that is encrypted, as long as the modulus: 00 02, random bytes without a zero, 00, version, 46 bytes. */
export function padded(padding: Padding, size: number, version: number): Uint8Array {
  const fill = randomBytes(size).map((byte) => (byte === 0 ? 1 : byte))
  const secret = fill.subarray(0, 46)
  const block = (start: readonly number[], zero: number, numbers: Uint8Array): Uint8Array =>
    concat(start, fill.subarray(0, size - 51), [zero], numbers, secret)
  const right = numberBytes(version, 2)
  switch (padding) {
    case 'right':
      return block([0, 2], 0, right)
    case 'wrong-start':
      return block([0x41, 0x17], 0, right)
    case 'zero-misplaced':
      return concat([0, 2], fill.subarray(0, size - 51), [0x11], fill.subarray(0, 46), [0, 0x11])
    case 'zero-missing':
      return concat([0, 2], fill.subarray(0, size - 2))
    case 'wrong-version':
      return block([0, 2], 0, Uint8Array.of(2, 2))
    default:
      return padding satisfies never
  }
}

/** How a server answered a premaster secret, in words that are the same for the same answer. */
function answerTo({ turns, end }: Conversation): string {
  if (turns.length < 2) return 'no key exchange'
  const records = splitRecords(turns[1]?.received ?? new Uint8Array())
  const words = records.map(({ type, content }) =>
    type === recordTypes.alert && content.length === 2 ? alertName(content[1] ?? 0) : `record ${type}`,
  )
  if (words.length === 0) return end
  return end === 'timeout' ? `${words.join(', ')}, and the connection stays open` : words.join(', ')
}

/** What the answers say: the same to all is no oracle; a difference that comes again is one. */
export function robot(conversations: readonly Conversation[]): Verdict {
  const verdicts = flows.flatMap((flow) => {
    const answers = rounds.map((round) => answersIn(conversations, flow, round))
    return flow === 'short' && answers[0]?.every((answer) => answer === undefined) ? [] : [judgeFlow(flow, answers)]
  })
  const worst = (['vulnerable', 'undetermined'] as const).map((each) => verdicts.find(({ status }) => status === each))
  const [first, ...others] = verdicts
  const said = others.map(({ reason }) => `; ${reason}`).join('')
  return (
    worst.find((each) => each !== undefined) ??
    verdict('tested', first?.status ?? 'undetermined', `${first?.reason ?? 'it was not tried'}${said}`)
  )
}

type Answers = readonly (string | undefined)[]

function answersIn(conversations: readonly Conversation[], flow: Flow, round: Round): Answers {
  return paddings.map((padding) => {
    const found = conversations.findLast(({ variant }) => variant === variantOf(flow, round, padding))
    return found && answerTo(found)
  })
}

function judgeFlow(flow: Flow, [first = [], ...more]: readonly Answers[]): Verdict {
  const [right] = first
  const where = flow === 'short' ? ' in a key exchange by itself' : ''
  if (first.some((answer) => answer === undefined || answer === 'no key exchange' || answer === 'stopped')) {
    return verdict('tested', 'undetermined', `not every padding could be sent${where}`)
  }
  if (first.every((answer) => answer === right)) {
    return verdict('tested', 'not-vulnerable', `the server answers every padding alike${where}: ${right}`)
  }
  const again = more.filter((answers) => answers.some((answer) => answer !== undefined))
  if (again.length === 0 || again.some((answers) => answers.some((answer, index) => answer !== first[index]))) {
    return verdict(
      'tested',
      'undetermined',
      `the answers to different paddings differ${where}, but not each time in the same way`,
    )
  }
  const told = paddings.map((padding, index) => `${padding}: ${first[index]}`).join('; ')
  const [, wrongStart, misplaced, missing] = first
  const strength = wrongStart === misplaced && wrongStart === missing ? 'weak' : 'strong'
  return verdict('tested', 'vulnerable', `a ${strength} oracle, the answers differ by padding${where} (${told})`)
}
