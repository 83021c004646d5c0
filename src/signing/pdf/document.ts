import type { Instant } from '../../model/time.ts'
import { allFontsArchivable } from './archivable.ts'
import { markArtefacts } from './artefacts.ts'
import { type Attachment, addAttachments } from './attachments.ts'
import { mendBookmarks } from './bookmarks.ts'
import { entry, type PdfFile, pages } from './file.ts'
import { describeLinks } from './links.ts'
import { informationDictionary, metadataStream, type PdfMetadata } from './metadata.ts'
import {
  array,
  dict,
  isArray,
  isDict,
  isString,
  name,
  type PdfDict,
  PdfError,
  type PdfObject,
  type PdfRef,
  readText,
  textString,
  withEntries,
} from './objects.ts'
import { type Rectangle, signatureField } from './signature-field.ts'
import { srgbProfile } from './srgb.ts'
import { completeTags } from './tags.ts'
import type { Update } from './update.ts'

/** What a printed document still lacks. */
export type Completion = {
  readonly attachments: readonly Attachment[]
  readonly metadata: PdfMetadata
  readonly signedAt: Instant
  readonly certify: boolean
  readonly rectangle?: Rectangle
}

/**
 * Adds to a printed document its attachments, metadata, output intent, link descriptions, what its tags lack, and the
 * field of a signature. Gives the new information dictionary, which the trailer is to name. The metadata call the document
 * PDF/A-3b where its fonts are of the kind that is known to be fit for it and no character is without a glyph.
 */
export async function completeDocument(
  file: PdfFile,
  update: Update,
  completion: Completion,
  signature: PdfRef,
): Promise<PdfRef> {
  const { specifications, nameTree } = await addAttachments(update, completion.attachments)
  const field = update.reserve()
  const all = pages(file)
  const firstPage = addToPages(file, update, all, field)
  const key = completeTags(file, update, field, firstPage)
  const unplaced = signatureField(update, firstPage, signature, completion.rectangle)
  update.put(field, key === null ? unplaced : withEntries(unplaced, { StructParent: key }))
  mendBookmarks(file, update)
  const sheets = all.map(({ page }) => page)
  const texts = await markArtefacts(file, update, sheets)
  const archivable = texts.understood && !texts.missingGlyphs && allFontsArchivable(file, sheets)
  const printed = entry(file, file.trailer.entries.get('Info'), 'Producer')
  const producer = isString(printed) ? readText(printed) : 'Affidavit'
  const metadata = { ...completion.metadata, modified: completion.signedAt, producer, archivable }
  const { catalog } = file
  const form = dictOf(entry(file, catalog, 'AcroForm'))
  update.put(
    file.catalogRef,
    withEntries(catalog, {
      Version: name('1.7'),
      Lang: textString(metadata.language),
      Metadata: update.add(metadataStream(metadata)),
      ViewerPreferences: withEntries(dictOf(entry(file, catalog, 'ViewerPreferences')), { DisplayDocTitle: true }),
      OutputIntents: array(outputIntent(update)),
      Names: withEntries(dictOf(entry(file, catalog, 'Names')), { EmbeddedFiles: nameTree }),
      AF: array(...itemsOf(entry(file, catalog, 'AF')), ...specifications),
      AcroForm: withEntries(form, { Fields: array(...itemsOf(entry(file, form, 'Fields')), field), SigFlags: 3 }),
      Perms: completion.certify ? dict({ DocMDP: signature }) : undefined,
    }),
  )
  return update.add(informationDictionary(metadata))
}

/** Puts the signature's widget on the first page and descriptions on all links; gives the first page's reference. */
function addToPages(file: PdfFile, update: Update, all: ReturnType<typeof pages>, widget: PdfRef): PdfRef {
  const numbers = new Map(all.map(({ ref }, i) => [ref.number, i + 1]))
  const [first] = all
  if (!first) throw new PdfError('the document has no page')
  for (const { ref, page } of all) {
    const before = itemsOf(entry(file, page, 'Annots'))
    const described = describeLinks(file, update, page, numbers)
    const after = ref === first.ref ? [...described, widget] : described
    if (after.some((item, i) => item !== before[i])) update.put(ref, withEntries(page, { Annots: array(...after) }))
  }
  return first.ref
}

function outputIntent(update: Update): PdfObject {
  const profile = update.add({ kind: 'stream', dict: dict({ N: 3 }), bytes: srgbProfile() })
  return dict({
    Type: name('OutputIntent'),
    S: name('GTS_PDFA1'),
    OutputConditionIdentifier: textString('sRGB IEC61966-2.1'),
    Info: textString('sRGB IEC61966-2.1'),
    DestOutputProfile: profile,
  })
}

const dictOf = (value: PdfObject): PdfDict => (isDict(value) ? value : dict({}))
const itemsOf = (value: PdfObject): readonly PdfObject[] => (isArray(value) ? value.items : [])
