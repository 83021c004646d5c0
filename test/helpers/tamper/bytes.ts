import { deflateSync } from 'node:zlib'
import {
  array,
  byteString,
  dict,
  isDict,
  name,
  type PdfObject,
  textString,
  withEntries,
} from '../../../src/signing/pdf/objects.ts'
import { appended, flip, overwrite, type Report, swap, type Tampering, updated } from './report.ts'

/* Plain changes: single bytes, attachments, something behind the end, something missing from it. */

const flipAt =
  (text: string, from: 'first' | 'last' = 'first') =>
  ({ report }: { readonly report: Report }): Uint8Array => {
    const at = from === 'first' ? report.text.indexOf(text) : report.text.lastIndexOf(text)
    if (at < 0) throw new TypeError(`no ${text}`)
    return flip(report, at + text.length - 1)
  }

export const contentFlips: readonly Tampering[] = [
  { name: 'one bit of the header is another', make: ({ report }) => flip(report, 7) },
  {
    name: 'one bit of the printed page is another',
    make: ({ report }) => flip(report, report.text.indexOf('stream\n') + 40),
  },
  { name: 'one bit of the page size is another', make: flipAt('/MediaBox [0 0 59') },
  { name: 'one bit of the stated time is another', make: flipAt('/M (D:2026090902') },
  { name: 'one bit of the reason is another', make: flipAt('/Reason <FEFF00') },
  { name: 'one bit of the metadata is another', make: flipAt('<xmp:CreateDate>2026-09-09') },
  { name: 'one bit of the colour profile is another', make: flipAt('No copyright') },
  { name: 'one bit of a cross-reference entry is another', make: flipAt(' 00000 n', 'last') },
  {
    name: 'one bit of the file identifier is another',
    make: ({ report }) => flip(report, report.text.lastIndexOf('/ID [') + 10),
  },
  {
    name: 'one bit of the last startxref is another',
    make: ({ report }) => flip(report, report.text.lastIndexOf('startxref\n') + 11),
  },
  { name: 'the last end of line is another', make: ({ report }) => overwrite(report.pdf, report.pdf.length - 1, '\r') },
]

const withEvidence = (report: Report, text: string): Uint8Array => {
  const before = deflateSync(Buffer.from('{"a":1}')).toString('latin1')
  return swap(report, before, deflateSync(Buffer.from(text)).toString('latin1'))
}

export const attachmentSwaps: readonly Tampering[] = [
  {
    name: 'an attachment is replaced in place by one of the same size',
    make: ({ report }) => withEvidence(report, '{"a":2}'),
  },
  {
    name: 'an attachment has another name',
    make: ({ report }) => swap(report, '/UF (evidence.json)', '/UF (evidence.jsom)'),
  },
  { name: 'an attachment states another checksum', make: flipAt('/CheckSum <B') },
  { name: 'an attachment states another size', make: ({ report }) => swap(report, '/Size 7', '/Size 8') },
  {
    name: 'an attachment goes by the plain name only',
    make: ({ report }) => swap(report, '/UF (evidence.json)', '/UX (evidence.json)'),
  },
  {
    name: 'the attachments are left out of the names',
    make: ({ report }) => swap(report, '/EmbeddedFiles', '/EmbeddedFilez'),
  },
  {
    name: 'an update replaces an attachment',
    code: 'modified-after-signing',
    make: ({ report }) =>
      updated(report, (update) => {
        for (const number of report.file.numbers) {
          const value = report.file.load(number)
          const isFile = typeof value === 'object' && value?.kind === 'stream' && value.dict.entries.has('Params')
          if (!isFile) continue
          const bytes = Buffer.from('{"a":2}')
          update.put(
            { kind: 'ref', number, generation: 0 },
            { kind: 'stream', dict: dict({ Type: name('EmbeddedFile') }), bytes },
          )
        }
      }),
  },
  {
    name: 'an update names other attachments',
    code: 'modified-after-signing',
    make: ({ report }) =>
      updated(report, (update) => {
        const file = update.add({
          kind: 'stream',
          dict: dict({ Type: name('EmbeddedFile') }),
          bytes: Buffer.from('{}'),
        })
        const specification = update.add(
          dict({ Type: name('Filespec'), UF: textString('evidence.json'), EF: dict({ F: file }) }),
        )
        const names: PdfObject = dict({
          EmbeddedFiles: dict({ Names: array(byteString(Buffer.from('evidence.json')), specification) }),
        })
        if (isDict(report.file.catalog))
          update.put(report.file.catalogRef, withEntries(report.file.catalog, { Names: names }))
      }),
  },
]

export const appendedBytes: readonly Tampering[] = [
  { name: 'an end of line is appended', code: 'modified-after-signing', make: ({ report }) => appended(report, '\n') },
  { name: 'a zero byte is appended', code: 'modified-after-signing', make: ({ report }) => appended(report, '\0') },
  {
    name: 'a comment is appended',
    code: 'modified-after-signing',
    make: ({ report }) => appended(report, '%comment\n'),
  },
  {
    name: 'a second end is appended',
    code: 'modified-after-signing',
    make: ({ report }) => appended(report, '%%EOF\n'),
  },
  {
    name: 'the last startxref is appended once more',
    make: ({ report }) => appended(report, report.text.slice(report.text.lastIndexOf('startxref'))),
  },
  { name: 'another report is appended', make: ({ report, other }) => Buffer.concat([report.pdf, other.pdf]) },
  { name: 'bytes are put before the header', make: ({ report }) => Buffer.concat([Buffer.from('#!\n'), report.pdf]) },
]

export const truncations: readonly Tampering[] = [
  { name: 'the last byte is missing', make: ({ report }) => report.pdf.subarray(0, -1) },
  { name: 'the last line is missing', make: ({ report }) => report.pdf.subarray(0, -6) },
  { name: 'the trailer is missing', make: ({ report }) => report.pdf.subarray(0, report.text.lastIndexOf('trailer')) },
  {
    name: 'everything behind the signature value is missing',
    make: ({ report }) => report.pdf.subarray(0, report.gapEnd),
  },
  { name: 'half of it is missing', make: ({ report }) => report.pdf.subarray(0, report.pdf.length >> 1) },
  {
    name: 'the signing update is missing',
    code: 'not-signed',
    make: ({ report, printed }) => report.pdf.subarray(0, printed.length),
  },
  { name: 'the first byte is missing', make: ({ report }) => report.pdf.subarray(1) },
  {
    name: 'one byte in the middle is missing',
    make: ({ report }) => Buffer.concat([report.pdf.subarray(0, 9000), report.pdf.subarray(9001)]),
  },
  { name: 'nothing is left', make: () => new Uint8Array() },
]
