import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../src/model/time.ts'
import { readDerPrefix } from '../../../src/signing/cms/der.ts'
import { readSignedData } from '../../../src/signing/cms/signed-data.ts'
import { keyTypes } from '../../../src/signing/keys/identity.ts'
import type { ReasonCode } from '../../../src/signing/refusal.ts'
import type { PdfVerdict } from '../../../src/signing/verdict.ts'
import { verifyPdf } from '../../../src/signing/verify-pdf.ts'
import {
  attachment,
  chromiumPdf,
  handmadePdf,
  identityOf,
  replaced,
  sign,
  signingTime,
  tinyPdf,
  withByte,
} from '../../helpers/signing.ts'

const anchors = [identityOf('p256').rootCertificate]
const { pdf } = await sign(chromiumPdf())
const text = Buffer.from(pdf).toString('latin1')
const gap = /\/Contents (<[0-9A-F]{2000,}>)/.exec(text)
const gapStart = (gap?.index ?? 0) + '/Contents '.length
const gapEnd = gapStart + (gap?.[1]?.length ?? 0)

const verify = (bytes: Uint8Array): Promise<PdfVerdict> => verifyPdf(bytes, { anchors, at: signingTime })
const codes = async (bytes: Uint8Array): Promise<readonly ReasonCode[]> =>
  (await verify(bytes)).reasons.map(({ code }) => code)

describe('a report as it was signed', () => {
  test.each(keyTypes)('is accepted with a %s key', async (keyType) => {
    const signed = await sign(chromiumPdf(), { keyType })
    const verdict = await verifyPdf(signed.pdf, { anchors: [identityOf(keyType).rootCertificate], at: signingTime })
    expect(verdict).toMatchObject({
      verdict: 'accepted',
      level: 'B-B',
      reasons: [],
      signedAt: signingTime,
      timestamp: null,
      revisions: 2,
      signer: {
        subject: 'CN=Example (Größe) AG report signing, O=Example (Größe) AG',
        issuer: 'CN=Example (Größe) AG Affidavit root, O=Example (Größe) AG',
      },
    })
  })

  test('gives its attachments back', async () => {
    const files = [attachment('b.json', '[2]'), attachment('ä (1).json', '[1]'), attachment('empty.json', '')]
    const verdict = await verify((await sign(chromiumPdf(), { attachments: files })).pdf)
    expect(verdict.verdict).toBe('accepted')
    const found = new Map(verdict.attachments.map((file) => [file.name, Buffer.from(file.bytes).toString()]))
    expect(found).toEqual(
      new Map([
        ['b.json', '[2]'],
        ['ä (1).json', '[1]'],
        ['empty.json', ''],
      ]),
    )
    expect(verdict.attachments.every(({ mediaType }) => mediaType === 'application/json')).toBe(true)
  })

  test('is unaltered but unproven where no certificate is trusted', async () => {
    const verdict = await verifyPdf(pdf, { anchors: [], at: signingTime })
    expect(verdict).toMatchObject({ verdict: 'intact-signer-unproven', reasons: [{ code: 'no-anchor' }] })
    expect(verdict.attachments).toHaveLength(1)
  })

  test('is refused where only somebody else is trusted', async () => {
    const verdict = await verifyPdf(pdf, { anchors: [identityOf('p384').rootCertificate], at: signingTime })
    expect(verdict).toMatchObject({ verdict: 'refused', reasons: [{ code: 'signer-not-trusted' }] })
  })

  test('is accepted with its own certificate as the trusted one', async () => {
    const verdict = await verifyPdf(pdf, { anchors: [identityOf('p256').reportCertificate], at: signingTime })
    expect(verdict.verdict).toBe('accepted')
  })

  test('is refused without a timestamp once its certificate has expired', async () => {
    const verdict = await verifyPdf(pdf, { anchors, at: instant('2039-01-01T00:00:00Z') })
    expect(verdict.reasons.map(({ code }) => code)).toEqual(['certificate-validity'])
  })

  test('is refused where the trusted certificate is none', async () => {
    const verdict = await verifyPdf(pdf, { anchors: ['hello'], at: signingTime })
    expect(verdict).toMatchObject({ verdict: 'refused', reasons: [{ code: 'anchor-unreadable' }] })
  })
})

describe('any one byte changed', () => {
  const flips = fc.tuple(fc.nat(pdf.length - 1), fc.integer({ min: 1, max: 255 }))
  const inGap = fc.tuple(fc.integer({ min: gapStart, max: gapEnd - 1 }), fc.integer({ min: 1, max: 255 }))

  test('anywhere, is refused', async () => {
    await fc.assert(
      fc.asyncProperty(flips, async ([at, mask]) => {
        expect((await verify(withByte(pdf, at, (pdf[at] ?? 0) ^ mask))).verdict).toBe('refused')
      }),
      { numRuns: 300 },
    )
  })

  test('in the signature itself, is refused', async () => {
    await fc.assert(
      fc.asyncProperty(inGap, async ([at, mask]) => {
        expect((await verify(withByte(pdf, at, (pdf[at] ?? 0) ^ mask))).verdict).toBe('refused')
      }),
      { numRuns: 300 },
    )
  })

  test('to the same hexadecimal digit in the other case, is refused', async () => {
    const letter = gapStart + text.slice(gapStart, gapEnd).search(/[A-F]/)
    expect(await codes(withByte(pdf, letter, (pdf[letter] ?? 0) ^ 0x20))).toEqual(['contents-token'])
  })

  test('in the zeros behind the signature, is refused', async () => {
    expect(await codes(withByte(pdf, gapEnd - 2, 0x31))).toEqual(['contents-padding'])
  })
})

describe('more than one byte changed', () => {
  test('an appended byte is named as an addition to what was signed', async () => {
    expect(await codes(Buffer.concat([pdf, Buffer.from('\n')]))).toEqual(['modified-after-signing'])
  })

  test('an incremental update is named as an addition to what was signed', async () => {
    const object = `${pdf.length}`.padStart(10, '0')
    const update = '2 0 obj\n<</Type /Page>>\nendobj\n'
    const previous = /startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]
    const root = /\/Root (\d+ 0 R)/.exec(text)?.[1]
    const size = [...text.matchAll(/\/Size (\d+)/g)].at(-1)?.[1]
    const tail = `xref\n2 1\n${object} 00000 n \ntrailer\n<</Size ${size} /Root ${root} /Prev ${previous}>>\nstartxref\n${pdf.length + update.length}\n%%EOF\n`
    const verdict = await verify(Buffer.concat([pdf, Buffer.from(update + tail)]))
    expect(verdict).toMatchObject({ verdict: 'refused', revisions: 3, reasons: [{ code: 'modified-after-signing' }] })
  })

  test('a truncated file is refused at whatever length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(pdf.length - 1), async (length) => {
        expect((await verify(pdf.subarray(0, length))).verdict).toBe('refused')
      }),
      { numRuns: 50 },
    )
  })

  test('the unsigned original is no signed document', async () => {
    expect(await codes(chromiumPdf())).toEqual(['not-signed'])
  })

  test("another document's signature is refused", async () => {
    const other = await sign(chromiumPdf(), { reason: 'Issued (as is) \\ with brackets) and ümlaut' })
    expect(other.pdf.length).toBe(pdf.length)
    const spliced = Buffer.from(other.pdf)
    spliced.set(pdf.subarray(gapStart, gapEnd), gapStart)
    expect(await codes(spliced)).toEqual(['digest-mismatch'])
  })

  test('an attachment swapped for another of the same size is refused', async () => {
    const one = await sign(tinyPdf(), { attachments: [attachment('a', '1'), attachment('b', '2')] })
    expect((await verify(replaced(one.pdf, '/UF (a)', '/UF (c)'))).verdict).toBe('refused')
  })

  test.each([
    ['that begins later', (a: string, b: string, c: string) => `[1 ${a} ${b} ${c}`],
    ['with a wider gap', (a: string, b: string, c: string) => `[0 ${a} ${Number(b) + 1} ${Number(c) - 1}`],
    ['with an earlier gap', (a: string, b: string, c: string) => `[0 ${Number(a) - 1} ${b} ${c}`],
    ['that ends earlier', (a: string, b: string, c: string) => `[0 ${a} ${b} ${Number(c) - 1}`],
    ['of two numbers', (a: string) => `[0 ${a}`],
    ['of six numbers', (a: string, b: string, c: string) => `[0 ${a} ${b} ${c} 1 1`],
    ['with a sign', (a: string, b: string, c: string) => `[0 -${a} ${b} ${c}`],
    ['with a real', (a: string, b: string, c: string) => `[0 ${a}.0 ${b} ${c}`],
  ])('a range %s is refused', async (_, make) => {
    const match = /\[0 (\d+) (\d+) (\d+) +\]/.exec(text)
    const [whole = '', a = '', b = '', c = ''] = match ?? []
    const range = `${make(a, b, c).padEnd(whole.length - 1)}]`
    const [code] = await codes(replaced(pdf, whole, range))
    expect(['byte-range', 'modified-after-signing']).toContain(code)
  })

  test('a signature of another kind is refused', async () => {
    const changed = replaced(pdf, 'ETSI.CAdES.detached', 'adbe.pkcs7.detached')
    expect(await codes(changed)).toEqual(['signature-dictionary'])
  })
})

describe('what a signer could have hidden', () => {
  test('bytes between objects are refused although they are signed', async () => {
    const hidden = Buffer.from(tinyPdf()).toString('latin1').replace('xref\n0', '%hidden\nxref\n0')
    const moved = hidden.replace(/startxref\n(\d+)/, (_, at) => `startxref\n${Number(at) + 8}`)
    const signed = await sign(Buffer.from(moved, 'latin1'))
    expect(await codes(signed.pdf)).toEqual(['unexplained-bytes'])
  })

  test('an object that poses as a second signature is refused although it is signed', async () => {
    const objects = ['<</Type /Catalog /Pages 2 0 R>>', '<</Kids [3 0 R]>>', '<</Type /Page /Parent 2 0 R>>']
    const signed = await sign(handmadePdf([...objects, '<</Type /Sig /Contents <00>>>']))
    expect(await codes(signed.pdf)).toEqual(['several-signatures'])
  })
})

test('a form whose fields multiply costs nothing', async () => {
  const kids = Array.from({ length: 15 }, (_, i) => `<</Kids [${`${i + 3} 0 R `.repeat(8)}]>>`)
  const bytes = handmadePdf(['<</AcroForm <</Fields [2 0 R]>>>>', ...kids, '<</FT /Sig>>'])
  expect(await codes(bytes)).toEqual(['malformed'])
})

test('no bytes make it throw', async () => {
  const pieces = fc.constantFrom(
    'xref\n',
    '0 1\n',
    'trailer\n',
    '<<',
    '>>',
    '/Root 1 0 R',
    '1 0 obj\n',
    'endobj\n',
    '%%EOF\n',
    'startxref\n0\n',
    '%PDF-1.4\n',
  )
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(pieces, { maxLength: 40 })
      .map((parts) => Uint8Array.from(Buffer.from(`%PDF-1.4\n${parts.join('')}startxref\n9\n%%EOF\n`))),
    fc
      .tuple(fc.nat(pdf.length), fc.nat(pdf.length), fc.nat(pdf.length))
      .map(([a, b, c]) =>
        Uint8Array.from(Buffer.concat([pdf.subarray(0, a), pdf.subarray(Math.min(b, c), Math.max(b, c))])),
      ),
  )
  await fc.assert(
    fc.asyncProperty(hostile, async (bytes) => {
      const { verdict } = await verify(bytes)
      expect(verdict === 'refused' || Buffer.compare(bytes, pdf) === 0).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('reading a signature leaves the bytes that it is read from as they are', () => {
  const cms = Buffer.from(Buffer.from(pdf.subarray(gapStart + 1, gapEnd - 1)).toString('latin1'), 'hex')
  const own = cms.subarray(0, readDerPrefix(cms).end)
  const before = Buffer.from(own).toString('hex')
  readSignedData(own)
  expect(own.toString('hex')).toBe(before)
})
