import { openLedgerKey } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import { openLedger } from '../../src/app.ts'
import type { Artefact, NewEntry } from '../../src/model/evidence.ts'

/** Everything in a store, as it would be appended. */
export async function everythingIn(project: Project): Promise<readonly NewEntry[]> {
  await using store = await openLedger(project, 'read')
  const all: NewEntry[] = []
  for await (const { entry } of store.entries()) {
    const { version: _, origin: __, sequence: ___, artefacts, ...rest } = entry
    const bytes = await Promise.all(
      artefacts.map(async ({ name, mediaType, commitment }): Promise<Artefact> => {
        const kept = await store.artefact(commitment)
        return { name, mediaType, bytes: kept?.bytes ?? new Uint8Array() }
      }),
    )
    all.push({ ...rest, artefacts: bytes })
  }
  return all
}

/** Makes the store of a person who writes entries at will and signs them with the ledger's own key. */
export async function writeStore(project: Project, entries: readonly NewEntry[]): Promise<void> {
  await using store = await openLedger(project, 'create')
  await store.append(entries)
  await store.checkpoint(await openLedgerKey(project))
}
