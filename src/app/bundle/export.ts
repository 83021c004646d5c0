import { readFile } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { signNote, verifierKey } from '../../ledger/note.ts'
import type { NoteSigner, Store } from '../../ledger/store.ts'
import { sha256 } from '../../model/digest.ts'
import { AffidavitError, StoreError } from '../../model/errors.ts'
import type { Period } from '../../model/period.ts'
import { readCertificate } from '../../signing/cms/certificate.ts'
import { DerError } from '../../signing/cms/der.ts'
import { readCertificates, writePem } from '../../signing/keys/pem.ts'
import { version } from '../assets.ts'
import type { Project } from '../project.ts'
import { type Stamping, type StampingParts, stampHandedOut } from '../stamp-ledger.ts'
import { timestampAnchors } from '../timestamper.ts'
import { addArtefacts, addRecorded } from './add-artefacts.ts'
import { addCheckpoints, addLedger, addTimestamps } from './add-ledger.ts'
import { addRevocation } from './add-revocation.ts'
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
  /** What became of the time stamp over its checkpoint. */
  readonly stamping: Stamping
  /** Revocation lists and OCSP responses in it, and about whom nothing was to be had, a sentence each. */
  readonly revocation: number
  readonly unanswered: readonly string[]
}

export type ExportOptions = {
  /** The whole ledger where null. */
  readonly period: Period | null
  /** A name that ends in `.zip`, or a folder. */
  readonly output: string
}

/**
 * Writes the evidence of a period, or of the whole ledger where there is none, as one folder or zip archive that
 * verifies by itself; signs a checkpoint first and has it timestamped, and asks what the certificates behind time stamps
 * and reports are worth. An authority or a service that does not answer is told in it. Throws ConfigError, StoreError or
 * SigningError; nothing half-written stays.
 */
export async function exportBundle(
  project: Project,
  store: Store,
  { ledgerKey, ...stamping }: StampingParts & { readonly ledgerKey: NoteSigner },
  { period, output }: ExportOptions,
): Promise<ExportedBundle> {
  const head = await store.checkpoint(ledgerKey)
  const selected = await selectEvidence(store, head.size, period)
  if (selected.entries.size === 0) {
    throw new StoreError('AFD_BUNDLE_EMPTY', `the ledger has no evidence${period ? ` of ${period.id}` : ''}`, {
      hint: 'see what there is with: affidavit evidence list',
    })
  }
  await using bundle = await writeBundle(output)
  const stamped = await stampHandedOut(project, store, head, stamping)
  const untimed = stamped.state === 'pending' ? stamped.reason : null
  const whole = selected.entries.size === head.size
  const facts = { origin: store.origin, entries: selected.entries.size, exported: project.clock.now() }
  const scope = whole ? 'The whole ledger' : `The assessment period ${period?.id} (${period?.from} to ${period?.to})`
  const missing = await addArtefacts(bundle, store, selected.artefacts)
  const artefacts = selected.artefacts.size - missing.length
  const { erased, reports } = selected
  await addLedger(bundle, store, head, selected)
  await bundle.add('ledger-key.txt', `${verifierKey(ledgerKey)}\n`)
  const checkpoints = await addCheckpoints(bundle, store, head)
  const stamps = (await store.timestamps()).filter(({ note }) => checkpoints.some((each) => each.note === note))
  const timestamps = await addTimestamps(bundle, stamps, checkpoints)
  await addRecorded(bundle, store, selected)
  const certificates = await addCertificates(bundle, project)
  const anchors = await addAnchors(bundle, project)
  const asked = { tokens: stamps.map(({ token }) => token), certificates, known: anchors, reports }
  const { revocation, unanswered } = await addRevocation(bundle, project, asked, stamping.signal)
  await bundle.add(
    'README.md',
    bundleReadme({
      ...{ ...facts, scope, artefacts, erased: erased.size, stamps: stamps.length, anchors: anchors.length },
      ...{ signers: certificates.length, revocation: revocation.length, untimed },
    }),
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
    untimed,
    revocation,
    unanswered,
    missing: missing.filter((commitment) => !erased.has(commitment)),
    erased: Object.fromEntries(erased),
  }
  await bundle.add('bundle.json', `${JSON.stringify(content, null, 2)}\n`)
  await sign(bundle, ledgerKey)
  await bundle.finish()
  return {
    output,
    entries: facts.entries,
    artefacts,
    whole,
    stamping: stamped,
    revocation: revocation.length,
    unanswered,
  }
}

/** The certificates that the configuration trusts for times, in one file. */
async function addAnchors(bundle: BundleWriter, project: Project): Promise<readonly Uint8Array[]> {
  const anchors = (await timestampAnchors(project)).flatMap(readCertificates)
  if (anchors.length > 0) await bundle.add(anchorsFile, pemOf(anchors))
  return anchors
}

/** Those that reports are signed with, and nothing else of their files: a key in one of them stays where it is. */
async function addCertificates(bundle: BundleWriter, { config, directory }: Project): Promise<readonly Uint8Array[]> {
  const added: Uint8Array[] = []
  for (const [index, path] of config.signing.certificates.entries()) {
    const found = await certificatesIn(resolve(directory, path))
    if (found.length === 0) continue
    const name = basename(path, extname(path)).replaceAll(/[^A-Za-z0-9._-]/g, '_')
    await bundle.add(`certificates/${index + 1}-${name}.pem`, pemOf(found))
    added.push(...found)
  }
  return added
}

/** What cannot be read as certificates is told by whatever signs with them; evidence is handed out all the same. */
async function certificatesIn(path: string): Promise<readonly Uint8Array[]> {
  try {
    return readCertificates(await readFile(path)).map((der) => readCertificate(der).bytes)
  } catch (error) {
    if (error instanceof AffidavitError || error instanceof DerError || (error instanceof Error && 'code' in error))
      return []
    throw error
  }
}

const pemOf = (certificates: readonly Uint8Array[]): string =>
  certificates.map((der) => writePem('CERTIFICATE', der)).join('')

async function sign(bundle: BundleWriter, key: NoteSigner): Promise<void> {
  const manifest = bundle.manifest()
  await bundle.add('manifest.sha256', manifest)
  await bundle.add('manifest.txt', await signNote(`${manifestTitle}\n${sha256(manifest)}\n`, key))
}
