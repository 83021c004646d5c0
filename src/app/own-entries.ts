import type { Artefact, Collection, NewEntry, OwnKind } from '../model/evidence.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { PlannedTarget } from '../model/plan.ts'
import { type Instant, later } from '../model/time.ts'
import { version } from './assets.ts'
import type { Project } from './project.ts'

/** What every entry of one run shares. */
export type RunFrame = { readonly run: string; readonly slot: Instant | null }

/** Raised when the meaning of a fact in Affidavit's own entries changes. */
const ownVersion = 1

/** An entry of Affidavit about its own work. */
export function ownEntry(
  project: Project,
  frame: RunFrame,
  kind: OwnKind,
  facts: JsonObject,
  artefacts: readonly Artefact[] = [],
): NewEntry {
  return {
    ...frame,
    collector: { id: 'affidavit', version: ownVersion },
    configuration: project.config.digest,
    component: null,
    target: null,
    kind,
    subject: frame.run,
    methods: ['EXAMINE'],
    collected: project.clock.now(),
    expires: null,
    facts,
    artefacts,
  }
}

/** The population: what is to be collected, when, and by what. */
export function configurationEntry(project: Project, frame: RunFrame): NewEntry {
  const { config, collectors } = project
  const targets = config.plan.map(({ id, component, collector, schedule, validForMs, target }) => ({
    id,
    component,
    collector,
    schedule,
    validForMs,
    subject: collectors.get(collector)?.subject(target as never) ?? '',
    emits: collectors.get(collector)?.emits ?? [],
  }))
  const facts = { digest: config.digest, targets, systems: config.systems, affidavit: version } as unknown as JsonObject
  return ownEntry(project, frame, 'configuration.recorded', facts, [jsonArtefact('affidavit.json', config.document)])
}

/** The controls that the evidence is judged by. */
export function catalogueEntry(project: Project, frame: RunFrame): NewEntry {
  const controls = project.catalogue.controls.map(({ source: _, ...control }) => control)
  return ownEntry(
    project,
    frame,
    'catalogue.recorded',
    { digest: project.catalogueDigest, controls: controls.map(({ id }) => id) },
    [jsonArtefact('catalogue.json', controls as unknown as Json)],
  )
}

/** One target's collection: its observations, then how it ended, with the artefacts that no observation names. */
export function collectionEntries(
  project: Project,
  frame: RunFrame,
  planned: PlannedTarget,
  collection: Collection,
): readonly NewEntry[] {
  const collector = project.collectors.get(planned.collector)
  const shared = {
    ...frame,
    collector: { id: planned.collector, version: collector?.version ?? 0 },
    configuration: project.config.digest,
    component: planned.component,
    target: planned.id,
  }
  const artefacts = new Map(collection.artefacts.map((artefact) => [artefact.name, artefact]))
  const observations = collection.observations.map(
    ({ evidence, ...observation }): NewEntry => ({
      ...shared,
      ...observation,
      expires: later(observation.collected, planned.validForMs),
      artefacts: evidence.flatMap((name) => artefacts.get(name) ?? []),
    }),
  )
  const named = new Set(collection.observations.flatMap(({ evidence }) => evidence))
  const { failure, usage, leftOut } = collection
  const ending: NewEntry = {
    ...shared,
    kind: failure ? 'collection.failed' : 'collection.completed',
    subject: collector?.subject(planned.target as never) ?? planned.id,
    methods: ['TEST'],
    collected: project.clock.now(),
    expires: null,
    facts: { ...usage, leftOut, ...(failure ?? {}) },
    artefacts: collection.artefacts.filter(({ name }) => !named.has(name)),
  }
  return [...observations, ending]
}

function jsonArtefact(name: string, value: Json): Artefact {
  return { name, mediaType: 'application/json', bytes: Buffer.from(`${JSON.stringify(value, null, 2)}\n`) }
}
