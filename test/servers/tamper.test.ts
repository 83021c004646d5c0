import { expect, test } from 'vitest'
import { signatureLevels } from '../../src/model/signature-level.ts'
import { tamperings } from '../helpers/tamper/classes.ts'
import { tamperSuite } from '../helpers/tamper/suite.ts'

tamperSuite('p256', 'B-B')
tamperSuite('p256', 'B-T')
tamperSuite('p256', 'B-LTA')
for (const level of signatureLevels) tamperSuite('rsa3072', level, { quick: true })
tamperSuite('p256', 'B-LT', { quick: true })

test('no two ways to tamper go by the same name', () => {
  const names = Object.values(tamperings).flatMap((all) => all.map(({ name }) => name))
  expect(names.length).toBeGreaterThanOrEqual(60)
  expect(new Set(names).size).toBe(names.length)
})
