import type { Instant } from '../../model/time.ts'
import { utf8 } from '../bytes.ts'
import { dateString, dict, name, type PdfObject, type PdfStream, textString } from './objects.ts'

/** What a document says about itself. */
export type PdfMetadata = {
  readonly title: string
  readonly author: string
  readonly subject: string
  readonly keywords: readonly string[]
  readonly created: Instant
  /** BCP 47: `en`, `en-GB`. */
  readonly language: string
}

type Written = PdfMetadata & {
  readonly modified: Instant
  readonly producer: string
  /** Whether the document calls itself PDF/A-3, level B (ISO 19005-3 section 6.6.4). */
  readonly archivable: boolean
}

/** The information dictionary, ISO 32000-1 section 14.3.3; it says what the XMP packet says. */
export function informationDictionary(metadata: Written): PdfObject {
  return dict({
    Title: textString(metadata.title),
    Author: textString(metadata.author),
    Subject: textString(metadata.subject),
    Keywords: textString(metadata.keywords.join(', ')),
    Creator: textString('Affidavit'),
    Producer: textString(metadata.producer),
    CreationDate: dateString(metadata.created),
    ModDate: dateString(metadata.modified),
  })
}

/** The XMP packet (ISO 16684-1) as a metadata stream; uncompressed, so that anything can read it. */
export function metadataStream(metadata: Written): PdfStream {
  const { title, author, subject, keywords, language, producer, archivable } = metadata
  const alternative = (text: string) => `<rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(text)}</rdf:li></rdf:Alt>`
  const list = (kind: 'Bag' | 'Seq', items: readonly string[]) =>
    `<rdf:${kind}>${items.map((item) => `<rdf:li>${escapeXml(item)}</rdf:li>`).join('')}</rdf:${kind}>`
  const seconds = (at: Instant) => at.replace(/\.\d+Z$/, 'Z')
  const packet = `<?xpacket begin="\u{feff}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:pdf="http://ns.adobe.com/pdf/1.3/"${archivable ? '\n    xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"' : ''}>
   <dc:format>application/pdf</dc:format>
   <dc:title>${alternative(title)}</dc:title>
   <dc:creator>${list('Seq', [author])}</dc:creator>
   <dc:description>${alternative(subject)}</dc:description>
   <dc:subject>${list('Bag', keywords)}</dc:subject>
   <dc:language>${list('Bag', [language])}</dc:language>
   <xmp:CreatorTool>Affidavit</xmp:CreatorTool>
   <xmp:CreateDate>${seconds(metadata.created)}</xmp:CreateDate>
   <xmp:ModifyDate>${seconds(metadata.modified)}</xmp:ModifyDate>
   <xmp:MetadataDate>${seconds(metadata.modified)}</xmp:MetadataDate>
   <pdf:Producer>${escapeXml(producer)}</pdf:Producer>
   <pdf:Keywords>${escapeXml(keywords.join(', '))}</pdf:Keywords>${archivable ? archive : ''}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>`
  return { kind: 'stream', dict: dict({ Type: name('Metadata'), Subtype: name('XML') }), bytes: utf8(packet) }
}

const archive = `
   <pdfaid:part>3</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>`

/** Text for XML 1.0: markup escaped, characters that XML does not have replaced. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
