import { randomBytes } from 'node:crypto'
import type { Ask, Question } from '../ask.ts'
import { type Evidence, isSettled, speaksTls } from '../evidence.ts'
import type { MakeHello } from '../hellos.ts'
import { tls12Groups, tls13Groups } from '../registry/groups.ts'
import { type RecordProtocol, versionNumbers } from '../registry/protocols.ts'
import type { Exchange } from '../transcript.ts'
import { handshakeTypes, type Reply } from '../wire/reply.ts'
import { sslv2ClientHello } from '../wire/sslv2.ts'
import { openCase, usesGroup, type VersionFacts, versionFacts } from './facts.ts'
import { cut, ellipticSuites, offersOf } from './offers.ts'
import { openPositions, orderOf } from './order.ts'

/** Asks until the exchanges show everything about every version, or the time is over. */
export async function takeInventory(ask: Ask, hello: MakeHello, exchanges: readonly Exchange[]): Promise<void> {
  const survey: Survey = {
    ask,
    hello,
    facts: (protocol) => versionFacts(openCase(exchanges), protocol),
    speaks: () => openCase(exchanges).evidence.some(speaksTls),
  }
  const versions = (Object.keys(versionNumbers) as RecordProtocol[]).reverse()
  await Promise.all([...versions.map((protocol) => surveyVersion(survey, protocol)), ask(sslv2Question())])
}

type Survey = {
  readonly ask: Ask
  readonly hello: MakeHello
  readonly facts: (protocol: RecordProtocol) => VersionFacts
  /** Whether the server has answered anything in TLS so far. */
  readonly speaks: () => boolean
}

async function surveyVersion(survey: Survey, protocol: RecordProtocol): Promise<void> {
  const [first = [], ...others] = offersOf(protocol)
  // TLS 1.2 is nearly always there; for the others one look first saves the server a dozen connections.
  const eager = protocol === 'TLSv1.2'
  const opening = eager ? undefined : await survey.ask(suiteQuestion(survey, protocol, first))
  if (survey.facts(protocol).offered === 'no') return
  if (opening && !isAnswered(survey, protocol, first) && !(await answersShortHello(survey, protocol, first))) return
  const rest = opening?.verdict.kind === 'chosen' ? without(first, opening) : opening ? [] : first
  await Promise.all([surveySuites(survey, protocol, [rest, ...others]), surveyGroups(survey, protocol)])
  await settleOpenGroups(survey, protocol)
}

async function surveySuites(
  survey: Survey,
  protocol: RecordProtocol,
  offers: readonly (readonly number[])[],
): Promise<void> {
  await Promise.all(offers.map((offer) => eliminate(survey, protocol, offer)))
  if (survey.speaks()) await settleOpenSuites(survey, protocol)
  if (survey.facts(protocol).suites.length > 1) await surveyOrder(survey, protocol)
}

/** Whether the server has said yes or no to the first suite of an offer. */
function isAnswered(survey: Survey, protocol: RecordProtocol, [first = -1]: readonly number[]): boolean {
  const { suites, openSuites } = survey.facts(protocol)
  return suites.length > 0 || !openSuites.includes(first)
}

/** Whether the server has something to say to a short hello, after it did not answer a longer one. */
async function answersShortHello(survey: Survey, protocol: RecordProtocol, offer: readonly number[]): Promise<boolean> {
  if (!survey.speaks()) return false
  return isSettled(await survey.ask(suiteQuestion(survey, protocol, offer.slice(0, 24), true)))
}

/** Offers suites, takes out the one that the server chose, and offers the rest, until it chooses none. */
async function eliminate(
  survey: Survey,
  protocol: RecordProtocol,
  offer: readonly number[],
  small = false,
): Promise<void> {
  for (let left = offer; left.length > 0; ) {
    const evidence = await survey.ask(suiteQuestion(survey, protocol, left, small))
    if (evidence.verdict.kind !== 'chosen' || evidence.verdict.protocol !== protocol) return
    left = without(left, evidence)
  }
}

function without(offer: readonly number[], { verdict }: Evidence): readonly number[] {
  return verdict.kind === 'chosen' ? offer.filter((suite) => suite !== verdict.suite) : []
}

/** Refusals of long hellos say something only where the server takes long ones: otherwise asks again in short ones. */
async function settleOpenSuites(survey: Survey, protocol: RecordProtocol): Promise<void> {
  const { openSuites, suites } = survey.facts(protocol)
  const [known] = suites
  if (openSuites.length === 0) return
  if (known !== undefined) await survey.ask(suiteQuestion(survey, protocol, [...openSuites, known]))
  const open = survey.facts(protocol).openSuites
  await Promise.all(cut(open, Math.ceil(open.length / 32)).map((offer) => eliminate(survey, protocol, offer, true)))
}

async function surveyOrder(survey: Survey, protocol: RecordProtocol): Promise<void> {
  const choose = (offer: readonly number[]) => survey.ask(suiteQuestion(survey, protocol, offer, false, 'order'))
  if (survey.facts(protocol).preference === 'undetermined') {
    const { suites } = survey.facts(protocol)
    const { verdict } = await choose(suites)
    if (verdict.kind !== 'chosen') return
    const { suite } = verdict
    const last = [...suites.filter((each) => each !== suite), suite]
    if (survey.facts(protocol).preference === 'undetermined') await choose(last)
  }
  // Every round settles at least one place, so that the loop ends even where the server contradicts itself.
  for (let round = 0; round < survey.facts(protocol).suites.length; round += 1) {
    const facts = survey.facts(protocol)
    if (facts.preference !== 'server') return
    const order = orderOf(facts.suites, facts.choices)
    const open = openPositions(order, facts.choices)
    if (open.length === 0) return
    await Promise.all(open.map((position) => choose(order.slice(position).reverse())))
  }
}

/** Asks about groups, in TLS 1.2 and before for any ECDHE suite, so that this need not wait for the suites. */
async function surveyGroups(survey: Survey, protocol: RecordProtocol): Promise<void> {
  if (protocol === 'SSLv3') return
  if (protocol === 'TLSv1.3') {
    const { suites } = survey.facts(protocol)
    if (suites.length > 0) await Promise.all(tls13Groups.map((set) => eliminateGroups(survey, protocol, suites, set)))
    return
  }
  const suites = ellipticSuites()
  await Promise.all(tls12Groups.map((set) => eliminateGroups(survey, protocol, suites, set)))
}

/** Groups that long hellos left open are asked for in short ones. */
async function settleOpenGroups(survey: Survey, protocol: RecordProtocol): Promise<void> {
  const { openGroups, suites } = survey.facts(protocol)
  const usable = suites.filter(usesGroup).slice(0, 8)
  const sets = usable.length > 0 ? cut(openGroups, Math.ceil(openGroups.length / 24)) : []
  await Promise.all(sets.map((set) => eliminateGroups(survey, protocol, usable, set, true)))
}

async function eliminateGroups(
  { ask, hello }: Survey,
  protocol: RecordProtocol,
  suites: readonly number[],
  groups: readonly number[],
  small = false,
): Promise<void> {
  for (let left = groups; left.length > 0; ) {
    const bytes = hello({ protocol, cipherSuites: suites, groups: left, small })
    const enough = protocol === 'TLSv1.3' ? hasHello : hasKeyExchange
    const { verdict } = await ask({ purpose: 'groups', protocol, bytes, enough })
    if (verdict.kind !== 'chosen' || verdict.group === null) return
    const { group } = verdict
    if (!left.includes(group)) return
    left = left.filter((each) => each !== group)
  }
}

function suiteQuestion(
  { hello }: Survey,
  protocol: RecordProtocol,
  suites: readonly number[],
  small = false,
  purpose: 'cipher-suites' | 'order' = 'cipher-suites',
): Question {
  return { purpose, protocol, bytes: hello({ protocol, cipherSuites: suites, small }), enough: hasHello }
}

function sslv2Question(): Question {
  return { purpose: 'sslv2', protocol: null, bytes: sslv2ClientHello(randomBytes(16)), enough: hasHello }
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
