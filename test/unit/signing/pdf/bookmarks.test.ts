import { expect, test } from 'vitest'
import { withoutRepetition } from '../../../../src/signing/pdf/bookmarks.ts'

test('a title whose every part stands twice is written once', () => {
  expect(withoutRepetition('22 About this report About this report')).toBe('2 About this report')
  expect(withoutRepetition('GW-01GW-01 Plain http Plain http')).toBe('GW-01 Plain http')
  expect(withoutRepetition('Scope of itScope of it')).toBe('Scope of it')
  expect(withoutRepetition('1111 Annex Annex')).toBe('11 Annex')
})

test('any other title stays as it is', () => {
  for (const title of ['11 Annex: controls', '22 Summary', 'AUTH-02 Every endpoint', 'Scope', '11']) {
    expect(withoutRepetition(title)).toBe(title)
  }
})
