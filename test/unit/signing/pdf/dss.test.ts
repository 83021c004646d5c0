import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addToStore, readStore, type SecurityStore, vriKey } from '../../../../src/signing/pdf/dss.ts'
import { openPdf } from '../../../../src/signing/pdf/file.ts'
import { PdfError } from '../../../../src/signing/pdf/objects.ts'
import { updateOf } from '../../../../src/signing/pdf/update.ts'
import { handmadePdf, tinyPdf } from '../../../helpers/signing.ts'

const data = (given: Partial<SecurityStore>): SecurityStore => ({ certificates: [], ocsps: [], crls: [], ...given })
const [one, two, three] = [Uint8Array.of(0x30, 1, 1), Uint8Array.of(0x30, 1, 2), Uint8Array.of(0x30, 1, 3)]
const signature = vriKey(Uint8Array.of(1, 0, 0))
const timestamp = vriKey(Uint8Array.of(2, 0, 0))

function added(pdf: Uint8Array, related: readonly (readonly [string, SecurityStore])[]): Uint8Array {
  const file = openPdf(pdf)
  const update = updateOf(file)
  addToStore(file, update, new Map(related))
  return update.write({}).bytes
}

test('a signature is named by the SHA-1 of all that its /Contents holds, in upper case', () => {
  // printf 'abc\0' | sha1sum
  expect(vriKey(Uint8Array.of(0x61, 0x62, 0x63, 0))).toBe('686483805AC47CA14E03514F7481A7973B401762')
})

test('a document without a security store has none', () => {
  expect(readStore(openPdf(tinyPdf()))).toBeNull()
})

test('what is put into the store is read from it, each value once, by signature and in all', () => {
  const pdf = added(tinyPdf(), [
    [signature, data({ certificates: [one, two], ocsps: [three] })],
    [timestamp, data({ certificates: [two], crls: [one] })],
  ])
  const found = readStore(openPdf(pdf))
  expect(found).toMatchObject({ certificates: [one, two], ocsps: [three], crls: [one] })
  expect(found?.related.get(signature)).toEqual(data({ certificates: [one, two], ocsps: [three] }))
  expect(found?.related.get(timestamp)).toEqual(data({ certificates: [two], crls: [one] }))
  expect(found?.numbers).toHaveLength(5)
})

test('a later update keeps what is there in its objects and adds the rest', () => {
  const first = added(tinyPdf(), [[signature, data({ certificates: [one], ocsps: [two] })]])
  const second = added(first, [[timestamp, data({ certificates: [one, three] })]])
  const [before, after] = [first, second].map((pdf) => readStore(openPdf(pdf)))
  expect(Buffer.from(second.subarray(0, first.length)).equals(first)).toBe(true)
  expect(after).toMatchObject({ certificates: [one, three], ocsps: [two], crls: [] })
  expect([...(after?.related.keys() ?? [])]).toEqual([signature, timestamp])
  expect(after?.numbers).toEqual(expect.arrayContaining([...(before?.numbers ?? [])]))
  // One more certificate: the store is written anew, the catalog is not.
  expect(openPdf(second).sections[0]?.offsets.size).toBe(2)
})

test('any values come back as they were', () => {
  const lists = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 4 })
  const store = fc.record({ certificates: lists, ocsps: lists, crls: lists })
  fc.assert(
    fc.property(store, store, (a, b) => {
      const found = readStore(openPdf(added(added(tinyPdf(), [[signature, a]]), [[timestamp, b]])))
      expect(found?.related.get(signature)).toEqual(a)
      expect(found?.related.get(timestamp)).toEqual(b)
    }),
    { numRuns: 60 },
  )
})

describe('a store is refused', () => {
  const withStore = (store: string, ...more: readonly string[]): Uint8Array =>
    handmadePdf([
      '<</Type /Catalog /Pages 2 0 R /DSS 4 0 R>>',
      '<</Type /Pages /Kids [3 0 R] /Count 1>>',
      '<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<>>>>',
      store,
      '<</Length 3>>\nstream\nabc\nendstream',
      ...more,
    ])

  test('only where something is wrong with it', () => {
    expect(readStore(openPdf(withStore('<</Certs [5 0 R]>>')))).toMatchObject({ numbers: [4, 5] })
  })

  test.each([
    ['with an entry that the standard does not name', '<</Certs [5 0 R] /Extra 1>>'],
    ['of another type', '<</Type /Sig /Certs [5 0 R]>>'],
    ['that is no dictionary', '[5 0 R]'],
    ['with a value in two lists', '<</Certs [5 0 R] /CRLs [5 0 R]>>'],
    ['with a value twice', '<</Certs [5 0 R 5 0 R]>>'],
    ['with something else than references', '<</Certs [(abc)]>>'],
    ['with a list that is none', '<</Certs 5 0 R>>'],
    ['with a value that is no stream', '<</Certs [3 0 R]>>'],
    ['with a value that is not there', '<</Certs [9 0 R]>>'],
    ['with itself as a value', '<</Certs [4 0 R]>>'],
    ['that names a signature by something else', '<</Certs [5 0 R] /VRI <</abc <<>>>>>>'],
    ['that relates a value of no list', `<</VRI <</${signature} <</Cert [5 0 R]>>>>>>`],
    ['that relates a value of another list', `<</Certs [5 0 R] /VRI <</${signature} <</CRL [5 0 R]>>>>>>`],
    ['with a claimed time', `<</Certs [5 0 R] /VRI <</${signature} <</TU (D:20260909)>>>>>>`],
  ])('%s', (_, store) => {
    expect(() => readStore(openPdf(withStore(store)))).toThrow(PdfError)
  })

  test('with a value that is packed, or has a length elsewhere', () => {
    const packed = '<</Length 3 /Filter /ASCIIHexDecode>>\nstream\n616\nendstream'
    expect(() => readStore(openPdf(withStore('<</Certs [6 0 R]>>', packed)))).toThrow(PdfError)
    const elsewhere = '<</Length 7 0 R>>\nstream\nabc\nendstream'
    expect(() => readStore(openPdf(withStore('<</Certs [6 0 R]>>', elsewhere, '3')))).toThrow(PdfError)
  })
})
