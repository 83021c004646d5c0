import type { Sha256 } from '../../model/digest.ts'
import { hex, sameBytes } from '../bytes.ts'
import { digest, inflate, md5 } from '../cms/primitives.ts'
import { entry, type PdfFile } from './file.ts'
import {
  isArray,
  isCount,
  isDict,
  isName,
  isStream,
  isString,
  PdfError,
  type PdfObject,
  type PdfStream,
  readText,
} from './objects.ts'

/** A file found embedded. */
export type FoundAttachment = {
  readonly name: string
  readonly mediaType: string | null
  readonly size: number
  readonly sha256: Sha256
  readonly bytes: Uint8Array
}

/** All embedded files together must not unpack to more than this. */
const mostBytes = 1 << 29
const mostNodes = 10_000

/** The embedded files of a document in the order of its name tree; throws PdfError where any is not what it says. */
export async function readAttachments(file: PdfFile): Promise<readonly FoundAttachment[]> {
  const found: FoundAttachment[] = []
  const seen = new Set<string>()
  let left = mostBytes
  for (const [key, specification] of nameTreeEntries(
    file,
    entry(file, entry(file, file.catalog, 'Names'), 'EmbeddedFiles'),
  )) {
    const title = entry(file, specification, 'UF')
    const text = isString(title) ? readText(title) : key
    if (seen.has(text)) throw new PdfError(`two attachments are called ${JSON.stringify(text)}`)
    seen.add(text)
    const stream = file.resolve(embeddedStream(file, specification))
    if (!isStream(stream)) throw new PdfError(`the attachment ${JSON.stringify(text)} has no content`)
    const bytes = await content(file, stream, text, left)
    left -= bytes.length
    checkParameters(file, stream, bytes, text)
    const type = entry(file, stream, 'Subtype')
    const mediaType = typeof type === 'object' && type?.kind === 'name' ? type.value : null
    found.push({ name: text, mediaType, size: bytes.length, sha256: hex(digest('sha256', bytes)) as Sha256, bytes })
  }
  return found
}

/** The one stream of a file specification: its keys may not lead to different contents. */
function embeddedStream(file: PdfFile, specification: PdfObject): PdfObject {
  const streams = entry(file, specification, 'EF')
  if (!isDict(streams)) return null
  const [first, ...others] = streams.entries.values()
  const target = first ?? null
  for (const other of others) {
    if (JSON.stringify(other) !== JSON.stringify(target)) throw new PdfError('an attachment has two contents')
  }
  return target
}

function* nameTreeEntries(
  file: PdfFile,
  root: PdfObject,
  seen = new Set<PdfObject>(),
): Generator<readonly [string, PdfObject]> {
  if (root === null) return
  if (!isDict(root) || seen.has(root) || seen.size > mostNodes) throw new PdfError('a faulty name tree')
  seen.add(root)
  const kids = entry(file, root, 'Kids')
  if (isArray(kids)) for (const kid of kids.items) yield* nameTreeEntries(file, file.resolve(kid), seen)
  const names = entry(file, root, 'Names')
  if (!isArray(names)) return
  for (let i = 0; i < names.items.length; i += 2) {
    const key = file.resolve(names.items[i])
    if (!isString(key)) throw new PdfError('a faulty name tree')
    yield [readText(key), file.resolve(names.items[i + 1])]
  }
}

async function content(file: PdfFile, stream: PdfStream, title: string, most: number): Promise<Uint8Array> {
  const filter = entry(file, stream, 'Filter')
  const only = isArray(filter) && filter.items.length === 1 ? file.resolve(filter.items[0]) : filter
  if (only === null) return stream.bytes
  if (!isName(only, 'FlateDecode') || entry(file, stream, 'DecodeParms') !== null) {
    throw new PdfError(`the attachment ${JSON.stringify(title)} is packed in a way that is not supported`)
  }
  try {
    return await inflate(stream.bytes, most)
  } catch {
    throw new PdfError(`the attachment ${JSON.stringify(title)} cannot be unpacked`)
  }
}

function checkParameters(file: PdfFile, stream: PdfStream, bytes: Uint8Array, title: string): void {
  const parameters = entry(file, stream, 'Params')
  const size = entry(file, parameters, 'Size')
  const checksum = entry(file, parameters, 'CheckSum')
  const computed = isString(checksum) ? md5(bytes) : undefined
  if (
    (isCount(size) && size !== bytes.length) ||
    (computed && isString(checksum) && !sameBytes(checksum.bytes, computed))
  ) {
    throw new PdfError(`the attachment ${JSON.stringify(title)} has not the size or checksum that it states`)
  }
}
