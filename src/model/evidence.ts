import type { Sha256 } from './digest.ts'
import type { JsonObject } from './json.ts'
import type { Instant } from './time.ts'

/** How a fact was found, in OSCAL's terms: by reading (EXAMINE), by asking (INTERVIEW), by exercising (TEST). */
export const methods = ['EXAMINE', 'INTERVIEW', 'TEST'] as const
export type Method = (typeof methods)[number]

/** One dated set of facts about a subject. It reports; it never judges. */
export type Observation = {
  /** What is reported, `collector.thing`: `tls.protocol`. */
  readonly kind: string
  /** What was looked at, in a form that stays the same from run to run: `api.example.test:443`. */
  readonly subject: string
  readonly methods: readonly Method[]
  readonly collected: Instant
  readonly facts: JsonObject
  /** The names of the artefacts that it rests on. */
  readonly evidence: readonly string[]
}

/** Raw bytes behind observations, already free of secrets. */
export type Artefact = {
  /** Unique within one collection: `http-003.txt`. */
  readonly name: string
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** How a ledger entry names an artefact: by a commitment, SHA-256(salt ‖ bytes), so that bytes can be lawfully erased. */
export type ArtefactReference = {
  readonly name: string
  readonly mediaType: string
  /** Bytes. */
  readonly size: number
  readonly commitment: Sha256
}

/** One entry of the ledger: an observation, or a statement of Affidavit about its own work (a run, a configuration). */
export type Entry = {
  readonly version: 1
  /** The ledger's name, as in its checkpoints. */
  readonly origin: string
  /** Position in the ledger, from 0. */
  readonly sequence: number
  readonly run: string
  /** The schedule slot that the run belongs to; null where it was asked for by hand. */
  readonly slot: Instant | null
  readonly collector: { readonly id: string; readonly version: number }
  /** Digest of the configuration in force. */
  readonly configuration: Sha256
  /** `system/component`; null for entries about Affidavit's own work. */
  readonly component: string | null
  /** Id of the target within the configuration: `system/component/target`. */
  readonly target: string | null
  readonly kind: string
  readonly subject: string
  readonly methods: readonly Method[]
  readonly collected: Instant
  /** When the evidence is too old to count; null where it does not age. */
  readonly expires: Instant | null
  readonly facts: JsonObject
  readonly artefacts: readonly ArtefactReference[]
}

/** An entry before the ledger has given it a place and its artefacts their commitments. */
export type NewEntry = Omit<Entry, 'version' | 'origin' | 'sequence' | 'artefacts'> & {
  readonly artefacts: readonly Artefact[]
}

/** Kinds of the entries that Affidavit writes about its own work; collectors never emit these. */
export const ownKinds = [
  'configuration.recorded',
  'catalogue.recorded',
  'run.started',
  'run.finished',
  'run.interrupted',
  'collection.completed',
  'collection.failed',
  'report.issued',
  'report.raised',
  'artefact.erased',
  'retention.applied',
] as const
export type OwnKind = (typeof ownKinds)[number]

/** What one collection cost the target, as counted by the collection context. */
export type Usage = {
  readonly connections: number
  readonly requests: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly durationMs: number
}

/** A probe that was left out, and why; `kind`, where it is named, is the only kind of observation that lacks it. */
export type LeftOut = {
  readonly probe: string
  readonly reason: string
  readonly kind?: string
}

/** Everything that one execution of a collector brought: also where it failed half-way. */
export type Collection = {
  readonly observations: readonly Observation[]
  readonly artefacts: readonly Artefact[]
  readonly usage: Usage
  /** Probes that the target's permitted safety class or budget left out, and why. */
  readonly leftOut: readonly LeftOut[]
  /** Null where the collector came to its end. */
  readonly failure: { readonly code: string; readonly message: string; readonly hint: string | null } | null
}
