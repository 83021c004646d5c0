import { cipherSuites } from '../registry/cipher-suites.ts'
import { usualTls12Groups } from '../registry/groups.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { needsNoCurve } from './facts.ts'
import { byKind, cut } from './offers.ts'
import { groupQuestion, type SuiteQuestionOptions, type Survey, suiteQuestion } from './survey.ts'

/** What became of an offer: whether the server chose one of its suites, and those that are left to be asked for then. */
export type Taken = { readonly chosen: boolean; readonly left: readonly number[] }

/** Offers suites once. */
export async function takeOne(
  survey: Survey,
  protocol: RecordProtocol,
  offer: readonly number[],
  options: SuiteQuestionOptions = {},
): Promise<Taken> {
  if (offer.length === 0) return { chosen: false, left: [] }
  const { verdict } = await survey.ask(suiteQuestion(survey, protocol, offer, options))
  const chosen = verdict.kind === 'chosen' && verdict.protocol === protocol
  return { chosen, left: chosen ? offer.filter((suite) => suite !== verdict.suite) : [] }
}

/** Offers suites, takes out the one that the server chose, and offers the rest, until it chooses none. */
export async function eliminate(
  survey: Survey,
  protocol: RecordProtocol,
  offer: readonly number[],
  options: SuiteQuestionOptions = {},
): Promise<void> {
  for (let left = offer; left.length > 0; ) left = (await takeOne(survey, protocol, left, options)).left
}

/** Offers unusual suites together and, once the server took one of them, kind by kind side by side. */
export async function eliminateUnusual(
  survey: Survey,
  protocol: RecordProtocol,
  offer: readonly number[],
): Promise<void> {
  const { left } = await takeOne(survey, protocol, offer)
  await Promise.all(byKind(left).map((kind) => eliminate(survey, protocol, kind)))
}

/** The first look at every stretch of usual suites. */
export async function lookAtStretches(
  survey: Survey,
  protocol: RecordProtocol,
  stretches: readonly (readonly number[])[],
): Promise<readonly Taken[]> {
  return Promise.all(
    stretches.map((offer, place) => takeOne(survey, protocol, offer, { groups: groupsFor(protocol, place + 1) })),
  )
}

/**
 * The usual groups with the one at a place put first, by which a server that follows the client's order shows whether it
 * has that one; undefined where it is rare, or groups are asked for in another way.
 */
function groupsFor(protocol: RecordProtocol, place: number): readonly number[] | undefined {
  const first = commonTls12Groups[place]
  if (first === undefined || protocol === 'TLSv1.3' || protocol === 'SSLv3') return undefined
  return [first, ...usualTls12Groups.filter((group) => group !== first)]
}

/** So many of the usual groups are to be found on most servers. */
export const commonTls12Groups: readonly number[] = usualTls12Groups.slice(0, 5)

/** How many stretches are expected to end with a suite that can be asked for with any one group. */
export function endsForGroups(
  survey: Survey,
  protocol: RecordProtocol,
  stretches: readonly (readonly number[])[],
): number {
  const kinds = kindsSeen(survey, protocol)
  const last = stretches.map((stretch) => likelyOnes(kinds, stretch)[0])
  return last.filter((suite) => suite !== undefined && needsNoCurve(suite)).length
}

/**
 * Takes stretches apart, one beside the other, and gives what is left of them: suites that call for a kind of certificate
 * of which nothing was seen, and those that were refused beside suites of another kind. The last suite that is expected
 * of a stretch is asked for with one of the groups, so that a single connection shows both.
 */
export async function takeApart(
  survey: Survey,
  protocol: RecordProtocol,
  stretches: readonly (readonly number[])[],
  groups: readonly number[] = [],
): Promise<readonly number[]> {
  let untried = groups
  // A group that the server has in TLS 1.3 it probably has here; any is as good as the other where nothing is known.
  const nextGroup = (): number | undefined => {
    const { groups: known, openGroups } = survey.facts('TLSv1.3')
    const mayBe = (each: number): boolean => known.length === 0 || openGroups.includes(each)
    const group = untried.find((each) => known.includes(each)) ?? untried.find(mayBe)
    untried = untried.filter((each) => each !== group)
    return group
  }
  const refused: number[] = []
  // Kept here, since working the facts out anew after each answer would cost more than the asking.
  const kinds = kindsSeen(survey, protocol)
  const takeStretch = async (stretch: readonly number[]): Promise<readonly number[]> => {
    for (let left = stretch; ; ) {
      const next = likelyOnes(kinds, left)
      if (next.length === 0) return left
      const group = next.length === 1 && next.every(needsNoCurve) ? nextGroup() : undefined
      if (group !== undefined && (await takesWithGroup(survey, protocol, next, group))) {
        left = left.filter((suite) => !next.includes(suite))
        continue
      }
      const taken = await takeOne(survey, protocol, left)
      if (!taken.chosen && isMixed(left)) refused.push(...left)
      for (const suite of taken.chosen ? left : []) if (!taken.left.includes(suite)) kinds.add(authenticationOf(suite))
      left = taken.left
    }
  }
  let left = stretches
  // What one stretch left out may have become likely by what another one brought.
  do left = await Promise.all(left.map(takeStretch))
  while (left.some((stretch) => likelyOnes(kinds, stretch).length > 0))
  return [...left.flat(), ...refused]
}

/** Whether the server takes a suite with a group. A no may be for want of the group, and says nothing about the suite. */
async function takesWithGroup(
  survey: Survey,
  protocol: RecordProtocol,
  suites: readonly number[],
  group: number,
): Promise<boolean> {
  const { verdict } = await survey.ask(groupQuestion(survey, protocol, suites, [group]))
  return verdict.kind === 'chosen' && verdict.protocol === protocol
}

/** The suites of stretches that were refused beside those of another kind of certificate. */
export function refusedTogether(stretches: readonly (readonly number[])[], looks: readonly Taken[]): readonly number[] {
  return stretches.filter((stretch, place) => !looks[place]?.chosen && isMixed(stretch)).flat()
}

/** Whether suites of both kinds of certificate are among some. */
function isMixed(suites: readonly number[]): boolean {
  const kinds = suites.map(authenticationOf)
  return kinds.includes('RSA') && kinds.includes('ECDSA')
}

/** Those that call for a kind of certificate of which the server has shown something. */
function likelyOnes(kinds: ReadonlySet<string | undefined>, suites: readonly number[]): readonly number[] {
  return suites.filter((suite) => kinds.has(authenticationOf(suite)))
}

function kindsSeen(survey: Survey, protocol: RecordProtocol): Set<string | undefined> {
  return new Set(survey.facts(protocol).suites.map(authenticationOf))
}

function authenticationOf(suite: number): string | undefined {
  return cipherSuites.get(suite)?.authentication
}

/**
 * Asks for suites that are left over, those of each kind of certificate by themselves: some servers choose a certificate
 * first, and refuse every suite that does not go with it.
 */
export async function eliminateLeftOver(
  survey: Survey,
  protocol: RecordProtocol,
  suites: readonly number[],
): Promise<void> {
  const { openSuites, suites: found } = survey.facts(protocol)
  const isDual = isMixed(found)
  const worthAsking = suites.filter((suite) => openSuites.includes(suite) || (isDual && !found.includes(suite)))
  const kinds = [...Map.groupBy(new Set(worthAsking), authenticationOf).values()]
  await Promise.all(
    kinds.map(async (kind) => {
      const { left } = await takeOne(survey, protocol, kind)
      await Promise.all(cut(left, Math.ceil(left.length / 12)).map((part) => eliminate(survey, protocol, part)))
    }),
  )
}

/** Refusals of long hellos say something only where the server takes long ones: otherwise asks again in short ones. */
export async function settleOpenSuites(survey: Survey, protocol: RecordProtocol): Promise<void> {
  const { openSuites, suites } = survey.facts(protocol)
  const [known] = suites
  if (openSuites.length === 0) return
  if (known !== undefined) await survey.ask(suiteQuestion(survey, protocol, [...openSuites, known]))
  const open = survey.facts(protocol).openSuites
  await Promise.all(
    cut(open, Math.ceil(open.length / 32)).map((offer) => eliminate(survey, protocol, offer, { small: true })),
  )
}
