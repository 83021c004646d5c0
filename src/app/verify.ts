import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseTreeHead, type TreeHead } from '../ledger/checkpoint.ts'
import { type NoteKey, verifyNote } from '../ledger/note.ts'
import { type StoreVerification, verifyStore } from '../ledger/verify.ts'
import { ConfigError, IntegrityError } from '../model/errors.ts'
import { readCertificate } from '../signing/cms/certificate.ts'
import { readCertificates } from '../signing/keys/pem.ts'
import type { PdfVerdict } from '../signing/verdict.ts'
import { verifyPdf } from '../signing/verify-pdf.ts'
import { type BundleVerification, verifyBundle } from './bundle-verify.ts'
import { type Check, indexedArtefacts, reportId } from './check-evidence.ts'
import { checkAgainstStore } from './check-store.ts'
import { judgeReport, type ReportJudgement } from './judge-report.ts'
import { openLedgerKey } from './keys.ts'
import type { Project } from './project.ts'
import { stampCheck } from './timestamper.ts'

export type ReportVerification = Omit<ReportJudgement, 'signed'> &
  Pick<PdfVerdict, 'signer' | 'level' | 'timestamp' | 'signatures'> & {
    /** What the signer's own clock said. */
    readonly claimedAt: string | null
  }

export type StoreVerificationResult = StoreVerification & {
  readonly path: string
  /** Entries of the kept checkpoint that the store was compared with; null where none was named. */
  readonly since: number | null
}

/**
 * Recomputes everything in the configuration's store, with the checkpoints under the configuration's key; `since` names
 * a checkpoint or a report that was kept, whose ledger the store must begin with. `trust` are certificates that vouch for
 * time-stamp authorities; those of the configuration where there are none.
 */
export async function verifyTheStore(
  project: Project,
  signal: AbortSignal,
  since?: string,
  trust: readonly string[] = [],
): Promise<StoreVerificationResult> {
  const path = resolve(project.directory, project.config.store.path)
  const { name, publicKey } = await openLedgerKey(project)
  const head = since === undefined ? undefined : await readKeptHead(since, { name, publicKey })
  const { timestampAnchors } = await readAnchors({ trust, project })
  const checkStamp = stampCheck(timestampAnchors)
  const result = await verifyStore({ path, publicKey, checkStamp, signal, ...(head ? { since: head } : {}) })
  return { ...result, path, since: head?.size ?? null }
}

/** The signed state in a checkpoint file or in a report; throws ConfigError or IntegrityError. */
async function readKeptHead(file: string, key: NoteKey): Promise<TreeHead> {
  const bytes = await readFile(file).catch(unreadable(file, 'checkpoint'))
  const note = isPdf(bytes) ? await checkpointOf(bytes, file) : bytes.toString('utf8')
  return parseTreeHead(verifyNote(note, [key]).text)
}

async function checkpointOf(pdf: Uint8Array, file: string): Promise<string> {
  const { verdict, attachments, reasons } = await verifyPdf(pdf, { anchors: [] })
  const note = checkpointIn(attachments)
  if (verdict !== 'refused' && note !== undefined) return note
  const why = verdict === 'refused' ? (reasons[0]?.message ?? 'it was altered') : 'it carries no checkpoint'
  throw new IntegrityError('AFD_VERIFY_SINCE', `${file} cannot say what the ledger was: ${why}`, {
    hint: 'name the checkpoint.txt of a report, or a report that `affidavit verify` does not refuse',
    subject: file,
  })
}

function checkpointIn(attachments: PdfVerdict['attachments']): string | undefined {
  const found = attachments.find(({ name }) => name === 'checkpoint.txt')
  return found && Buffer.from(found.bytes).toString('utf8')
}

function isPdf(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '%PDF-'
}

/**
 * Judges a report file: the PDF and its signature, then the evidence inside against the report's own index and the
 * ledger's checkpoint, and the checkpoint against the configuration's store where there is one. Anchors are the given
 * certificates, or those of a configuration. Throws ConfigError where a file cannot be read; whatever the report holds,
 * the answer is a verdict.
 */
export async function verifyReport(
  file: string,
  options: { readonly trust: readonly string[]; readonly project: Project | null },
): Promise<ReportVerification> {
  const pdf = await readFile(file).catch(unreadable(file, 'report'))
  const { project } = options
  const { signed, ...judged } = await judgeReport(pdf, {
    ...(await readAnchors(options)),
    ...(project ? { beside: (verdict) => besideStore(project, pdf, verdict) } : {}),
  })
  const { signer, level, timestamp, signatures, signedAt } = signed
  return { ...judged, signer, level, timestamp, signatures, claimedAt: signedAt }
}

async function besideStore(project: Project, pdf: Uint8Array, verdict: PdfVerdict): Promise<readonly Check[]> {
  const checkpoint = checkpointIn(verdict.attachments)
  if (checkpoint === undefined) return []
  return await checkAgainstStore(project, {
    id: reportId(verdict.attachments),
    // As it was issued: people who signed later only added to it.
    bytes: pdf.subarray(0, verdict.signatures[0]?.bytes),
    checkpoint,
    level: verdict.level,
    artefacts: indexedArtefacts(verdict.attachments),
  })
}

type Anchors = { readonly anchors: readonly Uint8Array[]; readonly timestampAnchors: readonly Uint8Array[] }

/** Judges a bundle, its time stamps by the given certificates or those of a configuration. */
export async function verifyBundleFile(
  file: string,
  options: { readonly trust: readonly string[]; readonly project: Project | null },
): Promise<BundleVerification> {
  return await verifyBundle(file, (await readAnchors(options)).timestampAnchors)
}

/** The given files for both; otherwise what the configuration trusts for signers and for times. */
async function readAnchors(options: {
  readonly trust: readonly string[]
  readonly project: Project | null
}): Promise<Anchors> {
  const read = (paths: readonly string[]) => Promise.all(paths.map(readAnchor))
  if (options.trust.length > 0) {
    const anchors = await read(options.trust.map((path) => resolve(path)))
    return { anchors, timestampAnchors: anchors }
  }
  if (!options.project) return { anchors: [], timestampAnchors: [] }
  const { directory, config } = options.project
  const authority = config.signing.certificates.slice(-1).map((path) => resolve(directory, path))
  const times = (config.signing.timestamp?.trust ?? []).map((path) => resolve(directory, path))
  return { anchors: await read(authority.filter((path) => existsSync(path))), timestampAnchors: await read(times) }
}

async function readAnchor(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch(unreadable(path, 'certificate'))
  try {
    for (const certificate of readCertificates(bytes)) readCertificate(certificate)
    return bytes
  } catch (cause) {
    // The reader's slip, and no fault of the report.
    throw new ConfigError('AFD_VERIFY_TRUST', `${path} holds no certificate that can be read`, {
      hint: 'name the certificate of an authority, as PEM or DER, such as ca.cert.pem',
      subject: path,
      cause,
    })
  }
}

function unreadable(path: string, what: string): (cause: unknown) => never {
  return (cause) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    throw new ConfigError(
      'AFD_VERIFY_UNREADABLE',
      `the ${what} ${path} ${reading[code] ?? `cannot be read (${code})`}`,
      {
        hint: code === 'EACCES' ? 'check its permissions' : 'check its path',
        subject: path,
        cause,
      },
    )
  }
}

const reading: { readonly [code: string]: string } = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read by this user',
  ERR_FS_FILE_TOO_LARGE: 'is larger than 2 GiB, which no report is',
}
