import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { restoreStore } from '../../ledger/restore.ts'
import type { StoreVerification } from '../../ledger/verify.ts'
import { ConfigError, IntegrityError } from '../../model/errors.ts'
import { openLedgerKey } from '../keys.ts'
import { ledgerOrigin } from '../origin.ts'
import type { Project } from '../project.ts'
import { revocationAtHand } from '../revocation-at-hand.ts'
import { stampCheck, timestampAnchors } from '../timestamper.ts'
import { artefactFile } from './content.ts'
import { isBundle } from './files.ts'
import { openBundle, type VerifiedBundle } from './verify.ts'

/**
 * Makes the configuration's store of a bundle that holds a whole ledger; there must be none yet, and it verifies before
 * it is kept. Throws ConfigError, StoreError, or IntegrityError where the bundle or what became of it does not hold.
 */
export async function importBundle(project: Project, file: string): Promise<StoreVerification & { path: string }> {
  if (existsSync(file) && !(await isBundle(file))) {
    throw new ConfigError('AFD_IMPORT_NO_BUNDLE', `${file} is no evidence bundle: neither a zip archive nor a folder`, {
      hint: 'name what `affidavit evidence export --all` wrote; a backup is not imported, but copied to the place of the store (docs/backup.md)',
      subject: file,
    })
  }
  const trust = await timestampAnchors(project)
  const bundle = await openBundle(file, { trust })
  if (!('files' in bundle)) {
    const failed = bundle.result.checks.find(({ holds }) => holds === false)
    throw new IntegrityError('AFD_BUNDLE_REFUSED', `${file} is refused: ${failed?.sentence ?? 'it does not hold'}`, {
      hint: `see all of it with: affidavit verify ${file}`,
      subject: file,
    })
  }
  const path = resolve(project.directory, project.config.store.path)
  const { publicKey } = await openLedgerKey(project)
  assertOwn(project, bundle, publicKey)
  const { head, content, files, entries, timestamps } = bundle
  const result = await restoreStore(
    {
      origin: head.origin,
      entries: [...entries].sort(([a], [b]) => a - b).map(([, { bytes }]) => bytes),
      artefacts: artefactsOf(bundle),
      checkpoints: await Promise.all(
        content.checkpoints.map(async ({ file: name, created }) => ({
          note: Buffer.from(await files.read(name)).toString('utf8'),
          created,
        })),
      ),
      timestamps,
    },
    { path, publicKey, checkStamp: stampCheck(trust, () => revocationAtHand(project)), clock: project.clock },
  )
  if (result.verdict === 'verified') return { ...result, path }
  const message = `what ${file} makes does not verify: ${result.problems[0]?.message ?? 'unknown'}`
  throw new IntegrityError('AFD_BUNDLE_REFUSED', message, { subject: file })
}

function assertOwn(project: Project, { result, head, key }: VerifiedBundle, publicKey: Uint8Array): void {
  if (!result.whole) {
    const message = `the bundle holds ${result.entries} of the ledger's ${head.size} entries, or not all artefacts`
    throw new ConfigError('AFD_IMPORT_PARTIAL', `${message}; a part cannot become a ledger`, {
      hint: 'verify it as it is, or export the whole ledger with: affidavit evidence export --all',
    })
  }
  const origin = ledgerOrigin(project.config)
  if (head.origin !== origin) {
    throw new ConfigError('AFD_IMPORT_ORIGIN', `the bundle is the ledger ${head.origin}, not ${origin}`, {
      hint: 'import it with the configuration that it belongs to',
    })
  }
  if (Buffer.compare(key.publicKey, publicKey) === 0) return
  throw new ConfigError('AFD_IMPORT_KEY', 'the bundle is signed by another ledger key than the configuration has', {
    hint: 'put back the key that the ledger had (keys.ledger): its checkpoints cannot be verified with another',
  })
}

async function* artefactsOf({ entries, files, content }: VerifiedBundle) {
  const commitments = new Set([...entries.values()].flatMap(({ entry }) => entry.artefacts.map((a) => a.commitment)))
  for (const commitment of commitments) {
    if (commitment in content.erased) continue
    yield { salt: await files.read(`artefacts/${commitment}.salt`), bytes: await files.read(artefactFile(commitment)) }
  }
}
