import { parseTreeHead } from '../ledger/checkpoint.ts'
import { existedBy } from '../ledger/entry-times.ts'
import { parseNote } from '../ledger/note.ts'
import type { Store } from '../ledger/store.ts'
import { isVoid, type TimeBound } from '../ledger/time-bounds.ts'
import type { Sha256 } from '../model/digest.ts'
import { AffidavitError } from '../model/errors.ts'
import { type ArtefactUse, type Now, type Ruling, rule } from '../model/retention.ts'
import { termEnds } from '../model/term.ts'
import type { Instant } from '../model/time.ts'
import { verifyStamp } from '../signing/stamp.ts'
import type { Project } from './project.ts'
import { revocationAtHand } from './revocation-at-hand.ts'
import { timestampAnchors } from './timestamper.ts'

/** An artefact whose bytes the store holds, with every entry that refers to it. */
export type StoredArtefact = {
  readonly commitment: Sha256
  /** As the first entry that refers to it names it. */
  readonly name: string
  readonly mediaType: string
  /** Bytes. */
  readonly size: number
  /** Never empty; in order of the ledger. */
  readonly uses: readonly ArtefactUse[]
}

/** Every artefact of a store, and the time as its retention measures it. */
export type StoredArtefacts = {
  readonly artefacts: readonly StoredArtefact[]
  /** Entries of the ledger that were looked at. */
  readonly size: number
  readonly now: Now
  /** The first entry that claims to be younger than the machine's clock says it is now; null where there is none. */
  readonly ahead: { readonly entry: number; readonly collected: Instant } | null
}

export type Planned<State extends Ruling['state']> = StoredArtefact & {
  readonly ruling: Extract<Ruling, { state: State }>
}

/** What the policies would erase now, and what they would not. */
export type RetentionPlan = Omit<StoredArtefacts, 'artefacts'> & {
  readonly due: readonly Planned<'due'>[]
  /** Would be due, but for a legal hold. */
  readonly held: readonly Planned<'held'>[]
  readonly kept: readonly Planned<'kept'>[]
  readonly ungoverned: readonly StoredArtefact[]
}

/** Reads the whole ledger and finds out what the configuration's policies and holds say of each artefact. */
export async function planRetention(
  project: Project,
  store: Store,
  bounds?: readonly TimeBound[],
): Promise<RetentionPlan> {
  const { artefacts, ...stored } = await storedArtefacts(project, store, bounds)
  const { retention, systems, organisation } = project.config
  const context = { systems, endOf: termEnds(organisation.timeZone), now: stored.now }
  const due: Planned<'due'>[] = []
  const held: Planned<'held'>[] = []
  const kept: Planned<'kept'>[] = []
  const ungoverned: StoredArtefact[] = []
  for (const artefact of artefacts) {
    const ruling = rule(artefact.uses, retention, context)
    switch (ruling.state) {
      case 'due':
        due.push({ ...artefact, ruling })
        break
      case 'held':
        held.push({ ...artefact, ruling })
        break
      case 'kept':
        kept.push({ ...artefact, ruling })
        break
      case 'ungoverned':
        ungoverned.push(artefact)
        break
      default:
        ruling satisfies never
    }
  }
  return { ...stored, due, held, kept, ungoverned }
}

/**
 * Every artefact that the store holds, with the entries that refer to it. `bounds` are the time stamps to believe; those
 * of the store that a trusted certificate vouches for, where they are not given.
 */
export async function storedArtefacts(
  project: Project,
  store: Store,
  bounds?: readonly TimeBound[],
): Promise<StoredArtefacts> {
  const believed = bounds ?? (await anchoredBounds(project, store))
  const stamped = existedBy(believed)
  const present = await store.artefacts()
  const clock = project.clock.now()
  const found = new Map<Sha256, StoredArtefact & { readonly uses: ArtefactUse[] }>()
  let size = 0
  let newest: Instant | undefined
  let ahead: StoredArtefacts['ahead'] = null
  for await (const { entry } of store.entries()) {
    const { sequence, component, collector, collected } = entry
    size = sequence + 1
    if (newest === undefined || collected > newest) newest = collected
    const latest = stamped(sequence)
    // A stamp heals a clock that was set forward: what it covers is no younger than it.
    const since = latest !== undefined && latest < newest ? latest : newest
    if (ahead === null && since > clock) ahead = { entry: sequence, collected }
    for (const { name, mediaType, size: bytes, commitment } of entry.artefacts) {
      if (!present.has(commitment)) continue
      const use = { entry: sequence, component, collector: collector.id, mediaType, collected, since }
      const known = found.get(commitment)
      if (known) known.uses.push(use)
      else found.set(commitment, { commitment, name, mediaType, size: bytes, uses: [use] })
    }
  }
  const seen = [...(newest === undefined ? [] : [newest]), ...believed.map(({ time }) => time)].sort().at(-1)
  return { artefacts: [...found.values()], size, now: nowOf(clock, seen ?? clock), ahead }
}

/** What authorities that the configuration trusts say of the store's checkpoints; stamps that do not hold say nothing. */
async function anchoredBounds(project: Project, store: Store): Promise<readonly TimeBound[]> {
  const stamps = await store.timestamps()
  if (stamps.length === 0) return []
  const anchors = await timestampAnchors(project)
  const revocation = await revocationAtHand(project)
  const bounds: TimeBound[] = []
  for (const { note, token } of stamps) {
    try {
      const { size } = parseTreeHead(parseNote(note).text)
      bounds.push({ ...(await verifyStamp(token, Buffer.from(note), anchors, { revocation })), size })
    } catch (error) {
      if (!(error instanceof AffidavitError)) throw error
    }
  }
  return bounds.filter((bound) => bound.anchored && !isVoid(bound))
}

/** Neither a clock set forward nor one set back makes anything older than the ledger itself has seen. */
function nowOf(clock: Instant, newest: Instant): Now {
  return clock < newest ? { earliest: clock, latest: newest } : { earliest: newest, latest: clock }
}
