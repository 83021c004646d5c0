import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ageOf } from '../../../../collectors/log-retention/find-files.ts'
import { matchesGlob } from '../../../../collectors/log-retention/glob.ts'
import { processorMs } from '../../../helpers/processor-time.ts'

test.each([
  ['/var/log/*.log', '/var/log/a.log', true],
  ['/var/log/*.log', '/var/log/a.log.1', false],
  ['/var/log/*.log', '/var/log/deep/a.log', false],
  ['/var/log/*', '/var/log/.hidden', false],
  ['/var/log/.*', '/var/log/.hidden', true],
  ['/var/log/*/a.log', '/var/log/x/a.log', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['a[0-9]c', 'a5c', true],
  ['a[0-9]c', 'axc', false],
  ['a[!0-9]c', 'axc', true],
  ['a[!0-9]c', 'a5c', false],
  ['a[]x]c', 'a]c', true],
  ['a[b-]c', 'a-c', true],
  ['a[bc', 'a[bc', true],
  ['a\\*c', 'a*c', true],
  ['a\\*c', 'abc', false],
  ['**a*b**', 'xxaxxb', true],
  ['a.c', 'abc', false],
])('%s and %s: %s', (pattern, path, expected) => {
  expect(matchesGlob(pattern, path)).toBe(expected)
})

test('a path matches itself, and with a star in place of any part', () => {
  const name = fc.stringMatching(/^[a-z0-9_-]{1,12}$/)
  fc.assert(
    fc.property(name, fc.nat(), fc.nat(), (text, a, b) => {
      const [from = 0, to = 0] = [a % (text.length + 1), b % (text.length + 1)].sort((x, y) => x - y)
      expect(matchesGlob(text, text)).toBe(true)
      expect(matchesGlob(`${text.slice(0, from)}*${text.slice(to)}`, text)).toBe(true)
    }),
  )
})

test('a pattern made to be slow is not', async () => {
  const match = () => expect(matchesGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(5_000))).toBe(false)
  expect(await processorMs(match)).toBeLessThan(500)
})

test('names of rotated files say how old they are', () => {
  const newestFirst = ['audit.log', 'audit.log.1', 'audit.log.2.gz', 'audit.log.10.gz']
  expect([...newestFirst].reverse().sort((a, b) => (ageOf(a) ?? -1) - (ageOf(b) ?? -1))).toEqual(newestFirst)
  const dated = ['a.log', 'a.log-20260902.gz', 'a.log-20260901-23.gz', 'a.log-2026-09-01-01.gz', 'a.log-20251231']
  expect([...dated].reverse().sort((a, b) => (ageOf(a) ?? -1) - (ageOf(b) ?? -1))).toEqual(dated)
  expect(ageOf('audit-final2')).toBeNull()
})
