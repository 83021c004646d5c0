import { resolve } from 'node:path'
import { type Backup, backupStore } from '../ledger/backup.ts'
import { openLedgerKey } from './keys.ts'
import type { Project } from './project.ts'
import { revocationAtHand } from './revocation-at-hand.ts'
import { stampCheck, timestampAnchors } from './timestamper.ts'

/** Copies the configuration's store while others may be writing to it, and verifies the copy. */
export async function backupTheStore(project: Project, target: string, signal: AbortSignal): Promise<Backup> {
  const { publicKey } = await openLedgerKey(project)
  const path = resolve(project.directory, project.config.store.path)
  const checkStamp = stampCheck(await timestampAnchors(project), () => revocationAtHand(project))
  return await backupStore({ path, target, publicKey, checkStamp, signal })
}
