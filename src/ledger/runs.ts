import type { Entry } from '../model/evidence.ts'
import type { Store } from './store.ts'

/**
 * The `run.started` entries of runs that neither finished nor were recorded as interrupted, oldest first. Whoever holds
 * the right to run knows that they are not running any more.
 */
export async function unfinishedRuns(store: Store): Promise<readonly Entry[]> {
  const open = new Map<string, Entry>()
  // One kind at a time, which the store answers from an index however long the ledger is.
  for await (const { entry } of store.entries({ kinds: ['run.started'] })) open.set(entry.run, entry)
  for (const kind of ['run.finished', 'run.interrupted']) {
    for await (const { entry } of store.entries({ kinds: [kind] })) open.delete(entry.run)
  }
  return [...open.values()]
}
