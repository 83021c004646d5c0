import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addSignature } from '../../../../src/signing/add-signature.ts'
import { openPdf } from '../../../../src/signing/pdf/file.ts'
import { array, ref } from '../../../../src/signing/pdf/objects.ts'
import { updateOf } from '../../../../src/signing/pdf/update.ts'
import { checkPdfRules, pdfRules } from '../../../../src/signing/rules/check.ts'
import {
  attachment,
  chromiumPdf,
  clock,
  handmadePdf,
  identityOf,
  never,
  sign,
  signerOf,
  tinyPdf,
  withByte,
} from '../../../helpers/signing.ts'
import { damages } from './damages.ts'

const { pdf } = await sign(chromiumPdf(), {
  attachments: [attachment('evidence.json', '{"a":1}')],
  rectangle: [50, 60, 250.5, 120],
})

const failedIn = (bytes: Uint8Array) =>
  checkPdfRules(bytes).flatMap(({ id, result }) => (result === 'failed' ? [id] : []))

test('a report as we sign it breaks no rule', () => {
  expect(failedIn(pdf)).toEqual([])
})

test('a report as Chromium prints it breaks those that signing mends', () => {
  expect(failedIn(chromiumPdf())).toEqual([
    'trailer-id',
    'device-colours',
    'annotations-described',
    'xmp-present',
    'title',
  ])
})

test('what a rule is not about, or that is not understood, is told from what passed', () => {
  const of = (bytes: Uint8Array, wanted: string) => checkPdfRules(bytes).find(({ id }) => id === wanted)
  expect(of(pdf, 'images')).toMatchObject({ result: 'passed', examined: 0 })
  expect(of(pdf, 'pdfua-identification')).toMatchObject({ result: 'not-checked', examined: 0 })
  expect(of(pdf, 'widths')).toMatchObject({ result: 'passed', examined: expect.any(Number) })
  expect(of(tinyPdf(), 'xmp-well-formed')?.result).toBe('not-checked')
})

test('a file that cannot be read fails one rule and leaves those about its objects unchecked', () => {
  const results = checkPdfRules(handmadePdf(['<</Type /Catalog /Pages 2 0 R /Pages 2 0 R>>', '<<>>']))
  expect(results.find(({ id }) => id === 'readable')?.result).toBe('failed')
  expect(results.find(({ id }) => id === 'structure-tree')?.result).toBe('not-checked')
  expect(results).toHaveLength(pdfRules.length)
})

test('a second person’s signature breaks no rule', async () => {
  const signer = await signerOf(identityOf('p256'))
  const anchors = [identityOf('p256').rootCertificate]
  const twice = await addSignature(pdf, { signer, reason: 'Approved', anchors, signal: never, clock })
  expect(failedIn(twice.pdf)).toEqual([])
})

test('no byte makes the check itself fail', () => {
  fc.assert(
    fc.property(fc.nat(pdf.length - 1), fc.nat(255), (at, value) => {
      expect(checkPdfRules(withByte(pdf, at, value))).toHaveLength(pdfRules.length)
    }),
    { numRuns: 150 },
  )
})

test('no object in the place of another makes the check itself fail', () => {
  const numbers = openPdf(pdf).numbers
  fc.assert(
    fc.property(fc.constantFrom(...numbers), fc.constantFrom(...numbers, null), (at, other) => {
      const file = openPdf(pdf)
      const update = updateOf(file)
      update.put(ref(at), other === null ? array(ref(at)) : file.load(other))
      expect(checkPdfRules(update.write({}).bytes)).toHaveLength(pdfRules.length)
    }),
    { numRuns: 150 },
  )
})

test('a file that was cut off is told', () => {
  for (const bytes of [new Uint8Array(), Buffer.from('%PDF-1.7'), Buffer.from(pdf.subarray(0, 20_000))]) {
    expect(checkPdfRules(bytes)).toHaveLength(pdfRules.length)
  }
})

describe('a damage is found by the rule against it, which names where', () => {
  test.each(damages.map(({ rule, what, damage }) => [rule, what, damage] as const))('%s: %s', (rule, _, damage) => {
    const result = checkPdfRules(damage(pdf)).find(({ id }) => id === rule)
    expect(result).toMatchObject({ id: rule, result: 'failed' })
    expect(result?.faults[0]?.what).toEqual(expect.any(String))
  })

  test('every rule has a damage', () => {
    const tried = new Set(damages.map(({ rule }) => rule))
    expect(pdfRules.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual([])
  })
})

test('the documentation lists every rule with its clauses', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/report-file.md'), 'utf8')
  const rows = pdfRules.map(
    ({ says, clauses }) =>
      `| ${says} | ${clauses['PDF/A-3b'] ?? ''} | ${clauses['PDF/UA-1'] ?? ''} | ${clauses['PDF 1.7'] ?? ''} |`,
  )
  expect(rows.filter((row) => !text.includes(row))).toEqual([])
})
