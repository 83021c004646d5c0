import type { Store } from '../../ledger/store.ts'
import type { Sha256 } from '../../model/digest.ts'
import { artefactFile, recordedFiles } from './content.ts'
import type { BundleWriter } from './files.ts'
import type { Selected } from './select.ts'

/** The bytes behind commitments; gives those that the store does not have. */
export async function addArtefacts(
  bundle: BundleWriter,
  store: Store,
  commitments: ReadonlySet<Sha256>,
): Promise<readonly Sha256[]> {
  const missing: Sha256[] = []
  for (const commitment of commitments) {
    const artefact = await store.artefact(commitment)
    if (artefact) {
      await bundle.add(`artefacts/${commitment}.salt`, artefact.salt)
      await bundle.add(artefactFile(commitment), artefact.bytes)
    } else {
      missing.push(commitment)
    }
  }
  return missing
}

/** Configuration and catalogue under plain names, as the newest of the entries have them. */
export async function addRecorded(bundle: BundleWriter, store: Store, { entries }: Selected): Promise<void> {
  for (const kind of Object.keys(recordedFiles)) {
    for await (const { entry } of store.entries({ kinds: [kind], order: 'desc' })) {
      if (!entries.has(entry.sequence)) continue
      const [reference] = entry.artefacts
      const artefact = reference && (await store.artefact(reference.commitment))
      if (artefact) await bundle.add(recordedFiles[kind] ?? '', artefact.bytes)
      break
    }
  }
}
