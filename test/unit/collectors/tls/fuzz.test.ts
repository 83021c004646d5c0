import { describe, expect, test } from 'vitest'
import { judgeCrl } from '../../../../collectors/tls/certificate/crl.ts'
import { judgeOcsp } from '../../../../collectors/tls/certificate/ocsp.ts'
import { timestampFacts } from '../../../../collectors/tls/certificate/timestamp-check.ts'
import { readTimestamps } from '../../../../collectors/tls/certificate/timestamps.ts'
import { fuzzCertificates, fuzzReplays, fuzzReplies, recordedTranscripts } from '../../../helpers/tls-fuzz.ts'
import { fuzzBeside, fuzzStarttls, recordedRevocation, stampedCertificate } from '../../../helpers/tls-fuzz-beside.ts'

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

describe('mutated words beside the handshake', () => {
  test('no OCSP response, CRL, timestamp list or DNS answer makes a parser throw, or is believed unsigned', () => {
    expect(() => fuzzBeside(7_500, seed)).not.toThrow()
  })

  test('the recorded answers are good ones, as long as nothing is wrong with them', () => {
    const { at, issuer, certificates, ocsp, crls } = recordedRevocation()
    const [good, revoked] = certificates
    if (!good || !revoked) throw new Error('no certificates were recorded')
    const [first, second, third] = ocsp.map((each) => judgeOcsp(each, each === ocsp[1] ? revoked : good, issuer, at))
    expect([first, second, third].map((each) => each?.status)).toEqual(['good', 'revoked', 'good'])
    expect(crls.map((each) => judgeCrl(each, revoked, issuer, at).status)).toEqual(['revoked'])
  })

  test('the timestamps of public logs are good ones, as long as nothing is wrong with them', () => {
    const { list, logs, ...stamped } = stampedCertificate()
    const { scts } = timestampFacts(readTimestamps(list, 'certificate'), logs, stamped)
    expect(scts.map(({ status }) => status)).toEqual(['verified', 'verified', 'verified'])
  })

  test('nothing that is said before TLS breaks a talk or keeps it from its end', async () => {
    expect(await fuzzStarttls(1_800, seed)).toBeGreaterThan(0)
  })
})
