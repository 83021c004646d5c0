import { describe, expect, test } from 'vitest'
import { openPdf, pages } from '../../../../src/signing/pdf/file.ts'
import { PdfError } from '../../../../src/signing/pdf/objects.ts'
import { chromiumPdf, handmadePdf, replaced, tinyPdf } from '../../../helpers/signing.ts'

const catalog = '<</Type /Catalog /Pages 2 0 R>>'
const pageTree = '<</Type /Pages /Kids [3 0 R] /Count 1>>'
const page = '<</Type /Page /Parent 2 0 R>>'

test("Chromium's output opens with all of its pages", () => {
  const file = openPdf(chromiumPdf())
  expect(pages(file)).toHaveLength(3)
  expect(file.sections).toHaveLength(1)
  for (const number of file.numbers) expect(file.load(number)).toBeDefined()
})

test('a stream may have its length in an object of its own', () => {
  const file = openPdf(handmadePdf([catalog, pageTree, page, '<</Length 5 0 R>>\nstream\nhello\nendstream', '5']))
  const stream = file.load(4)
  expect(typeof stream === 'object' && stream?.kind === 'stream' && Buffer.from(stream.bytes).toString()).toBe('hello')
})

test('a reference to an object that is not in use is null', () => {
  const file = openPdf(tinyPdf())
  expect(file.resolve({ kind: 'ref', number: 99, generation: 0 })).toBe(null)
  expect(file.resolve({ kind: 'ref', number: 1, generation: 5 })).toBe(null)
})

describe('it is refused to open', () => {
  test.each([
    ['something without a header', () => Buffer.from('hello\nstartxref\n0\n%%EOF\n')],
    ['a file whose end is missing', () => tinyPdf().subarray(0, -7)],
    ['a file with something behind its end', () => Buffer.concat([tinyPdf(), Buffer.from('x')])],
    ['an encrypted file', () => handmadePdf([catalog, pageTree, page], { trailer: '/Encrypt 3 0 R' })],
    ['a file with a cross-reference stream', () => handmadePdf([catalog, pageTree, page], { trailer: '/XRefStm 9' })],
    ['a file whose sections go in a circle', () => handmadePdf([catalog, pageTree, page], { trailer: '/Prev 9999' })],
    ['a file whose objects are elsewhere', () => replaced(tinyPdf(), '0000000009 00000 n', '0000000010 00000 n')],
    ['a catalog that is not there', () => replaced(tinyPdf(), '/Root 1 0 R', '/Root 9 0 R')],
    ['an entry that is no entry', () => replaced(tinyPdf(), '00000 n', '00000 x')],
    ['a stream longer than the file', () => handmadePdf(['<</Length 9999>>\nstream\n\nendstream'])],
    ['a stream whose length is itself', () => handmadePdf(['<</Length 1 0 R>>\nstream\n\nendstream'])],
  ])('%s', (_, make) => {
    expect(() => openPdf(make())).toThrow(PdfError)
  })

  test('a page tree in a circle', () => {
    const file = openPdf(handmadePdf([catalog, '<</Kids [2 0 R]>>']))
    expect(() => pages(file)).toThrow(PdfError)
  })

  test('streams whose lengths lead to each other', () => {
    const a = '<</Length 4 0 R>>\nstream\n\nendstream'
    const b = '<</Length 3 0 R>>\nstream\n\nendstream'
    const file = openPdf(handmadePdf([catalog, '<</Kids []>>', a, b]))
    expect(() => file.load(3)).toThrow(PdfError)
  })
})
