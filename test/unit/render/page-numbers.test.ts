import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fillPageNumbers, hasPageMarks, pageMark, pageNumbers } from '../../../src/render/page-numbers.ts'

const pdf = `%PDF-1.4
1 0 obj
<</Type /Page
/Parent 4 0 R>>
endobj
2 0 obj
<</Type /Page
/Parent 5 0 R>>
endobj
3 0 obj
<</Type /Page
/Parent 5 0 R>>
endobj
4 0 obj
<</Type /Pages
/Count 1
/Kids [1 0 R]
/Parent 6 0 R>>
endobj
5 0 obj
<</Type /Pages
/Count 2
/Kids [3 0 R 2 0 R]
/Parent 6 0 R>>
endobj
6 0 obj
<</Type /Pages
/Count 3
/Kids [4 0 R 5 0 R]>>
endobj
7 0 obj
<</about [1 0 R /XYZ 0 841 0]
/annex [2 0 R /XYZ 0 841 0]>>
endobj
8 0 obj
<</Type /Catalog
/Pages 6 0 R
/Dests 7 0 R>>
endobj
`

test('a named destination has the number of its page in reading order', () => {
  expect(pageNumbers(Buffer.from(pdf))).toEqual(
    new Map([
      ['about', 1],
      ['annex', 3],
    ]),
  )
})

test('bytes that are no such PDF give no page numbers, and never an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: pdf.length }), (noise, cut) => {
      expect(pageNumbers(noise)).toEqual(new Map())
      pageNumbers(Buffer.concat([Buffer.from(pdf.slice(0, cut)), noise]))
    }),
  )
})

test('marks are filled where the page is known and left alone where not', () => {
  const html = `<p>${pageMark('about')}</p><p>${pageMark('nowhere')}</p>`
  expect(hasPageMarks(html)).toBe(true)
  expect(fillPageNumbers(html, new Map([['about', 2]]))).toBe(`<p>2</p><p>${pageMark('nowhere')}</p>`)
})
