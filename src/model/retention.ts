import type { System } from './plan.ts'
import type { Term } from './term.ts'
import type { Instant } from './time.ts'

/** Which artefact bytes are erased when; every condition given must hold, and one without conditions is for all. */
export type RetentionPolicy = {
  readonly id: string
  /** A data class that the component's system declares. */
  readonly data: string | null
  readonly collector: string | null
  /** `text/plain`, or `text/*`. */
  readonly mediaType: string | null
  /** `system` or `system/component`. */
  readonly component: string | null
  readonly keep: Term
  /** The law or contract that says so. */
  readonly basis: string
}

/** What nobody may erase, whatever the policies say. */
export type LegalHold = {
  readonly id: string
  readonly reason: string
  readonly approver: string
  /** `system` or `system/component`; null for everything. */
  readonly component: string | null
  /** Only what was collected in [from, to); null for all times. */
  readonly collected: { readonly from: Instant; readonly to: Instant } | null
  /** In force from here. */
  readonly from: Instant
  /** The last moment at which it is in force; null until somebody lifts it. */
  readonly until: Instant | null
}

export type Retention = {
  readonly policies: readonly RetentionPolicy[]
  readonly holds: readonly LegalHold[]
  /** Id of the schedule on which the daemon applies the policies; null where only people do. */
  readonly schedule: string | null
}

/** One entry's reference to an artefact, as far as retention looks at it. */
export type ArtefactUse = {
  /** Sequence of the entry. */
  readonly entry: number
  readonly component: string | null
  readonly collector: string
  readonly mediaType: string
  readonly collected: Instant
  /**
   * When it was written at the earliest: its own time, or that of an entry before it where that is later, as far as no
   * time stamp refutes it. An entry whose clock was set back does not look older than what the ledger had before it.
   */
  readonly since: Instant
}

/** What two clocks say: the machine's, and the newest entry's. Nothing ends before both say so, or begins after either. */
export type Now = { readonly earliest: Instant; readonly latest: Instant }

/** What a ruling needs to know besides the policies and holds. */
export type RulingContext = {
  readonly systems: readonly System[]
  /** `termEnds` of the organisation's zone. */
  readonly endOf: (from: Instant, term: Term) => Instant
  readonly now: Now
}

/** What becomes of an artefact's bytes. */
export type Ruling =
  /** No policy speaks of it, or not of every entry that refers to it. */
  | { readonly state: 'ungoverned' }
  /** Its term is not over. */
  | { readonly state: 'kept'; readonly policy: string; readonly until: Instant }
  /** Its term is over, and a hold forbids to erase it. */
  | { readonly state: 'held'; readonly policy: string; readonly holds: readonly string[] }
  | { readonly state: 'due'; readonly policy: string; readonly since: Instant }

/** Whether a hold is in force: begun by either clock, and not over by both. */
export function inForce({ from, until }: LegalHold, { earliest, latest }: Now): boolean {
  return from <= latest && (until === null || earliest <= until)
}

/** The holds in force that cover any of the entries that refer to an artefact. */
export function holdsOver(
  uses: readonly Pick<ArtefactUse, 'component' | 'collected' | 'since'>[],
  holds: readonly LegalHold[],
  now: Now,
): readonly string[] {
  return holds.filter((hold) => inForce(hold, now) && uses.some((use) => covers(hold, use))).map(({ id }) => id)
}

/**
 * What becomes of an artefact that entries use: it goes only when none of them must keep it any more. Of several
 * policies that speak of one use the one that keeps longest decides, and a hold wins over all of them. Affidavit's own
 * entries (a configuration, a catalogue) belong to no component, and no policy speaks of them.
 */
export function rule(
  uses: readonly ArtefactUse[],
  { policies, holds }: Pick<Retention, 'policies' | 'holds'>,
  { systems, endOf, now }: RulingContext,
): Ruling {
  let last: { readonly policy: string; readonly until: Instant } | undefined
  for (const use of uses) {
    const ends = policies
      .filter((policy) => speaksOf(policy, use, systems))
      .map(({ id, keep }) => ({ policy: id, until: endOf(use.since, keep) }))
    if (ends.length === 0) return { state: 'ungoverned' }
    for (const end of ends) if (last === undefined || end.until > last.until) last = end
  }
  if (last === undefined) return { state: 'ungoverned' }
  if (last.until > now.earliest) return { state: 'kept', ...last }
  const held = holdsOver(uses, holds, now)
  if (held.length > 0) return { state: 'held', policy: last.policy, holds: held }
  return { state: 'due', policy: last.policy, since: last.until }
}

function speaksOf(policy: RetentionPolicy, use: ArtefactUse, systems: readonly System[]): boolean {
  if (use.component === null) return false
  if (policy.collector !== null && policy.collector !== use.collector) return false
  if (policy.component !== null && !isWithin(use.component, policy.component)) return false
  if (policy.mediaType !== null && !isOfType(use.mediaType, policy.mediaType)) return false
  return policy.data === null || dataOf(use.component, systems).includes(policy.data)
}

function covers(
  hold: LegalHold,
  { component, collected, since }: Pick<ArtefactUse, 'component' | 'collected' | 'since'>,
) {
  if (hold.component !== null && (component === null || !isWithin(component, hold.component))) return false
  if (hold.collected === null) return true
  const { from, to } = hold.collected
  return [collected, since].some((at) => from <= at && at < to)
}

function dataOf(component: string, systems: readonly System[]): readonly string[] {
  const [id] = component.split('/')
  return systems.find((system) => system.id === id)?.data ?? []
}

function isWithin(component: string, scope: string): boolean {
  return component === scope || component.startsWith(`${scope}/`)
}

function isOfType(mediaType: string, pattern: string): boolean {
  const [bare = ''] = mediaType.split(';')
  const type = bare.trim().toLowerCase()
  return pattern.endsWith('/*') ? type.startsWith(pattern.slice(0, -1).toLowerCase()) : type === pattern.toLowerCase()
}
