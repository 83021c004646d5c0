import type { ReportIssue } from '../../reports/audit/issue.ts'
import type { NoteSigner, Store } from '../ledger/store.ts'
import type { SignatureLevel } from '../model/signature-level.ts'
import type { Instant } from '../model/time.ts'
import type { Timestamper } from '../signing/signer.ts'
import type { Attachment } from './evidence.ts'
import type { Project } from './project.ts'

export type SignedReport = {
  readonly pdf: Uint8Array
  readonly level: SignatureLevel
  readonly asked: SignatureLevel
  /** Why the level is lower than the one asked for; null where it is not. */
  readonly shortfall: string | null
  /** Where the file could be cut back to, and what it would be then: sound documents of a lower level. */
  readonly revisions: readonly { readonly bytes: number; readonly level: SignatureLevel }[]
}

/** A report key, opened. */
export type ReportKey = {
  readonly description: ReportIssue['signer']
  sign(
    pdf: Uint8Array,
    options: { readonly title: string; readonly attachments: readonly Attachment[]; readonly signal: AbortSignal },
  ): Promise<SignedReport>
}

/** The adapters that the use cases work with; src/app.ts names them. */
export type Ports = {
  openLedger(project: Project, mode: 'create' | 'write' | 'read'): Promise<Store>
  ledgerKey(project: Project): Promise<NoteSigner>
  reportKey(project: Project, signal: AbortSignal): Promise<ReportKey>
  /** The time-stamp authorities; undefined where none is configured. */
  timestamper(project: Project): Promise<Timestamper | undefined>
  /** `createdAt` is the moment that the file names as its creation. */
  print(html: string, options: { readonly createdAt: Instant; readonly signal: AbortSignal }): Promise<Uint8Array>
}
