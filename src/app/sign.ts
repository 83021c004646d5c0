import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, parse, resolve } from 'node:path'
import { writeNew } from '../disk/part.ts'
import { ConfigError } from '../model/errors.ts'
import { instant } from '../model/time.ts'
import { addSignature, assertSignable } from '../signing/add-signature.ts'
import { firstOf, rfc3161Timestamper } from '../signing/timestamp.ts'
import type { PdfVerdict } from '../signing/verdict.ts'
import { verifyPdf } from '../signing/verify-pdf.ts'
import { readAnchors, type Trusting } from './anchors.ts'
import { keyLocationOf, openSigner } from './report-key.ts'

export type SignReportOptions = Trusting & {
  readonly file: string
  /** A file (PEM or PKCS#12) or the URI of a key; the certificates are its own and its issuers'. */
  readonly key: string
  readonly certificates: readonly string[]
  /** `env:NAME` or `file:path`: a file's passphrase or a token's PIN. */
  readonly passphrase: string | null
  readonly reason: string
  readonly name?: string | undefined
  readonly location?: string | undefined
  /** Time-stamping authorities, asked in turn. */
  readonly timestamp: readonly string[]
  /** Where the signed report goes; `<name>-signed.pdf` beside the report where absent. */
  readonly output?: string | undefined
  readonly signal: AbortSignal
}

export type SignedReport = {
  readonly path: string
  /** All signatures, the new one last; those before it alone where the new file is refused. */
  readonly signatures: PdfVerdict['signatures']
  /** Why whoever has only the certificates that were given here must refuse the new file, a sentence; null where not. */
  readonly refusal: string | null
  /** Why there is no time stamp although one was asked for. */
  readonly untimed: string | null
}

const clock = { now: () => instant(Date.now()) }

/**
 * Adds a person's signature to a report that was issued and writes the result as a new file; the report itself stays.
 * The report is looked at first, and the key, which may take a PIN or a touch, last. Throws SigningError, or ConfigError
 * where a file cannot be read, or the new one is there already.
 */
export async function signReport(options: SignReportOptions): Promise<SignedReport> {
  const { signal, reason, name, location } = options
  const pdf = await readPdf(options.file)
  const path = resolve(options.output ?? beside(options.file))
  if (existsSync(path)) throw outputError(path, 'is there already')
  const trusted = await readAnchors({ ...options, project: null })
  const before = await assertSignable(pdf, { ...trusted, clock })
  const { certificates, passphrase } = options
  const request = { location: keyLocationOf(options.key), certificates, passphrase, directory: process.cwd() }
  const signer = await openSigner(request, clock, signal)
  const authorities = options.timestamp.map((url) => rfc3161Timestamper({ url, trust: trusted.timestampAnchors }))
  const signed = await addSignature(pdf, {
    signer,
    reason,
    ...trusted,
    signal,
    clock,
    ...(name === undefined ? {} : { name }),
    ...(location === undefined ? {} : { location }),
    ...(authorities.length === 0 ? {} : { timestamper: firstOf(authorities) }),
  })
  const after = await verifyPdf(signed.pdf, trusted)
  await writeNew(path, signed.pdf).catch((cause: NodeJS.ErrnoException) => {
    throw outputError(path, cause.code === 'EEXIST' ? 'is there already' : 'cannot be written', cause)
  })
  const refusal = after.verdict === 'refused' ? (after.reasons[0]?.message ?? 'it is refused') : null
  const signatures = refusal === null ? after.signatures : before.signatures
  return { path, signatures, refusal, untimed: signed.timestampError?.message ?? null }
}

function beside(file: string): string {
  const { dir, name } = parse(file)
  return join(dir, `${name}-signed.pdf`)
}

async function readPdf(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ConfigError('AFD_SIGN_UNREADABLE', `the report ${path} cannot be read`, {
      hint: 'check its path and permissions',
      subject: path,
      cause,
    })
  })
  if (Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '%PDF-') return bytes
  throw new ConfigError('AFD_SIGN_UNREADABLE', `${path} is no PDF`, {
    hint: 'name a report that was issued: affidavit sign report.pdf --key …',
    subject: path,
  })
}

function outputError(path: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError('AFD_SIGN_OUTPUT', `${path} ${why}`, { hint: 'name another file with --output', cause })
}
