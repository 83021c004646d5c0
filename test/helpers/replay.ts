import { replayCollection } from '../../src/app/replay/collection.ts'
import type { Collector } from '../../src/collect/contract.ts'
import { sha256 } from '../../src/model/digest.ts'
import type { Collection, Entry, Observation } from '../../src/model/evidence.ts'
import { start } from './ledger.ts'

/** Replays a collection as if it stood in a ledger, its observations changed as a person could who writes what they like. */
export async function replayOf<Target>(
  collector: Collector<Target>,
  { observations, artefacts }: Collection,
  change: (observation: Observation) => Observation = (observation) => observation,
) {
  const bytes = new Map(artefacts.map((artefact) => [sha256(artefact.bytes), artefact.bytes]))
  const references = new Map(
    artefacts.map(({ name, mediaType, bytes }) => [
      name,
      { name, mediaType, size: bytes.length, commitment: sha256(bytes) },
    ]),
  )
  const entries = observations.map(change).map(
    ({ evidence, ...observation }, sequence): Entry => ({
      version: 1,
      origin: 'example.org/affidavit',
      sequence,
      run: 'run-1',
      slot: null,
      collector: { id: collector.id, version: collector.version },
      configuration: sha256(''),
      component: 'shop/api',
      target: 'shop/api/it',
      expires: start,
      ...observation,
      artefacts: evidence.flatMap((name) => references.get(name) ?? []),
    }),
  )
  return await replayCollection(
    entries,
    {
      async *entries() {},
      entry: async () => undefined,
      artefact: async ({ commitment }) => bytes.get(commitment) ?? 'absent',
    },
    new Map([[collector.id, collector as Collector]]),
  )
}
