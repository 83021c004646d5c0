import { SigningError } from '../model/errors.ts'
import { type Clock, millis } from '../model/time.ts'
import { type Certificate, readCertificate } from './cms/certificate.ts'
import { DerError, readDerPrefix } from './cms/der.ts'
import { judgeLongTerm, type Stamp } from './cms/long-term.ts'
import { oids } from './cms/oids.ts'
import { buildPath, type Path, title } from './cms/path.ts'
import { digest } from './cms/primitives.ts'
import { readSignedData, type SignedData } from './cms/signed-data.ts'
import { canonicalToken, readTimestampInfo, verifyToken } from './cms/timestamp-token.ts'
import { type AskRevocation, collectValidationData, type ValidationData } from './cms/validation-data.ts'
import { appendTimestampField, isDocumentTimestamp } from './pdf/document-timestamp.ts'
import { addToStore, type SecurityStore, vriKey } from './pdf/dss.ts'
import { openPdf, type PdfFile } from './pdf/file.ts'
import { isDict, isString, PdfError } from './pdf/objects.ts'
import { fillGap, signatureFields, signedParts } from './pdf/signature-field.ts'
import { updateOf } from './pdf/update.ts'
import type { Timestamper } from './signer.ts'

export type ExtendOptions = {
  readonly ask: AskRevocation
  /** Certificates (DER) that complete the chains of signers and time-stamp authorities. */
  readonly known: readonly Uint8Array[]
  readonly clock: Clock
  readonly signal: AbortSignal
}

export type WithValidationData =
  | { readonly pdf: Uint8Array; readonly shortfall: null }
  /** Why the document stays as it was. */
  | { readonly pdf: null; readonly shortfall: string }

/** Room for a document timestamp's token in its canonical form. */
const tokenBytes = 16_384

/**
 * Appends what a verifier will need of the chains of all signatures and timestamps in a PDF (EN 319 142-1 section 5.4),
 * which raises it from B-T to B-LT. The document must have been verified: nothing of it is checked here but the standing
 * of its certificates. Where data are missing, nothing is appended. Throws SigningError.
 */
export async function addValidationData(pdf: Uint8Array, options: ExtendOptions): Promise<WithValidationData> {
  const known = options.known.map(readCertificate)
  const file = readable(() => openPdf(pdf))
  const found = await Promise.all(readable(() => chainsOf(file)).map((each) => withPaths(each, known)))
  const now = millis(options.clock.now())
  const related = new Map<string, SecurityStore>()
  const all = await Promise.all(
    found.map(async ({ key, paths, ...rest }) => {
      const data = await collectValidationData(paths, { ask: options.ask, now, signal: options.signal })
      related.set(key, data)
      return { ...rest, data }
    }),
  )
  const gaps = all.flatMap(({ data }) => data.missing)
  const [gap] = gaps
  if (gap) {
    return { pdf: null, shortfall: `revocation data not obtained: ${title(gap.certificate)}: ${gap.reason}` }
  }
  for (const { signer, stamp, data } of all) {
    const shortfall = await whyNot(signer, stamp, data, now)
    if (shortfall) return { pdf: null, shortfall }
  }
  const update = updateOf(file)
  readable(() => addToStore(file, update, related))
  return { pdf: update.write({}).bytes, shortfall: null }
}

async function whyNot(signer: Path | null, stamp: Stamp | null, data: ValidationData, at: number) {
  if (!signer) return null
  if (!stamp) return 'the signature has no timestamp'
  const { problems, standings } = await judgeLongTerm({ signer, signatureStamp: stamp, documentStamps: [], data, at })
  const unknown = standings.find(({ status }) => status === 'unknown')
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
  const { bytes, range } = readable(() => appendTimestampField(openPdf(pdf), tokenBytes))
  const imprint = digest('sha256', ...signedParts(bytes, range))
  const received = await verifyToken(await timestamper.timestamp(imprint, signal), imprint, [])
  const token = await canonicalToken(received, (timestamper.anchors ?? []).map(readCertificate))
  if (token.length > tokenBytes) {
    throw new SigningError('AFD_TIMESTAMP_SIZE', `the token of ${timestamper.title} is too large`)
  }
  fillGap(bytes, range, token)
  return bytes
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
