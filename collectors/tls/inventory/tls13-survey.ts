import { tls13Groups } from '../registry/groups.ts'
import { eliminateGroups, unseen } from './group-survey.ts'
import { groupQuestion, type Survey } from './survey.ts'

const protocol = 'TLSv1.3'

/** Asks about groups of TLS 1.3 that every kind of server has. */
export async function surveyEllipticGroups(survey: Survey): Promise<void> {
  await eliminateGroups(survey, protocol, tls13Groups[0] ?? [])
}

/**
 * Asks about the other groups and about suites with the same hellos, since in TLS 1.3 neither depends on the other:
 * takes out the suite and the group that the server chose, while suites are left that servers usually have. Gives the
 * suites and the groups that remain to be asked for.
 */
export async function surveyPairs(
  survey: Survey,
  offer: readonly number[],
): Promise<{ readonly suites: readonly number[]; readonly groups: readonly number[] }> {
  let suites = offer
  let groups = unseen(survey, protocol, tls13Groups[1] ?? [])
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
