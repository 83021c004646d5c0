import { expect, test } from 'vitest'
import { verifyPdf } from '../../../../src/signing/verify-pdf.ts'
import { handmadePdf, signingTime } from '../../../helpers/signing.ts'

/* Files that nobody signed and that would take hours or all memory if they were read without measure. */

const verdictOf = async (pdf: Uint8Array) => {
  const { verdict, reasons } = await verifyPdf(pdf, { anchors: [], at: signingTime })
  return { verdict, codes: reasons.map(({ code }) => code) }
}

test.each([
  ['names everything many times over', 1_000, 1, 'modified-after-signing'],
  ['names everything twice in each list', 400, 2, 'malformed'],
  ['has more than the certificates of any report', 1_001, 1, 'malformed'],
])('a security store that %s is refused at once', async (_, count, times, code) => {
  const references = Array.from({ length: count }, (_, i) => `${i + 5} 0 R`).join(' ')
  const named = Array.from({ length: times }, () => references).join(' ')
  const entry = (i: number) => `/${i.toString(16).toUpperCase().padStart(40, '0')} <</Cert [${named}]>>`
  const store = `<</Type /DSS /Certs [${references}] /VRI <<${Array.from({ length: 160 }, (_, i) => entry(i)).join('\n')}>>>>`
  const streams = Array.from(
    { length: count },
    (_, i) => `<</Length 8>>\nstream\n${String(i).padStart(8, '0')}\nendstream`,
  )
  const pages = ['<</Type /Pages /Kids [3 0 R] /Count 1>>', '<</Type /Page /Parent 2 0 R>>']
  const printed = handmadePdf(['<</Type /Catalog /Pages 2 0 R /DSS 4 0 R>>', ...pages, store, ...streams])
  const previous = /startxref\n(\d+)/.exec(Buffer.from(printed).toString('latin1'))?.[1]
  const body = `4 0 obj\n${store}\nendobj\n`
  const table = `xref\n4 1\n${String(printed.length).padStart(10, '0')} 00000 n \n`
  const trailer = `trailer\n<</Size ${count + 5} /Root 1 0 R /Prev ${previous}>>\nstartxref\n${printed.length + body.length}\n%%EOF\n`
  const updated = Buffer.concat([printed, Buffer.from(body + table + trailer)])
  expect(await verdictOf(updated)).toEqual({ verdict: 'refused', codes: [code] })
})

test('more values than a report has are refused before they fill the memory', async () => {
  const pdf = handmadePdf([`<</Type /Catalog /X [${'null '.repeat(6_100_000)}]>>`])
  expect(await verdictOf(pdf)).toEqual({ verdict: 'refused', codes: ['malformed'] })
})

test('a form that takes all names of timestamps but the last is refused at once', async () => {
  const count = 60_000
  const names = Array.from({ length: count }, (_, i) => `<</FT /Sig /T (Timestamp${i + 1}) /V 3 0 R>>`)
  const objects = ['<</Type /Catalog /Pages 2 0 R /AcroForm 4 0 R>>', '<</Type /Pages /Kids [5 0 R] /Count 1>>', '<<>>']
  const fields = names.map((_, i) => `${i + 6} 0 R`).join(' ')
  const printed = handmadePdf([...objects, `<</Fields [${fields}]>>`, '<</Type /Page /Parent 2 0 R>>', ...names])
  const previous = /startxref\n(\d+)/.exec(Buffer.from(printed).toString('latin1'))?.[1]
  const body = '3 0 obj\n<</SubFilter /ETSI.RFC3161 /Contents <00>>>\nendobj\n'
  const table = `xref\n3 1\n${String(printed.length).padStart(10, '0')} 00000 n \n`
  const trailer = `trailer\n<</Size ${count + 6} /Root 1 0 R /Prev ${previous}>>\nstartxref\n${printed.length + body.length}\n%%EOF\n`
  const updated = Buffer.concat([printed, Buffer.from(body + table + trailer)])
  expect(await verdictOf(updated)).toEqual({ verdict: 'refused', codes: ['modified-after-signing'] })
})

test('objects that stand inside each other are refused before each has been read', async () => {
  const depth = 50
  const opened = Array.from({ length: depth }, (_, i) => `${i + 4} 0 obj\n<</FT /Sig /A (`)
  const fields = opened.map((_, i) => `${i + 4} 0 R`).join(' ')
  const nested = `${opened.join('')}${'x'.repeat(1000)}${')>>\nendobj\n'.repeat(depth)}`
  const own = ['<</Type /Catalog /Pages 2 0 R /AcroForm 3 0 R>>', '<</Type /Pages /Kids [] /Count 0>>']
  const front = handmadePdf([...own, `<</Fields [${fields}]>>`])
  const previous = /startxref\n(\d+)/.exec(Buffer.from(front).toString('latin1'))?.[1]
  const places = opened.map((_, i) => front.length + opened.slice(0, i).join('').length)
  const lines = places.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`)
  const table = `xref\n4 ${depth}\n${lines.join('')}`
  const trailer = `trailer\n<</Size ${depth + 4} /Root 1 0 R /Prev ${previous}>>\nstartxref\n${front.length + nested.length}\n%%EOF\n`
  const pdf = Buffer.concat([front, Buffer.from(nested + table + trailer)])
  const { reasons } = await verifyPdf(pdf, { anchors: [], at: signingTime })
  expect(reasons).toEqual([expect.objectContaining({ code: 'malformed', message: expect.stringContaining('overlap') })])
})

test('a cross-reference section that reaches into the next is refused before all have been read', async () => {
  const own = ['<</Type /Catalog /Pages 2 0 R>>', '<</Type /Pages /Kids [] /Count 0>>']
  const front = handmadePdf(own).subarray(0, -6)
  const previous = /startxref\n(\d+)/.exec(Buffer.from(front).toString('latin1'))?.[1]
  const text = Buffer.from(front)
    .toString('latin1')
    .replace(/\/Root 1 0 R >>\n[\s\S]*$/, '/Root 1 0 R /A (')
  const table = `xref\n0 0\ntrailer\n<</Size 3 /Root 1 0 R /Prev ${previous}>>\n`
  const pdf = Buffer.from(`${text}${table})>>\nstartxref\n${text.length}\n%%EOF\n`, 'latin1')
  const { reasons } = await verifyPdf(pdf, { anchors: [], at: signingTime })
  expect(reasons).toEqual([expect.objectContaining({ code: 'malformed', message: expect.stringContaining('overlap') })])
})
