import { SigningError } from '../model/errors.ts'
import { type Clock, millis } from '../model/time.ts'
import { type Certificate, readCertificate } from './cms/certificate.ts'
import { DerError, readDerPrefix } from './cms/der.ts'
import { judgeLongTerm, type Stamp } from './cms/long-term.ts'
import { oids } from './cms/oids.ts'
import { buildPath, type Path, title } from './cms/path.ts'
import { digest } from './cms/primitives.ts'
import { readSignedData, type SignedData } from './cms/signed-data.ts'
import { readTimestampInfo } from './cms/timestamp-token.ts'
import { collectValidationData, type ValidationData, type ValidationSources } from './cms/validation-data.ts'
import { obtainToken, tokenBytes } from './obtain-token.ts'
import { appendTimestampField, isDocumentTimestamp } from './pdf/document-timestamp.ts'
import { addToStore, readStore, type SecurityStore, vriKey } from './pdf/dss.ts'
import { entry, openPdf, type PdfFile } from './pdf/file.ts'
import { isDict, isString, PdfError } from './pdf/objects.ts'
import { fillGap, signatureFields, signedParts } from './pdf/signature-field.ts'
import { updateOf } from './pdf/update.ts'
import type { Timestamper } from './signer.ts'

export type ExtendOptions = ValidationSources & {
  /** Certificates (DER) that complete the chains of signers and time-stamp authorities. */
  readonly known: readonly Uint8Array[]
  readonly clock: Clock
}

export type WithValidationData =
  | { readonly pdf: Uint8Array; readonly shortfall: null }
  /** Why the document stays as it was. */
  | { readonly pdf: null; readonly shortfall: string }

/**
 * Appends what a verifier will need of the chains of those signatures and timestamps in a PDF that it has no data of yet
 * (EN 319 142-1 section 5.4), which raises it from B-T to B-LT. The document must have been verified: nothing of it is
 * checked here but the standing of its certificates. Where data are missing, nothing is appended; where none are needed,
 * the document comes back as it was. Throws SigningError.
 */
export async function addValidationData(pdf: Uint8Array, options: ExtendOptions): Promise<WithValidationData> {
  const known = options.known.map(readCertificate)
  const file = readable(() => open(pdf))
  const held = readable(() => readStore(file))
  const found = await Promise.all(readable(() => chainsOf(file)).map((each) => withPaths(each, known)))
  const now = millis(options.clock.now())
  const all = await Promise.all(
    found.map(async (each, i) => {
      const documentStamps = found.slice(i + 1).flatMap(({ signer, stamp }) => (signer || !stamp ? [] : [stamp]))
      // Data of the past stay: after years nobody would answer for a certificate of then.
      if (held?.related.has(each.key)) return { ...each, documentStamps, data: null }
      return { ...each, documentStamps, data: await collectValidationData(each.paths, { ...options, now }) }
    }),
  )
  const [gap] = all.flatMap(({ data }) => data?.missing ?? [])
  if (gap) {
    return { pdf: null, shortfall: `revocation data not obtained: ${title(gap.certificate)}: ${gap.reason}` }
  }
  const related = new Map<string, SecurityStore>()
  for (const { key, signer, stamp, documentStamps, data } of all) {
    if (!data) continue
    const shortfall = signer ? await whyNot(signer, stamp, documentStamps, data, now) : null
    if (shortfall) return { pdf: null, shortfall }
    related.set(key, data)
  }
  if (related.size === 0) return { pdf, shortfall: null }
  const update = updateOf(file)
  readable(() => addToStore(file, update, related))
  return { pdf: update.write({}).bytes, shortfall: null }
}

async function whyNot(
  signer: Path,
  signatureStamp: Stamp | null,
  documentStamps: readonly Stamp[],
  data: ValidationData,
  at: number,
): Promise<string | null> {
  if (!signatureStamp && documentStamps.length === 0) return 'the signature has no timestamp'
  const question = { signer, signatureStamp, documentStamps: [], data, archived: null, at }
  const { problems, standings } = await judgeLongTerm(
    signatureStamp ? question : { ...question, signatureStamp: documentStamps[0] ?? null },
  )
  // Of a document timestamp the data stand under its own name.
  const unknown = standings.find(
    ({ status, certificate }) => status === 'unknown' && (signatureStamp || signer.certificates.includes(certificate)),
  )
  return problems[0]?.message ?? (unknown ? `the standing of ${title(unknown.certificate)} is not known` : null)
}

/**
 * Appends a document timestamp (ETSI.RFC3161) over everything that is in a PDF, which raises it from B-LT to B-LTA or
 * renews that. Throws SigningError: without a timestamp there is nothing to append.
 */
export async function addDocumentTimestamp(
  pdf: Uint8Array,
  timestamper: Timestamper,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { bytes, range } = readable(() => appendTimestampField(open(pdf), tokenBytes))
  const imprint = digest('sha256', ...signedParts(bytes, range))
  const timed = await obtainToken(imprint, timestamper, signal)
  if ('error' in timed) throw timed.error
  fillGap(bytes, range, timed.token)
  return bytes
}

function open(pdf: Uint8Array): PdfFile {
  const file = openPdf(pdf)
  if (entry(file, file.catalog, 'Perms') === null) return file
  throw new SigningError('AFD_PDF_CERTIFIED', 'the report is certified: nothing may be added to it', {
    hint: 'Have it issued without a certification.',
  })
}

type Chains = { readonly key: string; readonly data: SignedData; readonly token: SignedData | null }

/** The CMS of every filled signature field; a document timestamp's is a token itself. */
function chainsOf(file: PdfFile): readonly Chains[] {
  return signatureFields(file).flatMap((field) => {
    const value = file.resolve(field.entries.get('V'))
    const contents = isDict(value) ? value.entries.get('Contents') : undefined
    if (!isDict(value) || !isString(contents)) return []
    const data = readSignedData(contents.bytes.subarray(0, readDerPrefix(contents.bytes).end))
    if (isDocumentTimestamp(file, value)) return [{ key: vriKey(contents.bytes), data, token: data }]
    const token = data.unsigned.get(oids.signatureTimeStampToken)
    return [{ key: vriKey(contents.bytes), data, token: token ? readSignedData(token.bytes) : null }]
  })
}

async function withPaths({ key, data, token }: Chains, known: readonly Certificate[]) {
  const pathOf = (signed: SignedData) => buildPath(signed.signer, [...signed.certificates, ...known], [])
  const stampPath = token && (await pathOf(token))
  const signer = data === token ? null : await pathOf(data)
  const stamp = token?.content && stampPath ? { time: readTimestampInfo(token.content).time, path: stampPath } : null
  return { key, signer, stamp, paths: [...(signer ? [signer] : []), ...(stampPath ? [stampPath] : [])] }
}

function readable<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof PdfError || error instanceof DerError)) throw error
    throw new SigningError('AFD_PDF_UNREADABLE', `the PDF cannot be extended: ${error.message}`, {
      hint: 'Verify it first: affidavit verify.',
      cause: error,
    })
  }
}
