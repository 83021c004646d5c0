import { tls13Groups } from '../registry/groups.ts'
import { eliminateGroups, settleOpenGroups, unseen } from './group-survey.ts'
import { offersOf } from './offers.ts'
import { answersShortHello, isAnswered } from './older-survey.ts'
import { surveyOrder } from './order-survey.ts'
import { eliminate, settleOpenSuites } from './suite-survey.ts'
import { groupQuestion, type Survey, sharedKeyQuestion, suiteQuestion } from './survey.ts'

const protocol = 'TLSv1.3'

/** Surveys TLS 1.3, where suites and groups do not depend on each other. */
export async function surveyTls13(survey: Survey): Promise<void> {
  const [offer = []] = offersOf(protocol).stretches
  const { verdict } = await survey.ask(suiteQuestion(survey, protocol, offer))
  if (verdict.kind === 'refused' && verdict.what === 'offer') {
    await survey.ask(sharedKeyQuestion(survey, offer))
    // Nothing but the key that it wants would say more.
    if (survey.facts(protocol).wantsSharedKey) return
  }
  if (survey.facts(protocol).offered === 'no') return
  if (!isAnswered(survey, protocol, offer) && !(await answersShortHello(survey, protocol, offer))) return
  const rest = verdict.kind === 'chosen' ? offer.filter((suite) => suite !== verdict.suite) : []
  const [elliptic = [], others = []] = tls13Groups
  await Promise.all([
    surveyPairs(survey, rest, others).then(({ suites, groups }) =>
      Promise.all([surveySuites(survey, suites), eliminateGroups(survey, protocol, groups, { until: finiteFields })]),
    ),
    eliminateGroups(survey, protocol, elliptic, { until: curves }),
  ])
  // The groups that few servers have are refused all at once.
  await eliminateGroups(survey, protocol, survey.facts(protocol).openGroups)
  await settleOpenGroups(survey, protocol)
}

async function surveySuites(survey: Survey, suites: readonly number[]): Promise<void> {
  await eliminate(survey, protocol, suites)
  if (survey.speaks()) await settleOpenSuites(survey, protocol)
  await surveyOrder(survey, protocol)
}

/**
 * Asks about groups and about suites with the same hellos: takes out the suite and the group that the server chose, while
 * suites are left that servers usually have. Gives the suites and the groups that remain to be asked for.
 */
async function surveyPairs(
  survey: Survey,
  offeredSuites: readonly number[],
  offeredGroups: readonly number[],
): Promise<{ readonly suites: readonly number[]; readonly groups: readonly number[] }> {
  let suites = offeredSuites
  let groups = unseen(survey, protocol, offeredGroups)
  while (groups.length > 0 && suites.some((suite) => usual.includes(suite))) {
    const { verdict } = await survey.ask(groupQuestion(survey, protocol, suites, groups))
    if (verdict.kind !== 'chosen' || verdict.group === null || !groups.includes(verdict.group)) break
    suites = suites.filter((suite) => suite !== verdict.suite)
    groups = groups.filter((group) => group !== verdict.group)
  }
  return { suites, groups }
}

/** The suites of RFC 8446 that servers have, if any. */
const usual: readonly number[] = [0x1301, 0x1302, 0x1303]

/** The groups of RFC 8446, section 4.2.7. */
const curves: readonly number[] = [0x1d, 0x17, 0x1e, 0x18, 0x19]
const finiteFields: readonly number[] = [0x100, 0x101, 0x102, 0x103, 0x104]
