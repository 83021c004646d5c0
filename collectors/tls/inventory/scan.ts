import { randomBytes } from 'node:crypto'
import type { Ask, Question } from '../ask.ts'
import { type Evidence, isSettled, readEvidence, speaksTls } from '../evidence.ts'
import type { MakeHello } from '../hellos.ts'
import { usualTls12Groups } from '../registry/groups.ts'
import { type RecordProtocol, versionNumbers } from '../registry/protocols.ts'
import type { Exchange } from '../transcript.ts'
import { sslv2ClientHello } from '../wire/sslv2.ts'
import { openCase, type VersionFacts, versionFacts } from './facts.ts'
import { eliminateGroups, settleOpenGroups, surveyGroups } from './group-survey.ts'
import { cut, offersOf } from './offers.ts'
import { surveyOrder } from './order-survey.ts'
import { hasHello, type SuiteQuestionOptions, type Survey, suiteQuestion } from './survey.ts'
import { surveyEllipticGroups, surveyPairs } from './tls13-survey.ts'

/** Asks until the exchanges show everything about every version, or the time is over. */
export async function takeInventory(ask: Ask, hello: MakeHello, exchanges: readonly Exchange[]): Promise<void> {
  const survey: Survey = {
    ask,
    hello,
    facts: factsSoFar(exchanges),
    speaks: () => exchanges.some((each) => speaksTls(readEvidence(each))),
  }
  const versions = (Object.keys(versionNumbers) as RecordProtocol[]).reverse()
  await Promise.all([...versions.map((protocol) => surveyVersion(survey, protocol)), ask(sslv2Question())])
}

/** What the exchanges show at the moment of asking; worked out anew only where there are more of them. */
function factsSoFar(exchanges: readonly Exchange[]): Survey['facts'] {
  let count = -1
  let all = openCase([])
  let known = new Map<RecordProtocol, VersionFacts>()
  return (protocol) => {
    if (exchanges.length !== count) {
      count = exchanges.length
      all = openCase(exchanges)
      known = new Map()
    }
    const facts = known.get(protocol) ?? versionFacts(all, protocol)
    known.set(protocol, facts)
    return facts
  }
}

async function surveyVersion(survey: Survey, protocol: RecordProtocol): Promise<void> {
  if (protocol === 'TLSv1.3') return surveyTls13(survey)
  const [first = [], ...others] = offersOf(protocol)
  // TLS 1.2 is nearly always there; for the others one look first saves the server a dozen connections.
  const eager = protocol === 'TLSv1.2'
  const opening = eager ? undefined : await survey.ask(suiteQuestion(survey, protocol, first))
  if (survey.facts(protocol).offered === 'no') return
  if (opening && !isAnswered(survey, protocol, first) && !(await answersShortHello(survey, protocol, first))) return
  const rest = opening?.verdict.kind === 'chosen' ? without(first, opening) : opening ? [] : first
  // The groups wait for the first round, which may show most of them.
  const left = await Promise.all(
    [rest, ...others].map((offer, place) =>
      takeOne(survey, protocol, offer, { groups: groupsFor(protocol, place + 1) }),
    ),
  )
  await Promise.all([surveySuites(survey, protocol, left), surveyGroups(survey, protocol)])
  await settleOpenGroups(survey, protocol)
}

async function surveyTls13(survey: Survey): Promise<void> {
  const protocol = 'TLSv1.3'
  const [offer = []] = offersOf(protocol)
  const opening = await survey.ask(suiteQuestion(survey, protocol, offer))
  if (survey.facts(protocol).offered === 'no') return
  if (!isAnswered(survey, protocol, offer) && !(await answersShortHello(survey, protocol, offer))) return
  const surveyRest = async (): Promise<void> => {
    const { suites, groups } = await surveyPairs(survey, without(offer, opening))
    await Promise.all([surveySuites(survey, protocol, [suites]), eliminateGroups(survey, protocol, groups)])
  }
  await Promise.all([surveyRest(), surveyEllipticGroups(survey)])
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
  return isSettled(await survey.ask(suiteQuestion(survey, protocol, offer.slice(0, 24), { small: true })))
}

/** Offers suites, takes out the one that the server chose, and offers the rest, until it chooses none. */
async function eliminate(
  survey: Survey,
  protocol: RecordProtocol,
  offer: readonly number[],
  options: SuiteQuestionOptions = {},
): Promise<void> {
  for (let left = offer; left.length > 0; ) left = await takeOne(survey, protocol, left, options)
}

/** Offers suites and gives those that remain to be offered: none where the server chose none. */
async function takeOne(
  survey: Survey,
  protocol: RecordProtocol,
  offer: readonly number[],
  options: SuiteQuestionOptions,
): Promise<readonly number[]> {
  if (offer.length === 0) return []
  const evidence = await survey.ask(suiteQuestion(survey, protocol, offer, options))
  return evidence.verdict.kind === 'chosen' && evidence.verdict.protocol === protocol ? without(offer, evidence) : []
}

/**
 * The usual groups with the one at a place put first, by which a server that follows the client's order shows whether it
 * has that one; undefined where it is rare, or groups are asked for in another way.
 */
function groupsFor(protocol: RecordProtocol, place: number): readonly number[] | undefined {
  const first = usualTls12Groups[place]
  if (first === undefined || place >= commonGroups || protocol === 'TLSv1.3' || protocol === 'SSLv3') return undefined
  return [first, ...usualTls12Groups.filter((group) => group !== first)]
}

/** So many of the usual groups are to be found on most servers. */
const commonGroups = 5

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
  await Promise.all(
    cut(open, Math.ceil(open.length / 32)).map((offer) => eliminate(survey, protocol, offer, { small: true })),
  )
}

function sslv2Question(): Question {
  return { purpose: 'sslv2', protocol: null, bytes: sslv2ClientHello(randomBytes(16)), enough: hasHello }
}
