import { type Evidence, isSettled } from '../evidence.ts'
import { cipherSuites } from '../registry/cipher-suites.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import type { VersionFacts } from './facts.ts'
import { settleOpenGroups, surveyGroups, surveyGroupsAsExpected } from './group-survey.ts'
import { usualOrder } from './known-orders.ts'
import { offersOf, suitesOf } from './offers.ts'
import { openPositions } from './order.ts'
import { surveyOrder } from './order-survey.ts'
import {
  eliminate,
  eliminateLeftOver,
  eliminateUnusual,
  lookAtStretches,
  refusedTogether,
  settleOpenSuites,
  takeApart,
} from './suite-survey.ts'
import { type Survey, suiteQuestion } from './survey.ts'

/** A newer version, and when its survey is over. */
export type Newer = { readonly protocol: RecordProtocol; readonly over: Promise<void> }

/** Surveys a version before TLS 1.2: one look first, which mostly saves a dozen connections; newer ones newest first. */
export async function surveyOlder(plain: Survey, protocol: RecordProtocol, newer: readonly Newer[]): Promise<void> {
  const { stretches, unusual } = offersOf(protocol)
  const [first = [], ...more] = stretches
  // Where SSLv3 is off, it is refused suite by suite, so that all are offered at once.
  const look = protocol === 'SSLv3' ? [...first, ...unusual] : first
  const unnamed = await plain.ask(suiteQuestion(plain, protocol, look))
  const survey = protocol === 'SSLv3' && wantsName(unnamed) ? withName(plain) : plain
  const { verdict } = survey === plain ? unnamed : await survey.ask(suiteQuestion(survey, protocol, look))
  // The server may yet accept hellos as long as the one that it refused.
  if (verdict.kind === 'refused' && !isAnswered(survey, protocol, look))
    await Promise.all(newer.map(({ over }) => over))
  if (survey.facts(protocol).offered === 'no') return
  if (!isAnswered(survey, protocol, look) && !(await answersShortHello(survey, protocol, look))) return
  const model = verdict.kind === 'chosen' ? await modelOf(survey, newer) : undefined
  if (model) {
    await Promise.all([
      surveySuitesAsExpected(survey, protocol, model),
      surveyGroupsAsExpected(survey, protocol, model),
    ])
  } else {
    const rest = verdict.kind === 'chosen' ? first.filter((suite) => suite !== verdict.suite) : []
    await Promise.all([
      surveyStretches(survey, protocol, [rest, ...more]),
      eliminateUnusual(survey, protocol, unusual),
      surveyGroups(survey, protocol),
    ])
  }
  if (survey.speaks()) await settleOpenSuites(survey, protocol)
  await Promise.all([surveyOrder(survey, protocol), settleOpenGroups(survey, protocol)])
}

/** Whether the server refused a hello for the name that was not in it. */
function wantsName({ reply, offered }: Evidence): boolean {
  return reply.alert?.description === unrecognizedName && offered?.serverName === null
}

const unrecognizedName = 112

function withName(survey: Survey): Survey {
  return { ...survey, hello: (options) => survey.hello({ ...options, named: true }) }
}

async function surveyStretches(
  survey: Survey,
  protocol: RecordProtocol,
  stretches: readonly (readonly number[])[],
): Promise<void> {
  const looks = await lookAtStretches(survey, protocol, stretches)
  const parts = looks.map(({ left }) => left)
  const leftOver = await takeApart(survey, protocol, parts)
  await eliminateLeftOver(survey, protocol, [...leftOver, ...refusedTogether(stretches, looks)])
}

/** The newest version that the server has and chooses in as can be told; undefined where there is none. */
async function modelOf(survey: Survey, newer: readonly Newer[]): Promise<VersionFacts | undefined> {
  for (const { protocol, over } of newer) {
    await over
    const facts = survey.facts(protocol)
    if (facts.preference !== 'undetermined') return facts
  }
  return undefined
}

/**
 * Asks for the suites of a version as a newer one leads to expect them: servers mostly have the same suites in the same
 * order in all their versions. Each is asked for with those that should come after it, all at once, so that one round
 * shows suites and order together; whatever does not come as expected is taken apart afterwards.
 */
async function surveySuitesAsExpected(survey: Survey, protocol: RecordProtocol, model: VersionFacts): Promise<void> {
  const expected = inOrder(model)
  const others = suitesOf(protocol).filter((suite) => !expected.includes(suite))
  const { suites, choices } = survey.facts(protocol)
  const open = new Set(openPositions(expected, choices))
  const isKnown = (suite: number, place: number): boolean =>
    suites.includes(suite) && (model.preference !== 'server' || !open.has(place))
  const offers = expected.flatMap((suite, place) => {
    const offer = expected.slice(place)
    return isKnown(suite, place) ? [] : [model.preference === 'server' ? offer.reverse() : offer]
  })
  await Promise.all([
    ...offers.map((offer) => survey.ask(suiteQuestion(survey, protocol, offer))),
    eliminateUnusual(survey, protocol, others),
  ])
  const found = survey.facts(protocol).suites
  const missing = expected.filter((suite) => !found.includes(suite))
  await eliminate(survey, protocol, missing)
}

/** The newer version's suites as the older one would choose them: in the server's order, or as the client offers them. */
function inOrder({ suites, preference }: VersionFacts): number[] {
  const usable = suites.filter((number) => cipherSuites.get(number)?.era === 'any')
  // The wrong way round for most servers, so that one with an order of its own gives itself away.
  return preference === 'server' ? usable : usualOrder(usable).reverse()
}

/** Whether the server has said yes or no to the first suite of an offer. */
export function isAnswered(survey: Survey, protocol: RecordProtocol, [first = -1]: readonly number[]): boolean {
  const { suites, openSuites } = survey.facts(protocol)
  return suites.length > 0 || !openSuites.includes(first)
}

/** Whether the server has something to say to a short hello, after it did not answer a longer one. */
export async function answersShortHello(
  survey: Survey,
  protocol: RecordProtocol,
  offer: readonly number[],
): Promise<boolean> {
  if (!survey.speaks()) return false
  return isSettled(await survey.ask(suiteQuestion(survey, protocol, offer.slice(0, 24), { small: true })))
}
