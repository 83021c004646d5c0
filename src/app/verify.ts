import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseTreeHead, type TreeHead } from '../ledger/checkpoint.ts'
import { type NoteKey, verifyNote } from '../ledger/note.ts'
import { type StoreVerification, verifyStore } from '../ledger/verify.ts'
import { IntegrityError } from '../model/errors.ts'
import { joinRevocation, type RevocationData } from '../signing/cms/revocation-status.ts'
import type { PdfVerdict } from '../signing/verdict.ts'
import { verifyPdf } from '../signing/verify-pdf.ts'
import { type Anchors, readAnchors, type Trusting, unreadable } from './anchors.ts'
import { checkAgainstBundle } from './bundle/check-report.ts'
import { type BundleVerification, verifyBundle } from './bundle/verify.ts'
import type { Check } from './check.ts'
import { indexedArtefacts, reportId } from './check-evidence.ts'
import type { ReportFile } from './check-issued.ts'
import { checkAgainstStore } from './check-store.ts'
import { judgeReport, type ReportJudgement } from './judge-report.ts'
import { openLedgerKey } from './keys.ts'
import type { Project } from './project.ts'
import { reportRevocation, revocationAtHand } from './revocation-at-hand.ts'
import { stampCheck } from './timestamper.ts'

export type ReportVerification = Omit<ReportJudgement, 'signed'> &
  Pick<PdfVerdict, 'signer' | 'level' | 'timestamp' | 'signatures' | 'reasons' | 'front'> & {
    /** What the signer's own clock said. */
    readonly claimedAt: string | null
  }

type Believing = Trusting & {
  /** Revocation lists beside those of the configuration. */
  readonly crls?: readonly string[]
}

type Beside = {
  readonly project: Project | null
  /** A bundle that speaks of the report, as a zip file or folder. */
  readonly bundle?: string | undefined
}

export type StoreVerificationResult = StoreVerification & {
  readonly path: string
  /** Entries of the kept checkpoint that the store was compared with; null where none was named. */
  readonly since: number | null
}

/**
 * Recomputes everything in the configuration's store, with the checkpoints under the configuration's key; `since` names
 * a checkpoint or a report that was kept, whose ledger the store must begin with. The certificates that are named vouch for
 * time-stamp authorities; those of the configuration where there are none. `crls` are files with revocation lists beside
 * those of the configuration.
 */
export async function verifyTheStore(
  project: Project,
  signal: AbortSignal,
  since?: string,
  { trust = [], trustTimes, crls = [] }: Partial<Believing> = {},
): Promise<StoreVerificationResult> {
  const path = resolve(project.directory, project.config.store.path)
  const { name, publicKey } = await openLedgerKey(project)
  const head = since === undefined ? undefined : await readKeptHead(since, { name, publicKey })
  const { timestampAnchors } = await readAnchors({ trust, trustTimes, project })
  const given = await revocationAtHand(project, crls)
  const checkStamp = stampCheck(timestampAnchors, async () => {
    return joinRevocation([given, ...(await reportRevocation(project)).map(({ data }) => data)])
  })
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

const checkpointIn = (attachments: PdfVerdict['attachments']): string | undefined =>
  textIn(attachments, 'checkpoint.txt')

function textIn(attachments: PdfVerdict['attachments'], file: string): string | undefined {
  const found = attachments.find(({ name }) => name === file)
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
export async function verifyReport(file: string, options: Beside & Believing): Promise<ReportVerification> {
  const pdf = await readFile(file).catch(unreadable(file, 'report'))
  const anchors = await readAnchors(options)
  const revocation = await revocationAtHand(options.project, options.crls)
  const { signed, ...judged } = await judgeReport(pdf, {
    ...anchors,
    revocation,
    beside: (verdict) => besideFile({ ...options, ...anchors, revocation }, pdf, verdict),
  })
  const { signer, level, timestamp, signatures, signedAt, reasons, front } = signed
  return { ...judged, reasons, front, signer, level, timestamp, signatures, claimedAt: signedAt }
}

/** What a store and a bundle know of a report that the file itself cannot show. */
async function besideFile(
  {
    project,
    bundle,
    anchors,
    timestampAnchors,
    revocation,
  }: Beside & Anchors & { readonly revocation: RevocationData },
  pdf: Uint8Array,
  { attachments, layers, level }: PdfVerdict,
): Promise<readonly Check[]> {
  const checkpoint = checkpointIn(attachments)
  if (checkpoint === undefined) return []
  const report: ReportFile = {
    id: reportId(attachments),
    revisions: layers.map(({ bytes }) => pdf.subarray(0, bytes)),
    checkpoint,
    key: textIn(attachments, 'ledger-key.txt'),
    level,
    artefacts: indexedArtefacts(attachments),
  }
  return [
    ...(project ? await checkAgainstStore(project, report) : []),
    ...(bundle === undefined
      ? []
      : await checkAgainstBundle(bundle, report, { trust: timestampAnchors, signers: anchors, revocation })),
  ]
}

/** Judges a bundle, its time stamps by the given certificates or those of a configuration. */
export async function verifyBundleFile(
  file: string,
  options: Believing & { readonly project: Project | null },
): Promise<BundleVerification> {
  const { anchors, timestampAnchors } = await readAnchors(options)
  const revocation = await revocationAtHand(options.project, options.crls)
  return await verifyBundle(file, { trust: timestampAnchors, signers: anchors, revocation })
}
