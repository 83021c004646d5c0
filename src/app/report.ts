import { resolve } from 'node:path'
import { type AuditReport, auditDocument } from '../../reports/audit/document.ts'
import type { ReportIssue } from '../../reports/audit/issue.ts'
import { auditJson } from '../../reports/audit/json.ts'
import type { NoteSigner, Store } from '../ledger/store.ts'
import type { Assessment, Comparison, LedgerState } from '../model/assessment.ts'
import { sha256 } from '../model/digest.ts'
import type { Erasure } from '../model/erasure.ts'
import { ConfigError, RenderError, SigningError, StoreError } from '../model/errors.ts'
import type { JsonObject } from '../model/json.ts'
import type { Period } from '../model/period.ts'
import { inForce } from '../model/retention.ts'
import type { SignatureLevel } from '../model/signature-level.ts'
import { dayOf } from '../model/time.ts'
import { renderHtml } from '../render/html.ts'
import { assessPeriod, compareWithPrevious } from './assessment.ts'
import { stampFile } from './check-stamp.ts'
import { type Attachment, evidenceFiles, evidenceIndex } from './evidence.ts'
import { judgeReport } from './judge-report.ts'
import { ownEntry } from './own-entries.ts'
import type { Ports, ReportKey, SignedReport } from './ports.ts'
import type { Project } from './project.ts'
import { levelAsked, signatureReason } from './raising.ts'
import { assertNoReport, type ReportFiles, reportFiles, writeReport } from './report-files.ts'
import { settleReports } from './settle-reports.ts'
import { replyOver, type Stamping, stampHandedOut } from './stamp-ledger.ts'

export type IssuedReport = {
  readonly id: string
  readonly files: ReportFiles
  /** Earlier reports of the ledger that a process did not live to put in place, and that now are. */
  readonly settled: readonly string[]
  readonly level: SignatureLevel
  readonly asked: SignatureLevel
  /** Why the level is lower than the one asked for; null where it is not. */
  readonly shortfall: string | null
  /** What became of the time stamp over the ledger's checkpoint that the report rests on. */
  readonly stamping: Stamping
  readonly assessment: Assessment
  readonly comparison: Comparison | null
}

export type ReportOptions = {
  readonly period: Period
  /** Where the files go; `reports.directory` of the configuration where absent. */
  readonly directory?: string | undefined
  readonly signal: AbortSignal
}

/**
 * Judges a period, prints the report, signs it with the evidence attached, writes PDF, HTML and JSON, and records in
 * the ledger what was issued. Throws ConfigError for a period that has not begun, RenderError, SigningError or
 * StoreError; no half-written file stays behind, that of an earlier process that was killed included.
 */
export async function issueReport(
  project: Project,
  store: Store,
  ports: Ports,
  options: ReportOptions,
): Promise<IssuedReport> {
  assertBegun(project, options.period)
  const key = await ports.reportKey(project, options.signal)
  const ledgerKey = await ports.ledgerKey(project)
  const directory = resolve(project.directory, options.directory ?? project.config.reports.directory)
  const settled = await settleReports(directory, store, project.clock)
  const { size, root, note } = await store.checkpoint(ledgerKey)
  const timestamper = () => ports.timestamper(project)
  const stamping = await stampHandedOut(project, store, { size, note }, { timestamper, signal: options.signal })
  const reply = await replyOver(store, note)
  const ledger: LedgerState = { origin: store.origin, size, root, checkpoint: note }
  const assessment = await assessPeriod(project, store, options.period, ledger)
  const comparison = await compareWithPrevious(project, store, assessment)
  const { files: evidenceOf, erasures } = await evidenceFiles(project, store, assessment, ledgerKey)
  const evidence = [...evidenceOf, ...(reply ? [stampOf(reply)] : [])]
  const issued = await issueOf(project, store, { assessment, erasures }, key)
  const issue = { ...issued, checkpointTime: checkpointTimeOf(stamping) }
  const files = reportFiles(directory, issue.id)
  assertNoReport(files)
  const content: AuditReport = {
    assessment,
    comparison,
    issue: { ...issue, attachments: [reportFile, ...evidence].map(({ name, description }) => ({ name, description })) },
  }

  const document = auditDocument(content)
  const html = renderHtml(document)
  const json = auditJson(content)
  const printed = await ports.print(html, { createdAt: issue.issuedAt, signal: options.signal })
  const attachments = [{ ...reportFile, bytes: Buffer.from(json) }, ...evidence]
  const signed = await key.sign(printed, { title: document.title, attachments, signal: options.signal })
  await assertSound(signed)

  const record = () => recordIssue(project, store, { issue, assessment, signed }, ledgerKey)
  await writeReport(files, { pdf: signed.pdf, html, json }, { origin: store.origin, record })
  const { level, asked, shortfall } = signed
  return { id: issue.id, files, settled, level, asked, shortfall, stamping, assessment, comparison }
}

function assertBegun({ clock, config }: Project, { id, from }: Period): void {
  if (from <= clock.now()) return
  throw new ConfigError('AFD_PERIOD_AHEAD', `the period ${id} has not begun: nothing can be reported of it yet`, {
    hint: `it begins on ${dayOf(from, config.organisation.timeZone)}; name an earlier one with --period, or look at this machine’s clock`,
  })
}

/** No report leaves the house that its reader's verifier would refuse. */
async function assertSound({ pdf }: SignedReport): Promise<void> {
  const { verdict, checks } = await judgeReport(pdf, { anchors: [] })
  if (verdict !== 'refused') return
  const reasons = checks.filter(({ holds }) => holds === false).map(({ sentence }) => sentence)
  throw new SigningError(
    'AFD_REPORT_UNSOUND',
    `no report was issued, because it would be refused: ${reasons.join(' ')}`,
    {
      hint: 'this is a fault of Affidavit; please report it, with this message',
    },
  )
}

const reportFile = { name: 'report.json', mediaType: 'application/json', description: 'This report as data' }

function stampOf(bytes: Uint8Array): Attachment {
  const description = 'The RFC 3161 time stamp over checkpoint.txt'
  return { name: stampFile, mediaType: 'application/timestamp-reply', description, bytes }
}

function checkpointTimeOf(stamping: Stamping): ReportIssue['checkpointTime'] {
  switch (stamping.state) {
    case 'stamped':
      return { time: stamping.time, authority: stamping.authority }
    case 'pending':
      return { untimed: stamping.reason }
    case 'none':
      return null
    default:
      return stamping satisfies never
  }
}

async function issueOf(
  project: Project,
  store: Store,
  { assessment, erasures }: { readonly assessment: Assessment; readonly erasures: readonly Erasure[] },
  key: ReportKey,
): Promise<Omit<ReportIssue, 'attachments' | 'checkpointTime'>> {
  const { timestamp } = project.config.signing
  const { policies, holds } = project.config.retention
  const id = await nextReportId(store, assessment.period)
  const now = project.clock.now()
  return {
    id,
    issuedAt: now,
    signer: key.description,
    level: levelAsked(project.config.signing),
    reason: signatureReason(project.config.signing),
    location: project.config.signing.location ?? null,
    timestampAuthority: timestamp ? new URL(timestamp.urls[0] ?? '').host : null,
    verifyCommand: `affidavit verify ${id}.pdf --trust ca.cert.pem${timestamp ? ' --trust tsa.pem' : ''}`,
    evidence: await evidenceIndex(store, assessment),
    retention: { erasures, policies, holds: holds.filter((hold) => inForce(hold, { earliest: now, latest: now })) },
  }
}

/** `AER-2026-Q3-0001`: counts up with every report that the ledger has under the period's name. */
async function nextReportId(store: Store, period: Period): Promise<string> {
  const prefix = `AER-${period.id.replaceAll(/[^A-Za-z0-9-]+/g, '-')}-`
  let last = 0
  for await (const { entry } of store.entries({ kinds: ['report.issued'] })) {
    const number = entry.run.startsWith(prefix) ? entry.run.slice(prefix.length) : ''
    if (/^\d{4,}$/.test(number)) last = Math.max(last, Number(number))
  }
  return `${prefix}${String(last + 1).padStart(4, '0')}`
}

async function recordIssue(
  project: Project,
  store: Store,
  parts: { readonly issue: { readonly id: string }; readonly assessment: Assessment; readonly signed: SignedReport },
  ledgerKey: NoteSigner,
): Promise<void> {
  const { issue, assessment, signed } = parts
  const facts: JsonObject = {
    id: issue.id,
    period: assessment.period,
    sha256: sha256(signed.pdf),
    size: signed.pdf.length,
    level: signed.level,
    asked: signed.asked,
    shortfall: signed.shortfall,
    revisions: signed.revisions.map(({ bytes, level }) => ({ level, sha256: sha256(signed.pdf.subarray(0, bytes)) })),
    checkpoint: { size: assessment.ledger.size, root: assessment.ledger.root },
  }
  try {
    await store.append([ownEntry(project, { run: issue.id, slot: null }, 'report.issued', facts)], { newRun: true })
  } catch (error) {
    if (error instanceof StoreError && error.code === 'AFD_STORE_RUN_TAKEN') throw numberTaken(issue.id, error)
    throw error
  }
  await store.checkpoint(ledgerKey)
}

/** Numbers are given before a report is printed, and printing takes its time. */
function numberTaken(id: string, cause: StoreError): RenderError {
  return new RenderError('AFD_REPORT_NUMBER', `another process issued ${id} while this report was made`, {
    hint: 'look whether that one is enough; issued again, this one gets the next number',
    subject: id,
    cause,
  })
}
