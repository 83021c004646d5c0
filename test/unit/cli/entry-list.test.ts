import { expect, test } from 'vitest'
import { entryList } from '../../../src/cli/entry-list.ts'
import { instant } from '../../../src/model/time.ts'

const entry = {
  sequence: 12,
  collected: instant('2026-11-29T19:01:46.230Z'),
  kind: 'collection.completed',
  component: 'customer-data-api/identity-provider',
  subject: 'https://login.example.com',
}

test('entries stand in one aligned row each where the terminal is wide enough', () => {
  const [head, row, ...more] = entryList([entry], 140).split('\n')
  expect(head?.indexOf('subject')).toBe(row?.indexOf('https://'))
  expect(more).toEqual([])
})

test('entries stand in two rows each, and keep all that they say, where it is not', () => {
  const text = entryList([entry, { ...entry, sequence: 9, component: null }], 80)
  for (const part of ['E-12', 'E-9', entry.collected, entry.kind, entry.component]) expect(text).toContain(part)
  expect(text.split('\n').map((line) => line.length > 80)).toEqual([false, false, false, false])
})
