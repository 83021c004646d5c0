import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { parseTreeHead } from '../../ledger/checkpoint.ts'
import { parseNote, signNote, verifierKey } from '../../ledger/note.ts'
import type { NoteSigner, Store } from '../../ledger/store.ts'
import { sha256 } from '../../model/digest.ts'
import { StoreError } from '../../model/errors.ts'
import type { Period } from '../../model/period.ts'
import { readCertificates, writePem } from '../../signing/keys/pem.ts'
import { version } from '../assets.ts'
import type { Project } from '../project.ts'
import { timestampAnchors } from '../timestamper.ts'
import { addArtefacts, addRecorded } from './add-artefacts.ts'
import { addCheckpoints, addLedger, addTimestamps } from './add-ledger.ts'
import { anchorsFile, manifestTitle } from './content.ts'
import { type BundleWriter, writeBundle } from './files.ts'
import { bundleReadme } from './readme.ts'
import { selectEvidence } from './select.ts'

export type ExportedBundle = {
  readonly output: string
  readonly entries: number
  readonly artefacts: number
  /** Whether it is the whole ledger, so that it can be imported. */
  readonly whole: boolean
}

/**
 * Writes the evidence of a period, or of the whole ledger where there is none, as one folder or zip archive that
 * verifies by itself; signs a checkpoint first. Throws ConfigError, StoreError or SigningError; nothing half-written stays.
 */
export async function exportBundle(
  project: Project,
  store: Store,
  ledgerKey: NoteSigner,
  { period, output }: { readonly period: Period | null; readonly output: string },
): Promise<ExportedBundle> {
  const head = await store.checkpoint(ledgerKey)
  const selected = await selectEvidence(store, head.size, period)
  if (selected.entries.size === 0) {
    throw new StoreError('AFD_BUNDLE_EMPTY', `the ledger has no evidence${period ? ` of ${period.id}` : ''}`, {
      hint: 'see what there is with: affidavit evidence list',
    })
  }
  await using bundle = await writeBundle(output)
  const whole = selected.entries.size === head.size
  const facts = { origin: store.origin, entries: selected.entries.size, exported: project.clock.now() }
  const scope = whole ? 'The whole ledger' : `The assessment period ${period?.id} (${period?.from} to ${period?.to})`
  const missing = await addArtefacts(bundle, store, selected.artefacts)
  const artefacts = selected.artefacts.size - missing.length
  const stamps = (await store.timestamps()).filter(({ note }) => parseTreeHead(parseNote(note).text).size <= head.size)
  const anchors = await timestampAnchors(project)
  const { erased } = selected
  await bundle.add(
    'README.md',
    bundleReadme({ ...facts, scope, artefacts, erased: erased.size, stamps: stamps.length, anchors: anchors.length }),
  )
  await addLedger(bundle, store, head, selected)
  await bundle.add('ledger-key.txt', `${verifierKey(ledgerKey)}\n`)
  const checkpoints = await addCheckpoints(bundle, store, head)
  const timestamps = await addTimestamps(bundle, stamps, checkpoints)
  await addRecorded(bundle, store, selected)
  await addCertificates(bundle, project)
  if (anchors.length > 0)
    await bundle.add(
      anchorsFile,
      anchors
        .flatMap(readCertificates)
        .map((der) => writePem('CERTIFICATE', der))
        .join(''),
    )
  const content = {
    version: 1,
    affidavit: version,
    ...facts,
    period,
    whole,
    size: head.size,
    checkpoints: checkpoints.map(({ note: _, ...each }) => each),
    timestamps,
    missing: missing.filter((commitment) => !erased.has(commitment)),
    erased: Object.fromEntries(erased),
  }
  await bundle.add('bundle.json', `${JSON.stringify(content, null, 2)}\n`)
  await sign(bundle, ledgerKey)
  await bundle.finish()
  return { output, entries: facts.entries, artefacts, whole }
}

async function addCertificates(bundle: BundleWriter, { config, directory }: Project): Promise<void> {
  for (const [index, path] of config.signing.certificates.entries()) {
    const bytes = await readFile(resolve(directory, path)).catch(() => undefined)
    const name = basename(path).replaceAll(/[^A-Za-z0-9._-]/g, '_')
    // A key that somebody put into the same file stays where it is.
    if (bytes && !bytes.includes('PRIVATE KEY')) await bundle.add(`certificates/${index + 1}-${name}`, bytes)
  }
}

async function sign(bundle: BundleWriter, key: NoteSigner): Promise<void> {
  const manifest = bundle.manifest()
  await bundle.add('manifest.sha256', manifest)
  await bundle.add('manifest.txt', await signNote(`${manifestTitle}\n${sha256(manifest)}\n`, key))
}
