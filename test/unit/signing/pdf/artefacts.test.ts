import { expect, test } from 'vitest'
import { showsMissingGlyph, withArtefacts } from '../../../../src/signing/pdf/artefacts.ts'

const tagged = '/P <</MCID 0 >>BDC\n0 0 9 9 re\nf\nEMC\n'
const head = 'q\nBT\n/F1 9 Tf\n<0001> Tj\nET\nQ\n'

test('painting before, between and after tagged content becomes an artefact', () => {
  expect(withArtefacts(`${head}${tagged}`)).toBe(`/Artifact BMC\n${head}EMC\n${tagged}`)
  expect(withArtefacts(`${tagged}1 0 0 rg\n0 0 1 1 re\nf\n${tagged}`)).toBe(
    `${tagged}/Artifact BMC\n1 0 0 rg\n0 0 1 1 re\nf\nEMC\n${tagged}`,
  )
  expect(withArtefacts(`${tagged}/X1 Do`)).toBe(`${tagged}/Artifact BMC\n/X1 Do\nEMC\n`)
})

test('what only sets the graphics state stays as it is', () => {
  const text = `.24 0 0 -.24 0 842 cm\nq\n${tagged}0 g\nQ\n`
  expect(withArtefacts(text)).toBe(text)
})

test('a text of its own inside tagged content is part of it', () => {
  const text = '/P <</MCID 0 >>BDC\nBT\n/Span<</ActualText <FEFF2019> >> BDC\n<0161> Tj\nEMC\nET\nEMC\n'
  expect(withArtefacts(text)).toBe(text)
})

test('marks that do not match are left alone', () => {
  expect(withArtefacts(`EMC\n${tagged}`)).toBeNull()
  expect(withArtefacts('/P <</MCID 0 >>BDC\nf\n')).toBeNull()
  expect(withArtefacts(`BT\n${tagged}ET\n`)).toBeNull()
})

test('a code of .notdef is found at even places only', () => {
  expect(showsMissingGlyph('<00010000> Tj')).toBe(true)
  expect(showsMissingGlyph('<0000> Tj')).toBe(true)
  expect(showsMissingGlyph('<10000001> Tj')).toBe(false)
  expect(showsMissingGlyph('10000 0 0 1 re\n<0001> Tj')).toBe(false)
})
