import { concat, latin1 } from '../../../../src/signing/bytes.ts'
import { entry, openPdf, type PdfFile, pages } from '../../../../src/signing/pdf/file.ts'
import {
  array,
  byteString,
  dict,
  isArray,
  isDict,
  isName,
  isRef,
  isStream,
  name,
  type PdfDict,
  type PdfObject,
  type PdfRef,
  ref,
  textString,
  withEntries,
} from '../../../../src/signing/pdf/objects.ts'
import { type Update, updateOf } from '../../../../src/signing/pdf/update.ts'
import { replaced } from '../../../helpers/signing.ts'

type Damage = {
  readonly rule: string
  readonly what: string
  readonly damage: (good: Uint8Array) => Uint8Array
}
type Entries = { readonly [key: string]: PdfObject | undefined }

/** Appends a revision in which something is wrong. */
function changed(change: (file: PdfFile, update: Update) => void): Damage['damage'] {
  return (good) => {
    const file = openPdf(good)
    const update = updateOf(file)
    change(file, update)
    return update.write({}).bytes
  }
}

const without = (base: PdfDict, ...keys: string[]): PdfDict => ({
  kind: 'dict',
  entries: new Map([...base.entries].filter(([key]) => !keys.includes(key))),
})

const inCatalog = (entries: Entries) =>
  changed((file, update) => update.put(file.catalogRef, withEntries(file.catalog, entries)))
const notInCatalog = (key: string) => changed((file, update) => update.put(file.catalogRef, without(file.catalog, key)))

const firstPage = (file: PdfFile) => {
  const [first] = pages(file)
  if (!first) throw new Error('no page')
  return first
}
const inPage = (entries: Entries) =>
  changed((file, update) => {
    const { ref: at, page } = firstPage(file)
    update.put(at, withEntries(page, entries))
  })

/** The first page paints this and nothing else, with more resources. */
const painting = (content: string, resources: Entries = {}) =>
  changed((file, update) => {
    const { ref: at, page } = firstPage(file)
    const contents = update.add({ kind: 'stream', dict: dict({}), bytes: latin1(content) })
    const own = entry(file, page, 'Resources')
    const all = withEntries(isDict(own) ? own : dict({}), resources)
    update.put(at, withEntries(page, { Contents: contents, Resources: all }))
  })

/** Changes the first object that is a dictionary or stream of the kind. */
function dictOfKind(file: PdfFile, is: (value: PdfDict) => boolean): { at: PdfRef; value: PdfObject; of: PdfDict } {
  for (const number of file.numbers) {
    const value = file.load(number)
    const of = isStream(value) ? value.dict : value
    if (isDict(of) && is(of)) return { at: ref(number), value, of }
  }
  throw new Error('nothing of the kind')
}
const inFirst = (is: (value: PdfDict) => boolean, entries: Entries) =>
  changed((file, update) => {
    const { at, value, of } = dictOfKind(file, is)
    update.put(at, isStream(value) ? { ...value, dict: withEntries(of, entries) } : withEntries(of, entries))
  })
const notInFirst = (is: (value: PdfDict) => boolean, ...keys: string[]) =>
  changed((file, update) => {
    const { at, value, of } = dictOfKind(file, is)
    update.put(at, isStream(value) ? { ...value, dict: without(of, ...keys) } : without(of, ...keys))
  })

const typed = (type: string) => (value: PdfDict) => isName(value.entries.get('Type'), type)
const subtyped = (type: string) => (value: PdfDict) => isName(value.entries.get('Subtype'), type)
const element = (type: string) => (value: PdfDict) => typed('StructElem')(value) && isName(value.entries.get('S'), type)
const stream = (entries: Entries, bytes: Uint8Array = new Uint8Array()): PdfObject => ({
  kind: 'stream',
  dict: dict(entries),
  bytes,
})

/** An annotation more on the first page. */
const annotated = (entries: Entries) =>
  changed((file, update) => {
    const { ref: at, page } = firstPage(file)
    const list = entry(file, page, 'Annots')
    const more = update.add(dict({ Type: name('Annot'), Rect: array(9, 9, 20, 20), F: 4, ...entries }))
    update.put(at, withEntries(page, { Annots: array(...(isArray(list) ? list.items : []), more) }))
  })

/** Structure elements more at the end of the document, from the outside in. */
const tagged = (...types: readonly (readonly [string, Entries?])[]) =>
  changed((file, update) => {
    const { at, of } = dictOfKind(file, element('Document'))
    const refs = types.map(() => update.reserve())
    for (const [i, [type, more = {}]] of types.entries()) {
      const own = refs[i]
      if (own) {
        update.put(
          own,
          dict({ Type: name('StructElem'), S: name(type), P: refs[i - 1] ?? at, K: refs[i + 1] ?? array(), ...more }),
        )
      }
    }
    const kids = of.entries.get('K')
    const all = isArray(file.resolve(kids))
      ? (file.resolve(kids) as { items: readonly PdfObject[] }).items
      : [kids ?? null]
    update.put(at, withEntries(of, { K: array(...all, refs[0] ?? null) }))
  })

const xmp = (from: RegExp | string, to: string) =>
  changed((file, update) => {
    const at = file.catalog.entries.get('Metadata')
    const metadata = file.resolve(at)
    if (!isRef(at) || !isStream(metadata)) throw new Error('no metadata')
    const text = Buffer.from(metadata.bytes).toString('utf8')
    const other = text.replace(from, to)
    if (other === text) throw new Error('nothing to replace')
    update.put(at, { ...metadata, bytes: Buffer.from(other) })
  })

const inRoot = (entries: Entries) =>
  changed((file, update) => {
    const at = file.catalog.entries.get('StructTreeRoot')
    const root = file.resolve(at)
    if (isRef(at) && isDict(root)) update.put(at, withEntries(root, entries))
  })

/** Writes over the end of the file: another trailer, or what follows it. */
const endingWith = (text: string) => (good: Uint8Array) => concat(good, latin1(text))
const retold = (from: string, to: string) => (good: Uint8Array) => replaced(good, from, to.padEnd(from.length))
const icc = (components: number) => (file: PdfFile, update: Update) => {
  const { ref: at, page } = firstPage(file)
  const [intent] = [file.resolve(file.catalog.entries.get('OutputIntents'))]
  const profile = isArray(intent) ? entry(file, intent.items[0], 'DestOutputProfile') : null
  if (!isStream(profile)) throw new Error('no profile')
  const wrong = update.add({ ...profile, dict: withEntries(profile.dict, { N: components }) })
  const spaces = dict({ C: array(name('ICCBased'), wrong) })
  update.put(at, withEntries(page, { Resources: dict({ ColorSpace: spaces }) }))
}
const inState = (entries: Entries) => painting('/G gs', { ExtGState: dict({ G: dict(entries) }) })

/** The first page shows codes in its first font. */
const showing = (codes: string): Damage['damage'] => {
  return (good) => {
    const file = openPdf(good)
    const fonts = entry(file, entry(file, firstPage(file).page, 'Resources'), 'Font')
    const [font] = isDict(fonts) ? fonts.entries.keys() : []
    return painting(`/Artifact BMC BT /${font} 9 Tf <${codes}> Tj ET EMC`)(good)
  }
}
const simpleFont = (flags: number) =>
  dict({
    Type: name('Font'),
    Subtype: name('TrueType'),
    BaseFont: name('Plain'),
    Encoding: name('StandardEncoding'),
    FontDescriptor: dict({ Flags: flags }),
  })

/** The same bytes with one text in place of the last or first other one. */
function inPlace(from: RegExp, to: (found: string) => string): Damage['damage'] {
  return (good) => {
    const text = Buffer.from(good).toString('latin1')
    const other = text.replace(from, to)
    if (other === text) throw new Error(`${from} is not there`)
    return Buffer.from(other, 'latin1')
  }
}

export const damages: readonly Damage[] = [
  { rule: 'header', what: 'a version beyond 1.7', damage: retold('%PDF-1.4', '%PDF-2.0') },
  { rule: 'binary-comment', what: 'a comment of plain text', damage: (good) => withBytes(good, 9, '%text') },
  { rule: 'end-of-file', what: 'a word behind the end', damage: endingWith('more') },
  {
    rule: 'not-encrypted',
    what: 'an encryption dictionary',
    damage: (good) => {
      const at = Buffer.from(good).lastIndexOf('/Info ')
      return withBytes(good, at, '/Encrypt 1 0 R/I ')
    },
  },
  { rule: 'readable', what: 'a wrong length', damage: inPlace(/\/Length \d/, () => '/Length 9') },
  {
    rule: 'trailer-id',
    what: 'a trailer without /ID',
    damage: (good) => {
      const at = Buffer.from(good).lastIndexOf('/ID')
      return withBytes(good, at, '/Id')
    },
  },
  {
    rule: 'cross-references',
    what: 'two ends of line behind xref',
    damage: inPlace(/\nxref\n(?![\s\S]*\nxref\n)/, (found) => `${found}\n`),
  },
  {
    rule: 'hexadecimal-strings',
    what: 'an odd number of digits',
    damage: inPlace(/<FEFF[0-9A-F]+>/, (found) => found.replace(/.>$/, ' >')),
  },
  { rule: 'stream-ends', what: 'endstream without an end of line', damage: inPlace(/\nendstream/, () => ' endstream') },
  {
    rule: 'streams-inside',
    what: 'a stream in another file',
    damage: inFirst(subtyped('Form'), { F: textString('x') }),
  },
  {
    rule: 'filters',
    what: 'LZW',
    damage: changed((_, update) => void update.add(stream({ Filter: name('LZWDecode') }))),
  },
  {
    rule: 'filters',
    what: 'an encrypted stream',
    damage: changed((_, update) => void update.add(stream({ Filter: array(name('Crypt')) }))),
  },
  {
    rule: 'names-utf-8',
    what: 'a font name in Latin-1',
    damage: inFirst(typed('Font'), { BaseFont: name('Gr\xf6\xdfe') }),
  },
  { rule: 'object-spacing', what: 'no end of line behind obj', damage: inPlace(/ obj\n/, () => ' obj ') },
  { rule: 'permissions', what: 'another permission', damage: inCatalog({ Perms: dict({ FieldMDP: null }) }) },
  {
    rule: 'permissions',
    what: 'a digest in a DocMDP reference',
    damage: changed((file, update) => {
      update.put(file.catalogRef, withEntries(file.catalog, { Perms: dict({ DocMDP: null }) }))
      update.add(dict({ TransformMethod: name('DocMDP'), DigestValue: textString('x') }))
    }),
  },
  { rule: 'limits', what: 'a number beyond 32 bits', damage: inCatalog({ X: 2_147_483_648 }) },
  { rule: 'limits', what: 'a long string', damage: inCatalog({ X: byteString(new Uint8Array(32_768)) }) },
  { rule: 'limits', what: 'a long name', damage: inCatalog({ X: name('n'.repeat(128)) }) },
  { rule: 'limits', what: 'a large number in a page', damage: painting('/Artifact BMC 2147483648 0 0 9 re f EMC') },
  { rule: 'hexadecimal-strings', what: 'an odd one in a page', damage: painting('<ABC> pop') },
  {
    rule: 'names-utf-8',
    what: 'a colourant in Latin-1',
    damage: painting('/A cs', {
      ColorSpace: dict({ A: array(name('Separation'), name('Gr\xfcn'), name('DeviceGray'), dict({})) }),
    }),
  },
  { rule: 'nesting', what: '29 saved states', damage: painting('q '.repeat(29) + 'Q '.repeat(29)) },
  { rule: 'page-sizes', what: 'a page two units wide', damage: inPage({ MediaBox: array(0, 0, 2, 800) }) },
  { rule: 'no-requirements', what: 'a requirement', damage: inCatalog({ Requirements: array() }) },
  { rule: 'no-requirements', what: 'steps of a presentation', damage: inPage({ PresSteps: dict({}) }) },
  { rule: 'operators', what: 'an unknown operator between BX and EX', damage: painting('BX 1 zz EX') },
  { rule: 'resources', what: 'an image that is nowhere', damage: painting('/Artifact BMC /Nowhere Do EMC') },
  {
    rule: 'resources',
    what: 'a form without resources',
    damage: changed((file, update) => {
      const { ref: at, page } = firstPage(file)
      const form = update.add(stream({ Subtype: name('Form') }, latin1('/Artifact BMC /G gs EMC')))
      const contents = update.add(stream({}, latin1('/X Do')))
      update.put(at, withEntries(page, { Contents: contents, Resources: dict({ XObject: dict({ X: form }) }) }))
    }),
  },
  {
    rule: 'output-intent',
    what: 'a profile that is none',
    damage: changed((file, update) => {
      const none = update.add(stream({}, latin1('no profile')))
      const intent = dict({ S: name('GTS_PDFA1'), DestOutputProfile: none })
      update.put(file.catalogRef, withEntries(file.catalog, { OutputIntents: array(intent) }))
    }),
  },
  { rule: 'device-colours', what: 'CMYK', damage: painting('/Artifact BMC 0 0 0 1 k 0 0 9 9 re f EMC') },
  { rule: 'device-colours', what: 'RGB without an intent', damage: notInCatalog('OutputIntents') },
  { rule: 'icc-profiles', what: 'a profile for three components as one for four', damage: changed(icc(4)) },
  {
    rule: 'colourants',
    what: 'a spot colour with two meanings',
    damage: painting('/A cs /B cs', {
      ColorSpace: dict({
        A: array(name('Separation'), name('Gold'), name('DeviceGray'), dict({ N: 1 })),
        B: array(name('Separation'), name('Gold'), name('DeviceGray'), dict({ N: 2 })),
      }),
    }),
  },
  {
    rule: 'colourants',
    what: 'a colourant without a description',
    damage: painting('/A cs', {
      ColorSpace: dict({ A: array(name('DeviceN'), array(name('Gold')), name('DeviceGray'), dict({}), dict({})) }),
    }),
  },
  { rule: 'graphics-states', what: 'a transfer function', damage: inState({ TR: name('Identity') }) },
  { rule: 'graphics-states', what: 'an unknown blend mode', damage: inState({ BM: name('Glow') }) },
  { rule: 'halftones', what: 'a halftone of type 6', damage: inState({ HT: dict({ HalftoneType: 6 }) }) },
  { rule: 'rendering-intents', what: 'an intent of one’s own', damage: painting('/Vivid ri') },
  { rule: 'rendering-intents', what: 'one in a graphics state', damage: inState({ RI: name('Vivid') }) },
  {
    rule: 'images',
    what: 'interpolation',
    damage: changed((_, update) => void update.add(stream({ Subtype: name('Image'), Interpolate: true }))),
  },
  {
    rule: 'images',
    what: 'three bits in an inline image',
    damage: painting('/Artifact BMC BI /W 1 /H 1 /BPC 3 /CS /G ID \x00 EI EMC'),
  },
  { rule: 'forms', what: 'a reference to another file', damage: inFirst(subtyped('Form'), { Ref: dict({}) }) },
  {
    rule: 'forms',
    what: 'PostScript',
    damage: changed((_, update) => void update.add(stream({ Subtype: name('PS') }))),
  },
  {
    rule: 'transparency',
    what: 'half-transparent without an intent',
    damage: changed((file, update) => {
      const { ref: at, page } = firstPage(file)
      update.put(file.catalogRef, without(file.catalog, 'OutputIntents'))
      update.put(at, withEntries(page, { Resources: dict({ ExtGState: dict({ G: dict({ ca: 0.5 }) }) }) }))
    }),
  },
  {
    rule: 'optional-content',
    what: 'a configuration without a name',
    damage: inCatalog({ OCProperties: dict({ OCGs: array(), D: dict({ Order: array() }) }) }),
  },
  { rule: 'font-dictionaries', what: 'a font without a name', damage: notInFirst(subtyped('Type0'), 'BaseFont') },
  {
    rule: 'font-embedded',
    what: 'a font that is not embedded',
    damage: notInFirst(typed('FontDescriptor'), 'FontFile2'),
  },
  {
    rule: 'font-program',
    what: 'a TrueType font that is none',
    damage: changed((file, update) => {
      const { at, of } = dictOfKind(file, typed('FontDescriptor'))
      update.put(at, withEntries(of, { FontFile2: update.add(stream({}, latin1('no font'))) }))
    }),
  },
  {
    rule: 'cid-system',
    what: 'another encoding',
    damage: inFirst(subtyped('Type0'), { Encoding: name('Own-H') }),
  },
  { rule: 'cid-to-glyph', what: 'no map to glyphs', damage: notInFirst(subtyped('CIDFontType2'), 'CIDToGIDMap') },
  { rule: 'glyphs-present', what: 'a glyph beyond the last', damage: showing('FFFF') },
  { rule: 'glyphs-defined', what: '.notdef', damage: showing('0000') },
  { rule: 'widths', what: 'one width for all', damage: inFirst(subtyped('CIDFontType2'), { W: array(), DW: 123 }) },
  {
    rule: 'subset-lists',
    what: 'a list without the glyphs shown',
    damage: changed((file, update) => {
      const { at, of } = dictOfKind(file, typed('FontDescriptor'))
      update.put(at, withEntries(of, { CIDSet: update.add(stream({}, Uint8Array.of(0x80))) }))
    }),
  },
  {
    rule: 'truetype-encoding',
    what: 'a symbolic font with an encoding',
    damage: painting('/Artifact BMC BT /S 9 Tf (a) Tj ET EMC', { Font: dict({ S: simpleFont(4) }) }),
  },
  {
    rule: 'truetype-encoding',
    what: 'a text font with one of its own',
    damage: painting('/Artifact BMC BT /S 9 Tf (a) Tj ET EMC', { Font: dict({ S: simpleFont(32) }) }),
  },
  { rule: 'to-unicode', what: 'no text of the codes', damage: notInFirst(subtyped('Type0'), 'ToUnicode') },
  { rule: 'to-unicode', what: 'a code without text', damage: showing('FFFE') },
  {
    rule: 'unicode-values',
    what: 'U+FEFF',
    damage: changed((file, update) => {
      const { at, of } = dictOfKind(file, subtyped('Type0'))
      const map = `1 beginbfrange <0000> <FFFF> [${'<FEFF>'.repeat(65_536)}] endbfrange`
      update.put(at, withEntries(of, { ToUnicode: update.add(stream({}, latin1(map))) }))
    }),
  },
  { rule: 'annotation-kinds', what: 'a film', damage: annotated({ Subtype: name('Movie') }) },
  { rule: 'no-trap-network', what: 'one', damage: annotated({ Subtype: name('TrapNet') }) },
  { rule: 'annotation-flags', what: 'a hidden link', damage: inFirst(subtyped('Link'), { F: 2 }) },
  { rule: 'annotation-appearance', what: 'a stamp without looks', damage: annotated({ Subtype: name('Stamp') }) },
  {
    rule: 'annotation-appearance',
    what: 'a field that looks otherwise when pressed',
    damage: inFirst(subtyped('Widget'), { AP: dict({ N: null, D: null }) }),
  },
  { rule: 'forms-static', what: 'XFA', damage: inCatalog({ AcroForm: dict({ Fields: array(), XFA: array() }) }) },
  {
    rule: 'forms-static',
    what: 'a field with an action',
    damage: inFirst(subtyped('Widget'), { A: dict({ S: name('URI') }) }),
  },
  { rule: 'actions', what: 'JavaScript', damage: inCatalog({ OpenAction: dict({ S: name('JavaScript') }) }) },
  {
    rule: 'actions',
    what: 'a launched program',
    damage: inFirst(subtyped('Link'), { A: dict({ S: name('Launch') }) }),
  },
  {
    rule: 'actions',
    what: 'an action of one’s own, after another',
    damage: inFirst(subtyped('Link'), { A: dict({ S: name('URI'), Next: dict({ S: name('Own') }) }) }),
  },
  { rule: 'no-additional-actions', what: 'something on opening a page', damage: inPage({ AA: dict({}) }) },
  {
    rule: 'signatures',
    what: 'a range that leaves out more',
    damage: inPlace(/\/ByteRange \[0/, () => '/ByteRange [1'),
  },
  { rule: 'tab-order', what: 'another order', damage: inPage({ Tabs: name('R') }) },
  { rule: 'links-tagged', what: 'a link outside the structure', damage: notInFirst(subtyped('Link'), 'StructParent') },
  { rule: 'annotations-described', what: 'a link without a word', damage: notInFirst(subtyped('Link'), 'Contents') },
  { rule: 'annotations-tagged', what: 'a note outside the structure', damage: annotated({ Subtype: name('Text') }) },
  {
    rule: 'fields-tagged',
    what: 'a field outside the structure',
    damage: notInFirst(subtyped('Widget'), 'StructParent'),
  },
  { rule: 'fields-described', what: 'a field without a word', damage: notInFirst(subtyped('Widget'), 'TU') },
  { rule: 'xmp-present', what: 'no metadata', damage: notInCatalog('Metadata') },
  { rule: 'xmp-well-formed', what: 'an element that is not closed', damage: xmp('</dc:format>', '') },
  {
    rule: 'xmp-well-formed',
    what: 'an encoding in the header',
    damage: xmp(' id="W5M0', ' encoding="UTF-8" id="W5M0'),
  },
  {
    rule: 'xmp-schemas',
    what: 'a property of one’s own',
    damage: xmp('dc:format>application/pdf</dc:format', 'dc:colour>red</dc:colour'),
  },
  {
    rule: 'extension-schemas',
    what: 'a schema without a prefix',
    damage: xmp(
      '</rdf:Description>',
      '<e:schemas xmlns:e="http://www.aiim.org/pdfa/ns/extension/"><rdf:Bag><rdf:li rdf:parseType="Resource" xmlns:s="http://www.aiim.org/pdfa/ns/schema#"><s:schema>x</s:schema></rdf:li></rdf:Bag></e:schemas></rdf:Description>',
    ),
  },
  { rule: 'pdfa-identification', what: 'another part', damage: xmp('part>3<', 'part>1<') },
  {
    rule: 'pdfua-identification',
    what: 'another part',
    damage: xmp(
      '</rdf:Description>',
      '<pdfuaid:part xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">2</pdfuaid:part></rdf:Description>',
    ),
  },
  { rule: 'title', what: 'no title', damage: xmp(/<dc:title>[\s\S]*<\/dc:title>/, '') },
  {
    rule: 'title-shown',
    what: 'the file name instead of the title',
    damage: inCatalog({ ViewerPreferences: dict({}) }),
  },
  { rule: 'information-agrees', what: 'another title', damage: xmp('Evidence (Q3)', 'Something else') },
  { rule: 'information-agrees', what: 'another date', damage: xmp(/<xmp:CreateDate>\d{4}/, '<xmp:CreateDate>1999') },
  { rule: 'attachment-names', what: 'an attachment without a name', damage: notInFirst(typed('Filespec'), 'UF') },
  { rule: 'attachment-types', what: 'one without a type', damage: notInFirst(typed('EmbeddedFile'), 'Subtype') },
  {
    rule: 'attachment-dates',
    what: 'one without a date',
    damage: inFirst(typed('EmbeddedFile'), { Params: dict({}) }),
  },
  {
    rule: 'attachment-relationships',
    what: 'one without a relationship',
    damage: notInFirst(typed('Filespec'), 'AFRelationship'),
  },
  { rule: 'attachments-associated', what: 'one that belongs to nothing', damage: inCatalog({ AF: array() }) },
  { rule: 'marked', what: 'not marked', damage: inCatalog({ MarkInfo: dict({ Marked: false }) }) },
  { rule: 'marked', what: 'suspects', damage: inCatalog({ MarkInfo: dict({ Marked: true, Suspects: true }) }) },
  { rule: 'structure-tree', what: 'no tree', damage: notInCatalog('StructTreeRoot') },
  { rule: 'structure-tree', what: 'an element without a parent', damage: notInFirst(element('P'), 'P') },
  { rule: 'content-tagged', what: 'a path outside all tags', damage: painting('0 0 9 9 re f') },
  {
    rule: 'artefacts-apart',
    what: 'an artefact in a paragraph',
    damage: painting('/P <</MCID 0>> BDC /Artifact BMC 0 0 9 9 re f EMC EMC'),
  },
  {
    rule: 'artefacts-apart',
    what: 'a paragraph in an artefact',
    damage: painting('/Artifact BMC /P <</MCID 0>> BDC 0 0 9 9 re f EMC EMC'),
  },
  {
    rule: 'content-in-structure',
    what: 'content that no element has',
    damage: painting('/P <</MCID 999>> BDC 0 0 9 9 re f EMC'),
  },
  { rule: 'role-map', what: 'an unknown type', damage: tagged(['Paragraph']) },
  { rule: 'role-map', what: 'a circle', damage: inRoot({ RoleMap: dict({ A: name('B'), B: name('A') }) }) },
  { rule: 'role-map', what: 'a standard type that is mapped', damage: inRoot({ RoleMap: dict({ P: name('Span') }) }) },
  {
    rule: 'language',
    what: 'no language',
    damage: changed((file, update) => {
      const { at, of } = dictOfKind(file, element('Document'))
      update.put(at, without(of, 'Lang'))
      update.put(file.catalogRef, without(file.catalog, 'Lang'))
    }),
  },
  { rule: 'language', what: 'a faulty language', damage: inCatalog({ Lang: textString('the English') }) },
  { rule: 'figures', what: 'a figure without a text', damage: tagged(['Figure']) },
  { rule: 'headings', what: 'a level left out', damage: tagged(['H6']) },
  { rule: 'headings', what: 'H beside H1', damage: tagged(['H']) },
  { rule: 'notes', what: 'a note without an ID', damage: tagged(['Note']) },
  {
    rule: 'forms-once',
    what: 'a tagged form drawn twice',
    damage: changed((file, update) => {
      const { ref: at, page } = firstPage(file)
      const form = update.add(stream({ Subtype: name('Form'), StructParents: 0, Resources: dict({}) }))
      const contents = update.add(stream({}, latin1('/X Do /X Do')))
      update.put(at, withEntries(page, { Contents: contents, Resources: dict({ XObject: dict({ X: form }) }) }))
    }),
  },
  { rule: 'table-nesting', what: 'a paragraph in a table', damage: tagged(['Table'], ['P']) },
  { rule: 'table-nesting', what: 'a cell outside a row', damage: tagged(['TD']) },
  { rule: 'list-nesting', what: 'a list item outside a list', damage: tagged(['LI'], ['LBody']) },
  {
    rule: 'list-nesting',
    what: 'a link right inside a list item',
    damage: tagged(['L'], ['LI'], ['NonStruct'], ['Link']),
  },
  {
    rule: 'table-grid',
    what: 'a cell more in one row',
    damage: changed((file, update) => {
      const { at, of } = dictOfKind(file, element('TR'))
      const kids = of.entries.get('K') ?? null
      const [one] = isArray(kids) ? kids.items : [kids]
      update.put(at, withEntries(of, { K: array(one ?? null) }))
      const table = of.entries.get('P')
      const whole = file.resolve(table)
      if (!isRef(table) || !isDict(whole)) throw new Error('no table')
      const cells = [1, 2].map(() => update.add(dict({ Type: name('StructElem'), S: name('TD') })))
      const row = update.add(dict({ Type: name('StructElem'), S: name('TR'), P: table, K: array(...cells) }))
      update.put(table, withEntries(whole, { K: array(at, row) }))
    }),
  },
  { rule: 'table-parts', what: 'a head without a body', damage: tagged(['Table'], ['THead'], ['TR'], ['TD']) },
  { rule: 'table-heads', what: 'a header cell without a scope', damage: tagged(['Table'], ['TR'], ['TH']) },
]

function withBytes(good: Uint8Array, at: number, text: string): Uint8Array {
  const copy = Buffer.from(good)
  copy.write(text, at, 'latin1')
  return copy
}
