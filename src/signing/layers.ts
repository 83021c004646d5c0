import type { Certificate } from './cms/certificate.ts'
import type { RevocationData } from './cms/revocation-status.ts'
import type { TimestampToken } from './cms/timestamp-token.ts'
import { type VerifiedSignature, verifyDetached, verifyDocumentStamp } from './cms/verify.ts'
import { checkValidationData, type Subject } from './cms/verify-validation-data.ts'
import { type FoundStore, readStore, vriKey } from './pdf/dss.ts'
import { explainBytes } from './pdf/explained.ts'
import { entry, type PdfFile } from './pdf/file.ts'
import { previousRevision, readLaterData } from './pdf/later-data.ts'
import { checkAddition } from './pdf/later-revision.ts'
import { signedParts } from './pdf/signature-field.ts'
import { checkAlone, type FoundSignature, findSignature } from './pdf/signed-revision.ts'
import { Refusal } from './refusal.ts'

/** What one update of a signed document is, verified; it ends after so many bytes from the beginning. */
export type Layer = { readonly bytes: number } & (
  | { readonly kind: 'signature'; readonly found: FoundSignature; readonly signature: VerifiedSignature }
  | { readonly kind: 'validation-data'; readonly store: FoundStore }
  | {
      readonly kind: 'document-timestamp'
      readonly token: TimestampToken
      readonly room: Uint8Array
      /** The validation data that it covers. */
      readonly covered: FoundStore | null
    }
)

export type Trust = {
  readonly anchors: readonly Certificate[]
  readonly timestampAnchors: readonly Certificate[]
  /** What is at hand beside the document's own. */
  readonly revocation: RevocationData
  /** Milliseconds since 1970. */
  readonly at: number
}

/**
 * Takes a signed document apart, newest update first, and verifies each by itself and for what it may add to those
 * below; gives them oldest first. Throws Refusal or PdfError.
 */
export async function readLayers(file: PdfFile, trust: Trust): Promise<readonly Layer[]> {
  const layers = await readDown(file, trust)
  for (const [i, layer] of layers.entries()) {
    if (layer.kind !== 'validation-data') continue
    const below = layers.slice(0, i)
    const before = below.findLast(({ kind }) => kind === 'validation-data')
    await checkValidationData(
      layer.store,
      before?.kind === 'validation-data' ? before.store : null,
      below.flatMap(subjectsOf),
      [...trust.anchors, ...trust.timestampAnchors],
    )
  }
  return layers
}

async function readDown(file: PdfFile, trust: Trust): Promise<readonly Layer[]> {
  const bytes = file.bytes.length
  const later = readLaterData(file)
  if (!later) return await readSignature(file, trust)
  const { before } = later
  if (entry(before, before.catalog, 'Perms') !== null) {
    throw new Refusal('modified-after-signing', 'Something was added although the document is certified.')
  }
  if (later.kind === 'validation-data') {
    return [...(await readDown(before, trust)), { kind: 'validation-data', bytes, store: later.store }]
  }
  const { room, range } = later
  const token = await verifyDocumentStamp(room, signedParts(file.bytes, range), trust.timestampAnchors)
  // What is below was there by then: an untimed signer's certificates need to be valid at that moment only.
  const below = await readDown(before, { ...trust, at: token.info.time })
  return [...below, { kind: 'document-timestamp', bytes, token, room, covered: readStore(before) }]
}

async function readSignature(file: PdfFile, trust: Trust): Promise<readonly Layer[]> {
  const found = findSignature(file)
  const signature = await verifyDetached(found.room, signedParts(file.bytes, found.range), trust)
  // Only now, since a file that nobody signed could make these take long.
  explainBytes(file)
  checkAlone(file, found.all)
  const own: Layer = { kind: 'signature', bytes: file.bytes.length, found, signature }
  if (found.all.length === 1) return [own]
  const before = previousRevision(file)
  const below = await readDown(before, trust)
  checkAddition(before, file, found.number, below.filter(({ kind }) => kind === 'signature').length + 1)
  return [...below, own]
}

/** A layer's chains as validation data are to explain them. */
function subjectsOf(layer: Layer): readonly Subject[] {
  switch (layer.kind) {
    case 'signature': {
      const { path, token } = layer.signature
      return [{ key: vriKey(layer.found.room), paths: [path, ...(token ? [token.path] : [])] }]
    }
    case 'document-timestamp':
      return [{ key: vriKey(layer.room), paths: [layer.token.path] }]
    case 'validation-data':
      return []
    default:
      return layer satisfies never
  }
}
