import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflate, inflateSync } from 'node:zlib'
import { type Sha256, sha256 } from '../../model/digest.ts'
import type { Instant } from '../../model/time.ts'
import { compareBytes, sameBytes } from '../bytes.ts'
import { entry, type PdfFile } from './file.ts'
import {
  array,
  byteString,
  dateString,
  dict,
  isArray,
  isCount,
  isDict,
  isName,
  isStream,
  isString,
  name,
  PdfError,
  type PdfObject,
  type PdfRef,
  type PdfStream,
  readText,
  textString,
} from './objects.ts'
import type { Update } from './update.ts'

/** How an attached file stands to the document, ISO 32000-2 section 7.11.3. */
export const relationships = ['Source', 'Data', 'Alternative', 'Supplement', 'Unspecified'] as const
export type Relationship = (typeof relationships)[number]

/** A file to be embedded. */
export type Attachment = {
  readonly name: string
  readonly mediaType: string
  readonly description: string
  readonly relationship: Relationship
  readonly bytes: Uint8Array
  readonly modified: Instant
}

/** A file found embedded. */
export type FoundAttachment = {
  readonly name: string
  readonly mediaType: string | null
  readonly size: number
  readonly sha256: Sha256
  readonly bytes: Uint8Array
}

/** Adds embedded files and gives their file specifications, and a name tree of them, ISO 32000-1 section 7.11.4. */
export async function addAttachments(
  update: Update,
  attachments: readonly Attachment[],
): Promise<{ readonly specifications: readonly PdfRef[]; readonly nameTree: PdfRef }> {
  const named: { key: PdfObject & { bytes: Uint8Array }; specification: PdfRef }[] = []
  for (const attachment of attachments) {
    const file = update.add(await embeddedFile(attachment))
    const key = textString(attachment.name)
    const specification = update.add(
      dict({
        Type: name('Filespec'),
        F: textString(attachment.name),
        UF: textString(attachment.name),
        Desc: textString(attachment.description),
        AFRelationship: name(attachment.relationship),
        EF: dict({ F: file, UF: file }),
      }),
    )
    named.push({ key, specification })
  }
  const sorted = named.toSorted((a, b) => compareBytes(a.key.bytes, b.key.bytes))
  const nameTree = update.add(
    dict({ Names: array(...sorted.flatMap(({ key, specification }) => [key, specification])) }),
  )
  return { specifications: named.map(({ specification }) => specification), nameTree }
}

const deflated = promisify(deflate)

async function embeddedFile({ bytes, mediaType, modified }: Attachment): Promise<PdfStream> {
  return {
    kind: 'stream',
    dict: dict({
      Type: name('EmbeddedFile'),
      Subtype: name(mediaType),
      Filter: name('FlateDecode'),
      Params: dict({
        Size: bytes.length,
        // The format asks for MD5 here; nothing relies on it.
        CheckSum: byteString(createHash('md5').update(bytes).digest()),
        ModDate: dateString(modified),
      }),
    }),
    bytes: await deflated(bytes),
  }
}

/** All embedded files together must not unpack to more than this. */
const mostBytes = 1 << 29
const mostNodes = 10_000

/** The embedded files of a document in the order of its name tree; throws PdfError where any is not what it says. */
export function readAttachments(file: PdfFile): readonly FoundAttachment[] {
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
    const bytes = content(file, stream, text, left)
    left -= bytes.length
    checkParameters(file, stream, bytes, text)
    const type = entry(file, stream, 'Subtype')
    const mediaType = typeof type === 'object' && type?.kind === 'name' ? type.value : null
    found.push({ name: text, mediaType, size: bytes.length, sha256: sha256(bytes), bytes })
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

function content(file: PdfFile, stream: PdfStream, title: string, most: number): Uint8Array {
  const filter = entry(file, stream, 'Filter')
  const only = isArray(filter) && filter.items.length === 1 ? file.resolve(filter.items[0]) : filter
  if (only === null) return stream.bytes
  if (!isName(only, 'FlateDecode') || entry(file, stream, 'DecodeParms') !== null) {
    throw new PdfError(`the attachment ${JSON.stringify(title)} is packed in a way that is not supported`)
  }
  try {
    return new Uint8Array(inflateSync(stream.bytes, { maxOutputLength: Math.max(1, most) }))
  } catch {
    throw new PdfError(`the attachment ${JSON.stringify(title)} cannot be unpacked`)
  }
}

function checkParameters(file: PdfFile, stream: PdfStream, bytes: Uint8Array, title: string): void {
  const parameters = entry(file, stream, 'Params')
  const size = entry(file, parameters, 'Size')
  const checksum = entry(file, parameters, 'CheckSum')
  const md5 = isString(checksum) ? createHash('md5').update(bytes).digest() : undefined
  if ((isCount(size) && size !== bytes.length) || (md5 && isString(checksum) && !sameBytes(checksum.bytes, md5))) {
    throw new PdfError(`the attachment ${JSON.stringify(title)} has not the size or checksum that it states`)
  }
}
