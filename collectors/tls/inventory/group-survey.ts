import { usesGroup } from '../registry/cipher-suites.ts'
import { tls12Groups } from '../registry/groups.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { needsNoCurve, type VersionFacts } from './facts.ts'
import { usualOrder } from './known-orders.ts'
import { cut, ellipticSuites, suitesOf } from './offers.ts'
import { groupQuestion, type Survey } from './survey.ts'

/** Asks which groups TLS 1.2 or an older version takes, of all or of some of them. */
export async function surveyGroups(
  survey: Survey,
  protocol: RecordProtocol,
  isWanted: (group: number) => boolean = () => true,
): Promise<void> {
  // Without a suite that uses one, no answer would say anything about groups.
  if (protocol === 'SSLv3' || !survey.facts(protocol).suites.some(usesGroup)) return
  const sets = tls12Groups.map((set) => set.filter(isWanted))
  await Promise.all(sets.map((set) => eliminateGroups(survey, protocol, set)))
}

/** Asks for the groups that a newer version has, each by itself and all at once, and for the other ones together. */
export async function surveyGroupsAsExpected(
  survey: Survey,
  protocol: RecordProtocol,
  model: VersionFacts,
): Promise<void> {
  const { suites } = model
  if (protocol === 'SSLv3' || !suites.some(usesGroup)) return surveyGroups(survey, protocol)
  const expected = suites.some(needsNoCurve) ? unseen(survey, protocol, model.groups) : []
  await Promise.all([
    ...expected.map((group) =>
      survey.ask(groupQuestion(survey, protocol, suitesWithGroups(survey, protocol), [group])),
    ),
    surveyGroups(survey, protocol, (group) => !expected.includes(group)),
  ])
}

/** The usual suites that use a group, whether the server has them or not, and the unusual ones that it has. */
function suitesWithGroups(survey: Survey, protocol: RecordProtocol): readonly number[] {
  return [...new Set([...ellipticSuites(), ...survey.facts(protocol).suites.filter(usesGroup)])]
}

/** Groups that long hellos left open are asked for in short ones. */
export async function settleOpenGroups(survey: Survey, protocol: RecordProtocol): Promise<void> {
  const { openGroups, suites } = survey.facts(protocol)
  const usable = suites.filter(usesGroup).slice(0, 8)
  const sets = usable.length > 0 ? cut(openGroups, Math.ceil(openGroups.length / 24)) : []
  await Promise.all(sets.map((set) => eliminateGroups(survey, protocol, set, { few: usable })))
}

export type EliminationOptions = {
  /** Few suites, which make a short hello. */
  readonly few?: readonly number[]
  /** Stops as soon as none of these is left, where the rest is asked for together with others. */
  readonly until?: readonly number[]
}

/**
 * Offers groups, takes out those that the server is known to have by then, and offers the rest, until it chooses none:
 * with any suite that needs one, so that this need not wait for the suites.
 */
export async function eliminateGroups(
  survey: Survey,
  protocol: RecordProtocol,
  groups: readonly number[],
  { few, until }: EliminationOptions = {},
): Promise<void> {
  const suites = few ?? (protocol === 'TLSv1.3' ? usualOrder(suitesOf(protocol)) : suitesWithGroups(survey, protocol))
  const choose = async (offer: readonly number[]): Promise<number | null> => {
    const { verdict } = await survey.ask(groupQuestion(survey, protocol, suites, offer, few !== undefined))
    return verdict.kind === 'chosen' ? verdict.group : null
  }
  const isWorthAsking = (left: readonly number[]): boolean => (until ?? left).some((group) => left.includes(group))
  for (let left = unseen(survey, protocol, groups); isWorthAsking(left); left = unseen(survey, protocol, left)) {
    const group = await choose(left)
    if (group !== null && left.includes(group)) continue
    if (protocol !== 'TLSv1.3' && isOpen(survey, protocol, left)) await eliminateBeside(survey, protocol, left, choose)
    return
  }
}

/**
 * Before TLS 1.3 a server refuses every group where the curve of its ECDSA certificate is not among them (RFC 8422
 * section 5.1), so that it is asked with a curve beside them, in the last place, that may be the one.
 */
async function eliminateBeside(
  survey: Survey,
  protocol: RecordProtocol,
  groups: readonly number[],
  choose: (offer: readonly number[]) => Promise<number | null>,
): Promise<void> {
  const curves = survey.facts(protocol).groups.filter((group) => !signsNothing.includes(group))
  for (const curve of curves) {
    for (let left = groups; left.length > 0 && isOpen(survey, protocol, left); left = unseen(survey, protocol, left)) {
      const group = await choose([...left, curve])
      if (group === null || !left.includes(group)) break
    }
  }
}

/** x25519 and x448, whose keys sign nothing. */
const signsNothing: readonly number[] = [0x1d, 0x1e]

/** Those of the groups that the server is not known to have. */
export function unseen(survey: Survey, protocol: RecordProtocol, groups: readonly number[]): readonly number[] {
  const seen = survey.facts(protocol).groups
  return groups.filter((group) => !seen.includes(group))
}

function isOpen(survey: Survey, protocol: RecordProtocol, groups: readonly number[]): boolean {
  const { openGroups } = survey.facts(protocol)
  return groups.some((group) => openGroups.includes(group))
}
