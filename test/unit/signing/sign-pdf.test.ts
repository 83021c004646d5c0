import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { SigningError } from '../../../src/model/errors.ts'
import { instant } from '../../../src/model/time.ts'
import { makeLocalIdentity } from '../../../src/signing/keys/identity.ts'
import { entry, openPdf, type PdfFile, pages } from '../../../src/signing/pdf/file.ts'
import { isArray, isDict, isStream, isString, type PdfObject, readText } from '../../../src/signing/pdf/objects.ts'
import {
  attachment,
  chromiumPdf,
  handmadePdf,
  identityOf,
  sign,
  signerOf,
  signingTime,
  tinyPdf,
} from '../../helpers/signing.ts'

const original = chromiumPdf()
const { pdf } = await sign(original, {
  attachments: [attachment('evidence.json', '{"a":1}'), { ...attachment('b.txt', 'x'), relationship: 'Source' }],
  rectangle: [50, 60, 250.5, 120],
})
const file = openPdf(pdf)
const before = openPdf(original)

function at(root: PdfObject, ...keys: readonly (string | number)[]): PdfObject {
  return keys.reduce<PdfObject>((value, key) => {
    if (typeof key === 'string') return entry(file, value, key)
    const list = file.resolve(value)
    return isArray(list) ? file.resolve(list.items[key]) : null
  }, root)
}
const text = (value: PdfObject): string | null => (isString(value) ? readText(value) : null)
const nameOf = (value: PdfObject): string | null =>
  typeof value === 'object' && value?.kind === 'name' ? value.value : null
const count = (value: PdfObject): number => (isArray(value) ? value.items.length : 0)

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (error: unknown) => (error instanceof SigningError ? error.code : String(error)),
  )
}

describe('a signed document', () => {
  test('begins with the printed one, byte for byte', () => {
    expect(Buffer.from(pdf.subarray(0, original.length)).equals(original)).toBe(true)
    expect(file.sections).toHaveLength(2)
  })

  test('keeps its tags, outline, destinations and pages', () => {
    for (const key of ['StructTreeRoot', 'Outlines', 'Dests', 'MarkInfo', 'Pages']) {
      expect(file.catalog.entries.get(key)).toEqual(before.catalog.entries.get(key))
    }
    const contents = (of: PdfFile) => pages(of).map(({ page }) => page.entries.get('Contents'))
    expect(contents(file)).toEqual(contents(before))
  })

  test('has the signature field on its first page and in its form', () => {
    const field = at(file.catalog, 'AcroForm', 'Fields', 0)
    expect(at(file.catalog, 'AcroForm', 'SigFlags')).toBe(3)
    expect(nameOf(at(field, 'FT'))).toBe('Sig')
    expect(at(field, 'P')).toBe(pages(file)[0]?.page)
    const annotations = at(pages(file)[0]?.page ?? null, 'Annots')
    expect(count(annotations)).toBe(3)
    expect(at(annotations, 2)).toBe(field)
    expect(isArray(at(field, 'Rect')) && at(field, 'Rect')).toMatchObject({ items: [50, 60, 250.5, 120] })
    expect(isStream(at(field, 'AP', 'N'))).toBe(true)
  })

  test('says who signed it, when and why, whatever the letters', () => {
    const signature = at(file.catalog, 'AcroForm', 'Fields', 0, 'V')
    expect(nameOf(at(signature, 'SubFilter'))).toBe('ETSI.CAdES.detached')
    expect(text(at(signature, 'M'))).toBe('D:20260909020000Z')
    expect(text(at(signature, 'Reason'))).toBe('Issued (as is) \\ with brackets) and Ümlaut')
    expect(text(at(signature, 'Location'))).toBe('Zürich')
    expect(text(at(signature, 'Name'))).toBe('Example (Größe) AG report signing')
    expect(isDict(signature) && signature.entries.has('ContactInfo')).toBe(false)
    expect(at(file.catalog, 'Perms')).toBe(null)
  })

  test('leaves the signing time out of what is signed', () => {
    // 1.2.840.113549.1.9.5 in DER; EN 319 142-1 section 6.3 forbids it.
    expect(Buffer.from(pdf).includes('2A864886F70D010905')).toBe(false)
  })

  test('says the same in its information dictionary and in XMP', () => {
    const info = file.resolve(file.trailer.entries.get('Info'))
    expect(text(at(info, 'Title'))).toBe('Evidence (Q3) – Größe')
    expect(text(at(info, 'Author'))).toBe('Example AG')
    expect(text(at(info, 'ModDate'))).toBe('D:20260909020000Z')
    expect(text(at(info, 'Producer'))).toBe('Skia/PDF m153')
    const metadata = at(file.catalog, 'Metadata')
    const xmp = isStream(metadata) ? Buffer.from(metadata.bytes).toString() : ''
    expect(xmp).toContain('<rdf:li xml:lang="x-default">Evidence (Q3) – Größe</rdf:li>')
    expect(xmp).toContain('<xmp:ModifyDate>2026-09-09T02:00:00Z</xmp:ModifyDate>')
    expect(xmp).toContain('<pdf:Producer>Skia/PDF m153</pdf:Producer>')
    expect(xmp).toContain('<pdfaid:part>3</pdfaid:part>')
  })

  test('has version, language, title display, identifiers and an sRGB output intent', () => {
    expect(nameOf(at(file.catalog, 'Version'))).toBe('1.7')
    expect(text(at(file.catalog, 'Lang'))).toBe('en-GB')
    expect(at(file.catalog, 'ViewerPreferences', 'DisplayDocTitle')).toBe(true)
    expect(count(file.trailer.entries.get('ID') ?? null)).toBe(2)
    const profile = at(file.catalog, 'OutputIntents', 0, 'DestOutputProfile')
    const bytes = isStream(profile) ? Buffer.from(profile.bytes) : Buffer.alloc(0)
    expect(bytes.readUInt32BE(0)).toBe(bytes.length)
    expect(bytes.toString('latin1', 36, 40)).toBe('acsp')
  })

  test('describes its links', () => {
    const annotations = at(pages(file)[0]?.page ?? null, 'Annots')
    expect(text(at(annotations, 0, 'Contents'))).toBe('Page 2')
    expect(text(at(annotations, 1, 'Contents'))).toBe('https://example.com/a?b=(c)')
    expect(at(annotations, 1, 'StructParent')).toBe(2)
  })

  test('holds its attachments where readers look for them', () => {
    expect(count(at(file.catalog, 'AF'))).toBe(2)
    const names = at(file.catalog, 'Names', 'EmbeddedFiles', 'Names')
    expect([text(at(names, 0)), text(at(names, 2))]).toEqual(['b.txt', 'evidence.json'])
    const specification = at(names, 3)
    expect(at(file.catalog, 'AF', 0)).toBe(specification)
    expect(nameOf(at(specification, 'AFRelationship'))).toBe('Data')
    expect(nameOf(at(names, 1, 'AFRelationship'))).toBe('Source')
    const stream = at(specification, 'EF', 'F')
    expect(isStream(stream) && inflateSync(stream.bytes).toString()).toBe('{"a":1}')
    expect(nameOf(at(stream, 'Subtype'))).toBe('application/json')
    expect(at(stream, 'Params', 'Size')).toBe(7)
    expect(text(at(stream, 'Params', 'ModDate'))).toBe('D:20260909020000Z')
  })
})

test('a certified document forbids changes', async () => {
  const certified = openPdf((await sign(chromiumPdf(), { certify: true })).pdf)
  const reference = certified.resolve(entry(certified, entry(certified, certified.catalog, 'Perms'), 'DocMDP'))
  const list = entry(certified, reference, 'Reference')
  const parameters = isArray(list) ? entry(certified, list.items[0] ?? null, 'TransformParams') : null
  expect(entry(certified, parameters, 'P')).toBe(1)
})

describe('it cannot be signed', () => {
  test('what is no PDF, or one of a kind that is not supported', async () => {
    expect(await codeOf(sign(Buffer.from('hello')))).toBe('AFD_PDF_UNREADABLE')
    const encrypted = handmadePdf(['<</Pages 2 0 R>>', '<</Kids []>>'], { trailer: '/Encrypt 2 0 R' })
    expect(await codeOf(sign(encrypted))).toBe('AFD_PDF_UNREADABLE')
  })

  test('a document without a page', async () => {
    expect(await codeOf(sign(handmadePdf(['<</Pages 2 0 R>>', '<</Kids []>>'])))).toBe('AFD_PDF_UNREADABLE')
  })

  test('a document that is signed already', async () => {
    expect(await codeOf(sign(pdf))).toBe('AFD_PDF_SIGNED')
  })

  test.each(['', 'a/b', 'a\\b', 'a\nb', 'twice'])('a document with an attachment called %j', async (name) => {
    const attachments = [attachment('twice', '1'), attachment(name, '2')]
    expect(await codeOf(sign(tinyPdf(), { attachments }))).toBe('AFD_PDF_ATTACHMENTS')
  })

  test('with a certificate that has expired', async () => {
    const signer = await signerOf(identityOf('p256'))
    const clock = { now: () => instant('2029-06-01T00:00:00Z') }
    expect(await codeOf(sign(tinyPdf(), { signer, clock }))).toBe('AFD_CERTIFICATE_VALIDITY')
  })

  test("with another key than the certificate's", async () => {
    const { sign: foreign } = await signerOf(makeLocalIdentity({ organisation: 'Example', from: signingTime }))
    const signer = { ...(await signerOf(identityOf('p256'))), sign: foreign }
    expect(await codeOf(sign(tinyPdf(), { signer }))).toBe('AFD_KEY_CERTIFICATE')
  })

  test('once the caller gives up', async () => {
    const signal = AbortSignal.abort()
    expect(await codeOf(sign(tinyPdf(), { signal }))).toContain('AbortError')
  })
})

test('signing twice at the same moment differs in nothing but the signature', async () => {
  const first = await sign(tinyPdf(), { keyType: 'rsa3072' })
  const second = await sign(tinyPdf(), { keyType: 'rsa3072' })
  expect(Buffer.from(first.pdf).equals(second.pdf)).toBe(true)
  expect(first.signedAt).toBe(signingTime)
})
