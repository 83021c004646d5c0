import { overwrite, type Report, swap, type Tampering, withCms } from './report.ts'

/*
 * Universal signature forgery (Mladenov et al., «1 Trillion Dollar Refund», CCS 2019): the signature dictionary is
 * changed so that a lenient verifier finds nothing to check. And games with the signed range.
 */

const inGap = (report: Report, text: string): Uint8Array => {
  const size = report.gapEnd - report.gapStart
  return overwrite(report.pdf, report.gapStart, text.padEnd(size))
}

const ranged =
  (make: (a: number, b: number, c: number) => string) =>
  ({ report }: { readonly report: Report }): Uint8Array => {
    const [, a = 0, b = 0, c = 0] = (report.range.match(/\d+/g) ?? []).map(Number)
    return swap(report, report.range, make(a, b, c))
  }

const inSignature = (report: Report, before: string, after: string): Uint8Array => {
  const start = report.text.indexOf(`\n${report.signature.number} 0 obj`)
  return swap(report, before, after, start)
}

export const universalForgeries: readonly Tampering[] = [
  { name: 'the signature value is null', make: ({ report }) => inGap(report, 'null') },
  { name: 'the signature value is empty', make: ({ report }) => inGap(report, '<>') },
  { name: 'the signature value is one zero byte', make: ({ report }) => inGap(report, '<00>') },
  { name: 'the signature value is a literal string', make: ({ report }) => inGap(report, '(signed)') },
  { name: 'the signature value is a number', make: ({ report }) => inGap(report, '1') },
  { name: 'the signature value is nothing but zeros', make: ({ report }) => withCms(report, new Uint8Array()) },
  {
    name: 'the signature is a CMS without signers',
    make: ({ report }) =>
      withCms(
        report,
        Buffer.from(
          '3023 06092A864886F70D010702 A0163014 020101 3100 300B 06092A864886F70D010701 3100'.replaceAll(' ', ''),
          'hex',
        ),
      ),
  },
  {
    name: 'the signature value goes by another key',
    make: ({ report }) => inSignature(report, '/Contents', '/Contentz'),
  },
  {
    name: 'the signed range goes by another key',
    make: ({ report }) => inSignature(report, '/ByteRange', '/ByteRangf'),
  },
  {
    name: 'the signature is of an unknown kind',
    make: ({ report }) => inSignature(report, 'ETSI.CAdES.detached', 'ETSI.none'),
  },
  {
    name: 'the signature is of an old kind',
    make: ({ report }) => inSignature(report, 'ETSI.CAdES.detached', 'adbe.x509.rsa_sha1'),
  },
  {
    name: 'the signature has an unknown handler',
    make: ({ report }) => inSignature(report, 'Adobe.PPKLite', 'Adobe.PPKNone'),
  },
  { name: 'the signature is of no type', make: ({ report }) => inSignature(report, '/Sig', '/Sag') },
  {
    name: 'the signature field has no value',
    code: 'signature-dictionary',
    make: ({ report }) => swap(report, `/V ${report.signature.number} 0 R`, '/V null'),
  },
  {
    name: 'the signature field names another object',
    make: ({ report }) => swap(report, `/V ${report.signature.number} 0 R`, '/V 1 0 R'),
  },
  { name: 'the form names no field', code: 'not-signed', make: ({ report }) => swap(report, '/AcroForm', '/AcroFurm') },
]

export const rangeGames: readonly Tampering[] = [
  { name: 'the signed range is null', code: 'byte-range', make: ranged(() => 'null') },
  { name: 'the signed range is empty', code: 'byte-range', make: ranged(() => '[]') },
  { name: 'the signed range is four zeros', code: 'byte-range', make: ranged(() => '[0 0 0 0]') },
  { name: 'the signed range has only its first half', code: 'byte-range', make: ranged((a) => `[0 ${a}]`) },
  {
    name: 'the signed range begins at byte 1',
    code: 'byte-range',
    make: ranged((a, b, c) => `[1 ${a - 1} ${b} ${c}]`),
  },
  {
    name: 'the signed range leaves out one byte before the value',
    code: 'byte-range',
    make: ranged((a, b, c) => `[0 ${a - 1} ${b} ${c}]`),
  },
  {
    name: 'the signed range leaves out one byte behind the value',
    code: 'byte-range',
    make: ranged((a, b, c) => `[0 ${a} ${b + 1} ${c - 1}]`),
  },
  { name: 'the signed range ends one byte before the file', make: ranged((a, b, c) => `[0 ${a} ${b} ${c - 1}]`) },
  {
    name: 'the signed range ends behind the file',
    code: 'byte-range',
    make: ranged((a, b, c) => `[0 ${a} ${b} ${c + 1}]`),
  },
  {
    name: 'the signed range has a negative number',
    code: 'byte-range',
    make: ranged((a, b, c) => `[0 ${a} ${b} -${c}]`),
  },
  { name: 'the signed range has a real number', code: 'byte-range', make: ranged((a, b, c) => `[0 ${a}. ${b} ${c}]`) },
  { name: 'the signed range has a number with leading zeros', make: ranged((a, b, c) => `[0 ${a} ${b} 000${c}]`) },
  {
    name: 'the signed range has a third part',
    code: 'byte-range',
    make: ranged((a, b, c) => `[0 ${a} ${b} ${c} 0 0]`),
  },
  {
    name: 'the signed range is one part over all of the file',
    code: 'byte-range',
    make: ranged((_a, b, c) => `[0 ${b + c} 0 0]`),
  },
  {
    name: 'the parts of the signed range overlap',
    code: 'byte-range',
    make: ranged((a, b, c) => `[0 ${b} ${a} ${c}]`),
  },
  {
    name: 'the parts of the signed range stand in the other order',
    code: 'byte-range',
    make: ranged((a, b, c) => `[${b} ${c} 0 ${a}]`),
  },
  { name: 'the signed range is spread with other white space', make: ranged((a, b, c) => `[0 ${a}\t${b} ${c}]`) },
]
