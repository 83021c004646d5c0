import { type Evidence, reasonOf, versionAsked } from '../evidence.ts'
import { cipherSuiteName, needsCurve, usesGroup } from '../registry/cipher-suites.ts'
import { tls12Groups, tls13Groups, usualTls13Groups } from '../registry/groups.ts'
import { type RecordProtocol, versionNumbers } from '../registry/protocols.ts'
import type { Purpose } from '../transcript.ts'
import { type Case, refusalOf } from './case.ts'
import { suitesOf } from './offers.ts'
import { type Choice, orderOf, type Preference, preferenceOf } from './order.ts'
import { signOfSharedKeys } from './shared-key.ts'

/** What the exchanges so far show about one version. */
export type VersionFacts = {
  readonly protocol: RecordProtocol
  readonly offered: 'yes' | 'no' | 'undetermined'
  readonly reason: string | null
  /** In the server's order where it has one. */
  readonly suites: readonly number[]
  /** Suites about which nothing is known yet. */
  readonly openSuites: readonly number[]
  readonly preference: Preference
  /** Choices between at least two suites that the server supports. */
  readonly choices: readonly Choice[]
  readonly groups: readonly number[]
  readonly openGroups: readonly number[]
  /** Whether the server seems to take TLS 1.3 with keys that it shares, and nothing else. */
  readonly wantsSharedKey: boolean
}

/** What a case shows about one version; pure. */
export function versionFacts(all: Case, protocol: RecordProtocol): VersionFacts {
  const ofVersion = all.evidence.filter(({ offered }) => versionAsked(offered) === protocol)
  const asked = ofVersion.filter(({ exchange }) => exchange.purpose !== 'shared-key')
  const chosen = all.evidence.flatMap((each) =>
    each.verdict.kind === 'chosen' && each.verdict.protocol === protocol ? [{ ...each, verdict: each.verdict }] : [],
  )
  const insistsOnShares = protocol === 'TLSv1.3' && needsShares(chosen)
  const supported = new Set(chosen.map(({ verdict }) => verdict.suite))
  const wantsKey = supported.size > 0 ? null : signOfSharedKeys(ofVersion)
  const refusedSuites = new Set(
    asked
      .filter((each) => each.exchange.purpose === 'cipher-suites' && !insistsOnShares && wantsKey === null)
      .filter((each) => refusalOf(all, each) !== null || choseOlder(each, protocol))
      .flatMap(({ offered }) => offered?.cipherSuites ?? []),
  )
  const openSuites = suitesOf(protocol).filter((suite) => !supported.has(suite) && !refusedSuites.has(suite))
  const choices = chosen
    .filter(({ exchange: { purpose } }) => purposesOfChoices(protocol).includes(purpose))
    .map(({ verdict, offered }) => ({
      winner: verdict.suite,
      offered: (offered?.cipherSuites ?? []).filter((suite) => supported.has(suite)),
    }))
    .filter(({ offered }) => offered.length > 1)
  const preference = preferenceOf(choices)
  const state =
    supported.size > 0
      ? { offered: 'yes' as const, reason: null }
      : wantsKey === null
        ? whyNot(all, asked, protocol, openSuites)
        : { offered: 'undetermined' as const, reason: wantsKey }
  const groups = groupFacts(all, asked, protocol, [...supported])
  return {
    protocol,
    offered: state.offered,
    reason:
      state.reason ??
      (state.offered === 'yes' ? whatIsOpen(all, asked, openSuites, groups.openGroups, insistsOnShares) : null),
    suites: orderOf([...supported], preference === 'server' ? choices : []),
    openSuites: state.offered === 'no' ? [] : openSuites,
    preference,
    choices,
    ...groups,
    wantsSharedKey: wantsKey !== null,
  }
}

/**
 * Whether the server took hellos of TLS 1.3 only with a key share in them: it asks for none by HelloRetryRequest, so
 * that its refusal of hellos without one is not about what they offered.
 */
function needsShares(chosen: readonly Evidence[]): boolean {
  return chosen.length > 0 && chosen.every(({ exchange: { purpose } }) => withShares.includes(purpose))
}

const withShares: readonly Purpose[] = ['handshake', 'certificate']

/** Exchanges whose choice rests on the suites alone; few groups rule suites out before TLS 1.3 (RFC 8422 section 4). */
function purposesOfChoices(protocol: RecordProtocol): readonly Purpose[] {
  return protocol === 'TLSv1.3' ? ['cipher-suites', 'order', 'groups'] : ['cipher-suites', 'order']
}

function choseOlder({ verdict }: Evidence, protocol: RecordProtocol): boolean {
  return verdict.kind === 'chosen' && versionNumbers[verdict.protocol] < versionNumbers[protocol]
}

function whyNot(
  all: Case,
  asked: readonly Evidence[],
  protocol: RecordProtocol,
  openSuites: readonly number[],
): Pick<VersionFacts, 'offered' | 'reason'> {
  const instead = asked.find((each) => choseOlder(each, protocol))
  if (instead?.verdict.kind === 'chosen') return { offered: 'no', reason: `chose ${instead.verdict.protocol} instead` }
  const reason = asked
    .filter(({ verdict }) => verdict.kind === 'refused' && verdict.what === 'version')
    .map((each) => refusalOf(all, each))
    .find((each) => each !== null)
  if (reason) return { offered: 'no', reason }
  if (openSuites.length === 0) {
    const first = asked.map((each) => refusalOf(all, each)).find((each) => each !== null)
    return { offered: 'no', reason: `${first ?? 'refused'}, for every known cipher suite` }
  }
  return { offered: 'undetermined', reason: lastTrouble(all, asked) ?? 'it was not asked to the end' }
}

/** What the server did the last time that it settled nothing. */
function lastTrouble(all: Case, asked: readonly Evidence[]): string | null {
  const unsettled = asked.filter((each) => each.verdict.kind !== 'chosen' && refusalOf(all, each) === null)
  const last = unsettled.at(-1)
  if (last?.verdict.kind === 'refused' && !all.believes(last.verdict.what)) {
    return `the server refused every hello, those of this version with the alert ${last.verdict.alert}`
  }
  return last ? `the server ${reasonOf(last)}` : null
}

function whatIsOpen(
  all: Case,
  asked: readonly Evidence[],
  openSuites: readonly number[],
  openGroups: readonly number[],
  insistsOnShares: boolean,
): string | null {
  if (openSuites.length + openGroups.length === 0) return null
  const [first] = openSuites
  const suites =
    openSuites.length === 1 && first !== undefined ? cipherSuiteName(first) : `${openSuites.length} cipher suites`
  const parts = [
    ...(openSuites.length > 0 ? [suites] : []),
    ...(openGroups.length > 0 ? [`${openGroups.length} groups`] : []),
  ]
  const why = insistsOnShares ? 'the server refuses hellos without a key share' : lastTrouble(all, asked)
  return `${parts.join(' and ')} could not be determined${why ? `: ${why}` : ''}`
}

function groupFacts(
  all: Case,
  asked: readonly Evidence[],
  protocol: RecordProtocol,
  suites: readonly number[],
): Pick<VersionFacts, 'groups' | 'openGroups'> {
  const candidates = (protocol === 'TLSv1.3' ? tls13Groups : tls12Groups).flat()
  const negotiated = all.evidence.flatMap(({ verdict }) =>
    verdict.kind === 'chosen' && verdict.protocol === protocol && verdict.group !== null ? [verdict.group] : [],
  )
  const groups = [...new Set([...usualTls13Groups, ...candidates, ...negotiated])].filter((group) =>
    negotiated.includes(group),
  )
  if (!suites.some(usesGroup) || protocol === 'SSLv3') return { groups, openGroups: [] }
  const asking = asked.filter(({ exchange }) => exchange.purpose === 'groups')
  const refusals = asking.filter(
    (each) => (refusalOf(all, each) !== null || breaksOff(each)) && offersSuite(each, suites, usesGroup),
  )
  const refused = groupsOf(refusals.filter((each) => offersSuite(each, suites, needsNoCurve)))
  const refusedPerhaps = groupsOf(refusals)
  const passedOver = new Set(asking.flatMap(groupsPassedOver))
  // Some old servers use the one curve that they have, whatever is offered.
  const disregarded = groupsOf(asking.filter(disregardsGroups))
  const isOpen = (group: number): boolean =>
    !refused.has(group) && !disregarded.has(group) && !(refusedPerhaps.has(group) && passedOver.has(group))
  return { groups, openGroups: candidates.filter((group) => !groups.includes(group) && isOpen(group)) }
}

function groupsOf(evidence: readonly Evidence[]): ReadonlySet<number> {
  return new Set(evidence.flatMap(({ offered }) => offered?.groups ?? []))
}

/** Whether a suite that the server supports, and of this kind, was offered. */
function offersSuite({ offered }: Evidence, supported: readonly number[], kind: (suite: number) => boolean): boolean {
  return supported.some((suite) => kind(suite) && offered?.cipherSuites.includes(suite))
}

/** Whether nothing but the key exchange depends on the groups offered. */
export function needsNoCurve(suite: number): boolean {
  return usesGroup(suite) && !needsCurve(suite)
}

/**
 * The groups that were offered before the one chosen. Where a server also refuses them without that one, it never comes
 * to them: either it does not have them, or it likes the one better that it cannot do without.
 */
function groupsPassedOver({ verdict, offered }: Evidence): readonly number[] {
  const groups = offered?.groups ?? []
  return verdict.kind === 'chosen' && verdict.group !== null && verdict.group === groups.at(-1)
    ? groups.slice(0, -1)
    : []
}

/** Whether the server chose a suite that uses a group and then ended the handshake for want of one, as OpenSSL does with PSK. */
function breaksOff({ verdict, reply }: Evidence): boolean {
  return verdict.kind === 'chosen' && verdict.group === null && usesGroup(verdict.suite) && reply.alert?.fatal === true
}

function disregardsGroups({ verdict, offered }: Evidence): boolean {
  return verdict.kind === 'chosen' && verdict.group !== null && !(offered?.groups ?? []).includes(verdict.group)
}
