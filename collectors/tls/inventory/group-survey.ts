import { tls12Groups } from '../registry/groups.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { usesGroup } from './facts.ts'
import { usualOrder } from './known-orders.ts'
import { cut, ellipticSuites, suitesOf } from './offers.ts'
import { groupQuestion, type Survey } from './survey.ts'

/** Asks which groups TLS 1.2 or an older version takes. */
export async function surveyGroups(survey: Survey, protocol: RecordProtocol): Promise<void> {
  if (protocol === 'SSLv3') return
  await Promise.all(tls12Groups.map((set) => eliminateGroups(survey, protocol, set)))
}

/** Groups that long hellos left open are asked for in short ones. */
export async function settleOpenGroups(survey: Survey, protocol: RecordProtocol): Promise<void> {
  const { openGroups, suites } = survey.facts(protocol)
  const usable = suites.filter(usesGroup).slice(0, 8)
  const sets = usable.length > 0 ? cut(openGroups, Math.ceil(openGroups.length / 24)) : []
  await Promise.all(sets.map((set) => eliminateGroups(survey, protocol, set, usable)))
}

/**
 * Offers groups, takes out those that the server is known to have by then, and offers the rest, until it chooses none:
 * with any suite that needs one, so that this need not wait for the suites; `few` of them make a short hello.
 */
export async function eliminateGroups(
  survey: Survey,
  protocol: RecordProtocol,
  groups: readonly number[],
  few?: readonly number[],
): Promise<void> {
  const suites = few ?? (protocol === 'TLSv1.3' ? usualOrder(suitesOf(protocol)) : ellipticSuites())
  const choose = async (offer: readonly number[]): Promise<number | null> => {
    const { verdict } = await survey.ask(groupQuestion(survey, protocol, suites, offer, few !== undefined))
    return verdict.kind === 'chosen' ? verdict.group : null
  }
  for (let left = unseen(survey, protocol, groups); left.length > 0; left = unseen(survey, protocol, left)) {
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
