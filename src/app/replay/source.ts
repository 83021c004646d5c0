import type { EntryQuery, Store } from '../../ledger/store.ts'
import { sha256 } from '../../model/digest.ts'
import { erasedBy } from '../../model/erasure.ts'
import type { ArtefactReference, Entry } from '../../model/evidence.ts'
import { artefactFile } from '../bundle/content.ts'
import type { VerifiedBundle } from '../bundle/verify.ts'

/** Where replay finds entries and the bytes behind them. */
export type EvidenceSource = {
  /** By sequence, ascending. */
  entries(query: EntryQuery): AsyncIterable<Entry>
  entry(sequence: number): Promise<Entry | undefined>
  /** The bytes that an entry committed to, or what became of them. */
  artefact(reference: ArtefactReference): Promise<Uint8Array | 'erased' | 'absent' | 'altered'>
}

/** A store as a source. */
export function storeSource(store: Store): EvidenceSource {
  return {
    async *entries(query) {
      for await (const { entry } of store.entries(query)) yield entry
    },
    entry: async (sequence) => (await store.entry(sequence))?.entry,
    async artefact(reference) {
      const kept = await store.artefact(reference.commitment)
      if (kept) return checked(reference, kept.salt, kept.bytes)
      return (await store.erasure(reference.commitment)) ? 'erased' : 'absent'
    },
  }
}

/** A bundle that was accepted as a source; it says of the rest of its ledger that it is not there. */
export function bundleSource({ files, entries }: Pick<VerifiedBundle, 'files' | 'entries'>): EvidenceSource {
  const erased = new Set([...entries.values()].flatMap(({ entry }) => erasedBy(entry)))
  const inOrder = [...entries.values()].map(({ entry }) => entry).sort((a, b) => a.sequence - b.sequence)
  return {
    async *entries(query) {
      yield* inOrder.filter((entry) => isAskedFor(entry, query))
    },
    entry: async (sequence) => entries.get(sequence)?.entry,
    async artefact(reference) {
      const { commitment } = reference
      const file = artefactFile(commitment)
      if (!files.names.has(file)) return erased.has(commitment) ? 'erased' : 'absent'
      return checked(reference, await files.read(`artefacts/${commitment}.salt`), await files.read(file))
    },
  }
}

function isAskedFor({ collected, target, component, run }: Entry, query: EntryQuery): boolean {
  if (query.from !== undefined && collected < query.from) return false
  if (query.to !== undefined && collected >= query.to) return false
  if (query.target !== undefined && target !== query.target) return false
  if (query.component !== undefined && component !== query.component) return false
  return query.run === undefined || run === query.run
}

function checked({ commitment, size }: ArtefactReference, salt: Uint8Array, bytes: Uint8Array) {
  return bytes.length === size && sha256(salt, bytes) === commitment ? bytes : 'altered'
}
