import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { Instant } from '../../model/time.ts'
import { compareBytes } from '../bytes.ts'
import { md5 } from '../cms/primitives.ts'
import {
  array,
  byteString,
  dateString,
  dict,
  name,
  type PdfObject,
  type PdfRef,
  type PdfStream,
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
        CheckSum: byteString(md5(bytes)),
        ModDate: dateString(modified),
      }),
    }),
    bytes: await deflated(bytes),
  }
}
