import type { SignatureLevel } from '../../../src/model/signature-level.ts'
import { digest } from '../../../src/signing/cms/primitives.ts'
import { obtainToken } from '../../../src/signing/obtain-token.ts'
import { appendTimestampField } from '../../../src/signing/pdf/document-timestamp.ts'
import { addToStore, type FoundStore, readStore, type SecurityStore, vriKey } from '../../../src/signing/pdf/dss.ts'
import { openPdf, type PdfFile, pages } from '../../../src/signing/pdf/file.ts'
import { previousRevision } from '../../../src/signing/pdf/later-data.ts'
import { array, dict, isDict, name, type PdfObject, textString, withEntries } from '../../../src/signing/pdf/objects.ts'
import { fillGap, signedParts } from '../../../src/signing/pdf/signature-field.ts'
import { type Update, updateOf } from '../../../src/signing/pdf/update.ts'
import { never } from '../signing.ts'
import { stream } from './changes.ts'
import { type Loot, overwrite, type Report, type Tampering } from './report.ts'

/*
 * What follows a signature without being one: nobody signs validation data, and a time-stamp authority stamps whatever it
 * is given. So both can be made by anybody over anything.
 */

const onlyData: readonly SignatureLevel[] = ['B-LT']
const archived: readonly SignatureLevel[] = ['B-LTA']
const long: readonly SignatureLevel[] = ['B-LT', 'B-LTA']

/** The report before its validation data, and those; a document timestamp that follows is taken off. */
function parts({ file }: Report): { readonly before: PdfFile; readonly store: FoundStore } {
  const newest = isStamped(file) ? previousRevision(file) : file
  const store = readStore(newest)
  if (!store) throw new TypeError('there are no validation data')
  return { before: previousRevision(newest), store }
}

const isStamped = (file: PdfFile): boolean => {
  const [newest, previous] = file.sections
  return Buffer.from(file.bytes.subarray(previous?.end ?? 0, newest?.end)).includes('/DocTimeStamp')
}

/** The report with other validation data than its own, in the form that we write. */
const withStore =
  (change: (store: FoundStore, loot: Loot) => ReadonlyMap<string, SecurityStore>) =>
  (loot: Loot): Uint8Array => {
    const { before, store } = parts(loot.report)
    const update = updateOf(before)
    addToStore(before, update, change(store, loot))
    return update.write({}).bytes
  }

/** The same change to the data of every signature. */
const inEach =
  (change: (data: SecurityStore, loot: Loot) => Partial<SecurityStore>) =>
  (store: FoundStore, loot: Loot): ReadonlyMap<string, SecurityStore> =>
    new Map([...store.related].map(([key, data]) => [key, { ...data, ...change(data, loot) }]))

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

/** An update of one's own making, then a true document timestamp over all of it. */
const stampedOver =
  (change: (update: Update, report: Report) => void) =>
  async ({ report, timestamper }: Loot): Promise<Uint8Array> => {
    const update = updateOf(report.file)
    change(update, report)
    return await stamp(update.write({}).bytes, timestamper)
  }

/** Has a document truly stamped, by the update that we write but for one text; whatever the document is. */
async function stamp(
  pdf: Uint8Array,
  timestamper: Loot['timestamper'],
  [before, after]: readonly [string, string] = ['', ''],
): Promise<Uint8Array> {
  const { bytes, range } = appendTimestampField(openPdf(pdf), 8_192)
  const at = Buffer.from(bytes).indexOf(before, pdf.length, 'latin1')
  if (at < 0 || before.length !== after.length || !timestamper) throw new TypeError(`cannot put ${after}`)
  const changed = overwrite(bytes, at, after)
  const timed = await obtainToken(digest('sha256', ...signedParts(changed, range)), timestamper, never)
  if ('error' in timed) throw timed.error
  fillGap(changed, range, timed.token)
  return changed
}

const stampedWith =
  (before: string, after: string) =>
  ({ report, timestamper }: Loot): Promise<Uint8Array> =>
    stamp(report.pdf, timestamper, [before, after])

const putCatalog = (update: Update, file: PdfFile, entries: { readonly [key: string]: PdfObject }): void =>
  update.put(file.catalogRef, withEntries(file.catalog, entries))

/** The offset of the document timestamp's token in an archived report: of its first digit. */
const tokenAt = ({ text }: Report): number => text.lastIndexOf('/Contents <') + '/Contents <'.length

const inToken =
  (bytes: Uint8Array, offset: number) =>
  ({ report }: Loot): Uint8Array => {
    const digits = Buffer.from(bytes).toString('hex').toUpperCase()
    const at = report.text.indexOf(digits, tokenAt(report)) + offset * 2 + 1
    const digit = Number.parseInt(report.text.charAt(at), 16)
    return overwrite(report.pdf, at, (digit ^ 1).toString(16).toUpperCase())
  }

const token = ({ text }: Report, from: number): string => text.slice(from, text.indexOf('>', from))

export const laterData: readonly Tampering[] = [
  {
    name: 'the validation data are empty',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(() => new Map()),
  },
  {
    name: "the validation data are another report's",
    code: 'validation-data',
    levels: onlyData,
    make: withStore((_, { other }) => parts(other).store.related),
  },
  {
    name: "the validation data go by another report's name",
    code: 'validation-data',
    levels: onlyData,
    make: withStore((store) => new Map([...store.related.values()].map((data, i) => [vriKey(Uint8Array.of(i)), data]))),
  },
  {
    name: 'the validation data lack the lists',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach(() => ({ crls: [] }))),
  },
  {
    name: 'the validation data lack one list',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach(({ crls }) => ({ crls: crls.slice(1) }))),
  },
  {
    name: 'the validation data lack the certificates',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach(() => ({ certificates: [] }))),
  },
  {
    name: 'the validation data lack one certificate',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach(({ certificates }) => ({ certificates: certificates.slice(1) }))),
  },
  {
    name: 'the validation data have the certificates of somebody of the same names',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach((_, { impostor }) => ({ certificates: impostor.certificateChain }))),
  },
  {
    name: 'the validation data have one certificate more',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(
      inEach(({ certificates }, { impostor }) => ({
        certificates: [...certificates, ...impostor.certificateChain.slice(0, 1)],
      })),
    ),
  },
  {
    name: 'the validation data have the list of somebody of the same name',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach(({ crls }, { impostorCrl }) => ({ crls: [impostorCrl, ...crls.slice(1)] }))),
  },
  {
    name: 'the validation data have one list more',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach(({ crls }, { impostorCrl }) => ({ crls: [...crls, impostorCrl] }))),
  },
  {
    name: 'one bit of a list is another',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach(({ crls }) => ({ crls: crls.map((bytes) => flipped(bytes, bytes.length - 9)) }))),
  },
  {
    name: 'one bit of a certificate is another',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach(({ certificates }) => ({ certificates: certificates.map((bytes) => flipped(bytes, 200)) }))),
  },
  {
    name: 'a byte follows a list',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach(({ crls }) => ({ crls: crls.map((bytes) => Buffer.concat([bytes, Buffer.of(0)])) }))),
  },
  {
    name: 'an OCSP response stands there that is none',
    code: 'validation-data',
    levels: onlyData,
    make: withStore(inEach(() => ({ ocsps: [Uint8Array.of(0x30, 0)] }))),
  },
  {
    name: 'the validation data are added once more',
    code: 'validation-data',
    levels: long,
    make: ({ report: { file } }) => {
      const update = updateOf(file)
      addToStore(file, update, new Map())
      return update.write({}).bytes
    },
  },
  {
    name: 'the validation data bring a script along',
    code: 'modified-after-signing',
    levels: long,
    make: ({ report }) => {
      const { before, store } = parts(report)
      const update = updateOf(before)
      addToStore(before, update, store.related)
      const catalog = update.get(before.catalogRef)
      const script = dict({ S: name('JavaScript'), JS: textString('app.alert(1)') })
      if (isDict(catalog)) update.put(before.catalogRef, withEntries(catalog, { OpenAction: script }))
      return update.write({}).bytes
    },
  },
  {
    name: 'the validation data are taken away by a further update',
    code: 'modified-after-signing',
    levels: long,
    make: ({ report: { file } }) => {
      const update = updateOf(file)
      putCatalog(update, file, { DSS: null })
      return update.write({}).bytes
    },
  },
  {
    name: 'one bit of the data under the document timestamp is another',
    levels: archived,
    make: ({ report, crls }) => {
      const at = Buffer.from(report.pdf).indexOf(Buffer.from(crls[0] ?? []))
      return flipped(report.pdf, at + 60)
    },
  },
  {
    name: 'the token of the document timestamp is nothing but zeros',
    levels: archived,
    make: ({ report }) => overwrite(report.pdf, tokenAt(report), '0'.repeat(token(report, tokenAt(report)).length)),
  },
  {
    name: "the token of the document timestamp is another report's",
    levels: archived,
    make: ({ report, other }) => overwrite(report.pdf, tokenAt(report), token(other, tokenAt(other))),
  },
  {
    name: 'the document timestamp has the token of the signature',
    levels: archived,
    make: ({ report }) => {
      const own = token(report, tokenAt(report))
      const start = report.text.indexOf('06092A864886F70D010702', report.gapStart + 100) - 8
      const taken = report.text.slice(start, start + own.replace(/0+$/, '').length)
      return overwrite(report.pdf, tokenAt(report), taken.padEnd(own.length, '0'))
    },
  },
  {
    name: 'the document timestamp states another minute',
    levels: archived,
    make: inToken(Buffer.from('20260909020000Z'), 11),
  },
  {
    name: "the document timestamp's authority has another name",
    levels: archived,
    make: inToken(Buffer.from('Test TSA'), 0),
  },
  {
    name: 'a digit stands in the zeros behind the document timestamp',
    levels: archived,
    make: ({ report }) => overwrite(report.pdf, report.text.indexOf('>', tokenAt(report)) - 1, '1'),
  },
  {
    name: 'the document timestamp is in lower case',
    levels: archived,
    make: ({ report }) => overwrite(report.pdf, tokenAt(report), token(report, tokenAt(report)).toLowerCase()),
  },
  {
    name: 'the document timestamp poses as a signature',
    levels: archived,
    make: ({ report }) => {
      const at = report.text.lastIndexOf('/SubFilter /ETSI.RFC3161')
      return overwrite(report.pdf, at, '/SubFilter /ETSI.CAdES.d')
    },
  },
  {
    name: 'the range of the document timestamp leaves the validation data out',
    levels: archived,
    make: ({ report }) => {
      const at = report.text.lastIndexOf('/ByteRange [') + '/ByteRange ['.length
      const own = report.text.slice(at, report.text.indexOf(']', at))
      const { before } = parts(report)
      const [, , end = '', rest = ''] = own.trim().split(' ')
      return overwrite(report.pdf, at, `0 ${before.bytes.length} ${end} ${rest}`.padEnd(own.length))
    },
  },
  {
    name: 'the field of the document timestamp is taken away by a further update',
    code: 'modified-after-signing',
    levels: archived,
    make: ({ report: { file } }) => {
      const before = previousRevision(file)
      const update = updateOf(file)
      putCatalog(update, file, { AcroForm: before.catalog.entries.get('AcroForm') ?? null })
      return update.write({}).bytes
    },
  },
  {
    name: 'a true document timestamp covers a page that was exchanged',
    code: 'modified-after-signing',
    levels: ['B-T', 'B-LT', 'B-LTA'],
    make: stampedOver((update, { firstPage }) =>
      update.put(firstPage.ref, withEntries(firstPage.page, { Contents: update.add(stream('BT ET')) })),
    ),
  },
  {
    name: 'a true document timestamp covers an annotation over the page',
    code: 'modified-after-signing',
    levels: ['B-T', 'B-LT', 'B-LTA'],
    make: stampedOver((update, { firstPage }) => {
      const form = update.add(stream('1 1 1 rg 0 0 600 850 re f'))
      const shown = { Type: name('Annot'), Subtype: name('Stamp'), Rect: array(0, 0, 600, 850), AP: dict({ N: form }) }
      update.put(firstPage.ref, withEntries(firstPage.page, { Annots: array(update.add(dict(shown))) }))
    }),
  },
  {
    name: 'a true document timestamp covers an update that changes nothing',
    code: 'modified-after-signing',
    levels: ['B-T', 'B-LT', 'B-LTA'],
    make: stampedOver(() => undefined),
  },
  {
    name: 'the field of a true document timestamp covers the page',
    code: 'modified-after-signing',
    levels: ['B-T', 'B-LT', 'B-LTA'],
    make: stampedWith('/Rect [0 0 0 0]', '/Rect [0 0 9 9]'),
  },
  {
    name: 'the field of a true document timestamp can be filled in anew',
    code: 'modified-after-signing',
    levels: ['B-T', 'B-LT', 'B-LTA'],
    make: stampedWith('/F 132', '/F 4  '),
  },
  {
    name: 'a true document timestamp follows the certification of a report',
    code: 'modified-after-signing',
    levels: ['B-T', 'B-LT', 'B-LTA'],
    make: ({ certified, timestamper }) => stamp(certified.pdf, timestamper),
  },
  {
    name: 'a true document timestamp is the only thing that a printed report has',
    code: 'not-signed',
    levels: ['B-T', 'B-LT', 'B-LTA'],
    make: ({ printed, timestamper }) => stamp(printed, timestamper),
  },
  {
    name: 'a true document timestamp stands over a report whose first page is the second',
    code: 'modified-after-signing',
    levels: archived,
    make: stampedOver((update, { file, firstPage }) => {
      const [, second] = pages(openPdf(file.bytes))
      if (second) update.put(firstPage.ref, second.page)
    }),
  },
]
