import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type StoreVerification, verifyStore } from '../ledger/verify.ts'
import { ConfigError } from '../model/errors.ts'
import { type PdfVerdict, verifyPdf } from '../signing/verify-pdf.ts'
import { type Check, checkEvidence } from './check-evidence.ts'
import { openLedgerKey } from './keys.ts'
import type { Project } from './project.ts'

export type ReportVerification = Pick<PdfVerdict, 'verdict' | 'signer' | 'level' | 'timestamp'> & {
  readonly checks: readonly Check[]
  /** What the signer's own clock said. */
  readonly claimedAt: string | null
  /** What follows, in words for somebody who knows no cryptography. */
  readonly conclusion: string
}

export type StoreVerificationResult = StoreVerification & { readonly path: string }

/** Recomputes everything in the configuration's store, with the checkpoints under the configuration's key. */
export async function verifyTheStore(project: Project, signal: AbortSignal): Promise<StoreVerificationResult> {
  const path = resolve(project.directory, project.config.store.path)
  const { publicKey } = await openLedgerKey(project)
  return { ...(await verifyStore({ path, publicKey, signal })), path }
}

/**
 * Judges a report file: the PDF and its signature, then the evidence inside against the report's own index and the
 * ledger's checkpoint. Anchors are the given certificates, or those of a configuration. Throws ConfigError where a file
 * cannot be read; whatever the report holds, the answer is a verdict.
 */
export async function verifyReport(
  file: string,
  options: { readonly trust: readonly string[]; readonly project: Project | null },
): Promise<ReportVerification> {
  const pdf = await readFile(file).catch(unreadable(file, 'report'))
  const { anchors, timestampAnchors } = await readAnchors(options)
  const verdict = await verifyPdf(pdf, { anchors, timestampAnchors })
  const evidence = verdict.verdict === 'refused' ? [] : checkEvidence(verdict.attachments)
  const checks = [...signatureChecks(verdict), ...evidence]
  const contradicted = evidence.some(({ holds }) => holds === false)
  const final = contradicted ? 'refused' : verdict.verdict
  return {
    verdict: final,
    checks,
    signer: verdict.signer,
    level: verdict.level,
    timestamp: verdict.timestamp,
    claimedAt: verdict.signedAt,
    conclusion: conclusionOf(final, verdict, contradicted),
  }
}

type Anchors = { readonly anchors: readonly Uint8Array[]; readonly timestampAnchors: readonly Uint8Array[] }

/** The given files for both; otherwise what the configuration trusts for signers and for times. */
async function readAnchors(options: {
  readonly trust: readonly string[]
  readonly project: Project | null
}): Promise<Anchors> {
  const read = (paths: readonly string[]) =>
    Promise.all(paths.map((path) => readFile(path).catch(unreadable(path, 'certificate'))))
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

function signatureChecks(verdict: PdfVerdict): readonly Check[] {
  if (verdict.verdict === 'refused') return verdict.reasons.map(({ message }) => ({ holds: false, sentence: message }))
  const open = new Map(verdict.reasons.map(({ code, message }) => [code, message]))
  const [noAnchor, noTime] = [open.get('no-anchor'), open.get('timestamp-not-trusted')]
  return [
    { holds: true, sentence: 'Every byte of the file is covered by the signature or is the signature itself.' },
    { holds: true, sentence: 'The signature is the named certificate’s over exactly these bytes.' },
    noAnchor === undefined
      ? {
          holds: true,
          sentence: 'The certificate leads to an authority that you trust, and was valid at the time of signing.',
        }
      : { holds: null, sentence: noAnchor },
    timeCheck(verdict, noTime),
  ]
}

function timeCheck({ timestamp }: PdfVerdict, distrust: string | undefined): Check {
  if (!timestamp) {
    return { holds: null, sentence: 'There is no time stamp: the time of signing is the signer’s own word.' }
  }
  if (distrust !== undefined) return { holds: null, sentence: distrust }
  return {
    holds: true,
    sentence: `A time-stamping authority that you trust states that it existed at ${timestamp.time}.`,
  }
}

function conclusionOf(verdict: PdfVerdict['verdict'], { signer }: PdfVerdict, contradicted: boolean): string {
  switch (verdict) {
    case 'accepted':
      return `This report is exactly what ${signer?.subject ?? 'the signer'} signed. It proves that nothing was altered since, not that what was collected is true.`
    case 'intact-signer-unproven':
      return 'Nothing in this report was altered since it was signed, but nobody you named vouches for what stands open above. Compare the certificate’s SHA-256 with the one the organisation gave you by another way, or name its authority with --trust.'
    case 'refused':
      return contradicted
        ? 'Do not rely on this report: the evidence inside it contradicts itself.'
        : 'Do not rely on this report: it is not what was signed.'
    default:
      return verdict satisfies never
  }
}

function unreadable(path: string, what: string): (cause: unknown) => never {
  return (cause) => {
    throw new ConfigError('AFD_VERIFY_UNREADABLE', `the ${what} ${path} cannot be read`, {
      hint: 'check its path and permissions',
      subject: path,
      cause,
    })
  }
}
