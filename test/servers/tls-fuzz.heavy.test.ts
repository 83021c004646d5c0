import { expect, test } from 'vitest'
import { fuzzCertificates, fuzzReplays, fuzzReplies } from '../helpers/tls-fuzz.ts'
import { fuzzBeside, fuzzStarttls } from '../helpers/tls-fuzz-beside.ts'

/** Another seed than the one of the default suite, so that both together look further. */
const seed = 7

test('a million mutated replies of real servers neither break a parser nor fill the memory', () => {
  const before = process.memoryUsage.rss()
  fuzzReplies(1_000_000, seed)
  expect(process.memoryUsage.rss() - before).toBeLessThan(500 * 1_024 * 1_024)
})

test('a hundred thousand mutated certificates do not break their parser', () => {
  expect(() => fuzzCertificates(100_000, seed)).not.toThrow()
})

test('two thousand mutated transcripts do not break the replay', () => {
  expect(fuzzReplays(2_000, seed)).toBe(2_000)
})

test('more than a million mutated OCSP responses, CRLs, timestamp lists and DNS answers do not break their parsers', () => {
  expect(() => fuzzBeside(1_250_000, seed)).not.toThrow()
})

test('a million mutated beginnings of STARTTLS come to an end', async () => {
  expect(await fuzzStarttls(1_000_000, seed)).toBeGreaterThan(0)
})
