import { readFile, writeFile } from 'node:fs/promises'
import { join, parse, resolve } from 'node:path'
import { ConfigError } from '../model/errors.ts'
import { instant } from '../model/time.ts'
import { addSignature } from '../signing/add-signature.ts'
import { firstOf, rfc3161Timestamper } from '../signing/timestamp.ts'
import type { PdfVerdict } from '../signing/verdict.ts'
import { verifyPdf } from '../signing/verify-pdf.ts'
import { keyLocationOf, openSigner } from './report-key.ts'

export type SignReportOptions = {
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
  /** Certificates of authorities that vouch for those who signed before, and for times. */
  readonly trust: readonly string[]
  /** Where the signed report goes; `<name>-signed.pdf` beside the report where absent. */
  readonly output?: string | undefined
  readonly signal: AbortSignal
}

export type SignedReport = {
  readonly path: string
  /** All signatures, the new one last. */
  readonly signatures: PdfVerdict['signatures']
  /** Why there is no time stamp although one was asked for. */
  readonly untimed: string | null
}

const clock = { now: () => instant(Date.now()) }

/**
 * Adds a person's signature to a report that was issued and writes the result as a new file; the report itself stays.
 * Throws SigningError, or ConfigError where a file cannot be read, or the new one is there already.
 */
export async function signReport(options: SignReportOptions): Promise<SignedReport> {
  const { signal, reason, name, location } = options
  const pdf = await read(options.file, 'report')
  const anchors = await Promise.all(options.trust.map((path) => read(path, 'certificate')))
  const { certificates, passphrase } = options
  const request = { location: keyLocationOf(options.key), certificates, passphrase, directory: process.cwd() }
  const signer = await openSigner(request, clock, signal)
  const authorities = options.timestamp.map((url) => rfc3161Timestamper({ url, trust: anchors }))
  const signed = await addSignature(pdf, {
    signer,
    reason,
    anchors,
    signal,
    clock,
    ...(name === undefined ? {} : { name }),
    ...(location === undefined ? {} : { location }),
    ...(authorities.length === 0 ? {} : { timestamper: firstOf(authorities) }),
  })
  const path = resolve(options.output ?? beside(options.file))
  await writeFile(path, signed.pdf, { flag: 'wx' }).catch(unwritable(path))
  const { signatures } = await verifyPdf(signed.pdf, { anchors: [...anchors, ...signer.certificateChain] })
  return { path, signatures, untimed: signed.timestampError?.message ?? null }
}

function beside(file: string): string {
  const { dir, name } = parse(file)
  return join(dir, `${name}-signed.pdf`)
}

async function read(path: string, what: string): Promise<Uint8Array> {
  return await readFile(path).catch((cause: unknown) => {
    throw new ConfigError('AFD_SIGN_UNREADABLE', `the ${what} ${path} cannot be read`, {
      hint: 'check its path and permissions',
      subject: path,
      cause,
    })
  })
}

function unwritable(path: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    const why = cause.code === 'EEXIST' ? 'is there already' : 'cannot be written'
    throw new ConfigError('AFD_SIGN_OUTPUT', `${path} ${why}`, { hint: 'name another file with --output', cause })
  }
}
