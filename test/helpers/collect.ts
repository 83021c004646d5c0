import { tmpdir } from 'node:os'
import { collectTarget } from '../../src/collect/collect-target.ts'
import type { Collector } from '../../src/collect/contract.ts'
import type { Collection, Observation } from '../../src/model/evidence.ts'
import { instant } from '../../src/model/time.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {} }

/** Runs a collector once against real servers, by the wall clock. */
export async function collectFrom<Target>(collector: Collector<Target>, target: unknown): Promise<Collection> {
  return await collectTarget(collector, target, {
    clock: { now: () => instant(new Date()) },
    signal: new AbortController().signal,
    log: silent,
    baseDirectory: tmpdir(),
  })
}

/** The observations of one kind whose facts contain what is given. */
export function observed(
  collection: Collection,
  kind: string,
  facts: Readonly<Record<string, unknown>> = {},
): readonly Observation[] {
  return collection.observations.filter(
    (observation) =>
      observation.kind === kind && Object.entries(facts).every(([name, value]) => observation.facts[name] === value),
  )
}

/** Every artefact as one text. */
export function evidenceText(collection: Collection): string {
  return collection.artefacts.map(({ bytes }) => Buffer.from(bytes).toString('utf8')).join('\n')
}
