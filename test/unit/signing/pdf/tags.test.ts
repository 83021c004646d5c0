import { expect, test } from 'vitest'
import { entry, openPdf, type PdfFile } from '../../../../src/signing/pdf/file.ts'
import { isDict, isStream, type PdfObject } from '../../../../src/signing/pdf/objects.ts'
import { readSubject } from '../../../../src/signing/rules/subject.ts'
import { chromiumPdf, handmadePdf, sign } from '../../../helpers/signing.ts'

const list = (items: string, more: readonly string[] = []) =>
  handmadePdf([
    '<</Type /Catalog /Pages 2 0 R /StructTreeRoot 4 0 R /MarkInfo <</Marked true>>>>',
    '<</Type /Pages /Kids [3 0 R] /Count 1>>',
    '<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<>>>>',
    '<</Type /StructTreeRoot\n/K 5 0 R\n/ParentTree 6 0 R>>',
    '<</Type /StructElem\n/S /Document\n/P 4 0 R\n/K 7 0 R>>',
    '<</Kids [8 0 R]>>',
    `<</Type /StructElem\n/S /L\n/P 5 0 R\n/K ${items}>>`,
    '<</Limits [0 0] /Nums [0 9 0 R]>>',
    '<</Type /StructElem\n/S /LI\n/P 7 0 R\n/K 0>>',
    ...more,
  ])

test('a list item without a body becomes one, and what refers to it stays right', async () => {
  const { pdf } = await sign(list('[9 0 R]'))
  const { elements, parents } = readSubject(pdf).structure()
  expect(elements.map(({ type, parent }) => `${type} in ${parent?.type}`)).toContain('LBody in LI')
  expect(elements.find(({ type }) => type === 'LI')?.parent?.type).toBe('L')
  expect(parents.get(0)).toMatchObject({ number: 9 })
  expect(elements.find(({ object }) => object === 9)?.type).toBe('LBody')
})

test('a list item with a body stays as it is', async () => {
  const { pdf } = await sign(
    list('[10 0 R]', [
      '<</Type /StructElem\n/S /LI\n/P 7 0 R\n/K [11 0 R]>>',
      '<</Type /StructElem\n/S /LBody\n/P 10 0 R>>',
    ]),
  )
  const file = openPdf(pdf)
  expect(nameAt(file, file.load(10), 'S')).toBe('LI')
})

test('the signature’s field is a Form in the first part of the document, found from the field and from the tree', async () => {
  const { pdf } = await sign(chromiumPdf(), { rectangle: [50, 60, 250, 120] })
  const subject = readSubject(pdf)
  const form = subject.structure().elements.find(({ type }) => type === 'Form')
  const field = subject.annotations.find(({ dict }) => dict.entries.has('FT'))
  expect(form?.holds).toEqual([field?.object])
  const key = entry(subject.file, field?.dict, 'StructParent')
  expect(subject.structure().parents.get(Number(key))).toMatchObject({ number: form?.object })
})

test('types of PDF 2.0 get a role in PDF 1.7, those that have one keep it', async () => {
  const { pdf } = await sign(chromiumPdf())
  const file = openPdf(pdf)
  const roles = entry(file, entry(file, file.catalog, 'StructTreeRoot'), 'RoleMap')
  expect(nameAt(file, roles, 'Strong')).toBe('Span')
  expect(isDict(roles) && roles.entries.has('P')).toBe(false)
})

test('a page that Chromium did not write keeps its content, and the document does not call itself PDF/A', async () => {
  const pdf = handmadePdf([
    '<</Type /Catalog /Pages 2 0 R>>',
    '<</Type /Pages /Kids [3 0 R] /Count 1>>',
    '<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<>> /Contents 4 0 R>>',
    '<</Length 14>>\nstream\n0 0 9 9 re f \n\nendstream',
  ])
  const signed = (await sign(pdf)).pdf
  const file = openPdf(signed)
  const content = file.load(4)
  expect(isStream(content) && Buffer.from(content.bytes).toString()).toBe('0 0 9 9 re f \n')
  expect(Buffer.from(signed).includes('pdfaid')).toBe(false)
})

function nameAt(file: PdfFile, of: PdfObject, key: string): string | null {
  const value = entry(file, of, key)
  return typeof value === 'object' && value?.kind === 'name' ? value.value : null
}
