import { describe, expect, test } from 'vitest'
import { fuzzCertificates, fuzzReplays, fuzzReplies, recordedTranscripts } from '../../../helpers/tls-fuzz.ts'

/** A new seed is a new search; a failure names the bytes, and the same seed finds them again. */
const seed = 20_261_124

describe('mutated words of real servers', () => {
  test('the recordings hold every kind of exchange and conversation', () => {
    const transcripts = recordedTranscripts()
    const purposes = new Set(transcripts.flatMap(({ exchanges }) => exchanges.map(({ purpose }) => purpose)))
    for (const purpose of ['cipher-suites', 'groups', 'order', 'handshake', 'certificate', 'sslv2'] as const) {
      expect(purposes, purpose).toContain(purpose)
    }
    expect(transcripts.flatMap(({ conversations = [] }) => conversations).length).toBeGreaterThan(0)
  })

  test('no reply makes a parser throw, or makes more of the bytes than they are', () => {
    expect(() => fuzzReplies(4_000, seed)).not.toThrow()
  })

  test('no certificate makes the parser throw', () => {
    expect(() => fuzzCertificates(300, seed)).not.toThrow()
  })

  test('no transcript makes the replay throw', () => {
    expect(fuzzReplays(15, seed)).toBe(15)
  })
})
