import { describe, expect, test } from 'vitest'
import { policyFacts } from '../../../../../collectors/tls/conformance/facts.ts'
import type { JsonObject } from '../../../../../src/model/json.ts'
import { instant } from '../../../../../src/model/time.ts'
import { intermediateSuites, type Server, serverFacts } from '../../../../helpers/tls-facts.ts'

const at = instant('2026-09-09T02:00:00Z')

function grade(server: Server = {}): JsonObject {
  return policyFacts(serverFacts(server), at).find(({ kind }) => kind === 'tls.grade')?.facts ?? {}
}

test('a sound server is an A of the method 2009r', () => {
  expect(grade()).toMatchObject({
    method: 'ssl-labs-2009r',
    grade: 'A',
    gradeIgnoringTrust: 'A',
    protocolScore: 100,
    keyExchangeScore: 90,
    cipherScore: 90,
    score: 93,
    caps: [],
    undetermined: [],
  })
})

const tls12 = (...cipherSuites: string[]) => ({ 'TLSv1.2': { cipherSuites } })

describe('caps', () => {
  test.each<[string, string, string, Server]>([
    ['TLS 1.1', 'B', 'TLSv1.1 is offered', { versions: { 'TLSv1.1': { offered: 'yes' } } }],
    ['no TLS 1.3', 'A-', 'TLSv1.3 is not offered', { versions: { 'TLSv1.3': { offered: 'no' } } }],
    ['SSL 3.0', 'B', 'SSLv3 is offered', { versions: { SSLv3: { offered: 'yes' } } }],
    ['RC4', 'C', 'RC4 is accepted with TLSv1.1 or newer', { versions: tls12('TLS_RSA_WITH_RC4_128_SHA') }],
    [
      '3DES',
      'C',
      '64-bit blocks are accepted with TLSv1.1 or newer',
      { versions: tls12('TLS_RSA_WITH_3DES_EDE_CBC_SHA') },
    ],
    ['export', 'F', 'export suites are accepted', { versions: tls12('TLS_RSA_EXPORT_WITH_DES40_CBC_SHA') }],
    [
      'anonymous',
      'F',
      'suites without authentication are accepted',
      { versions: tls12('TLS_ECDH_anon_WITH_AES_128_CBC_SHA') },
    ],
    ['Heartbleed', 'F', 'vulnerable to Heartbleed', { weaknesses: { heartbleed: 'vulnerable' } }],
    ['CRIME', 'C', 'vulnerable to CRIME', { weaknesses: { crime: 'vulnerable' } }],
    ['a weak key', 'B', 'the key has 1024 bits', { certificates: [{ keyType: 'RSA', keyBits: 1_024 }] }],
    [
      'old renegotiation',
      'A-',
      'secure renegotiation is not supported',
      { features: { 'secure-renegotiation': 'no' } },
    ],
  ])('%s caps it at %s', (_, letter, reason, server) => {
    const facts = grade(server)
    expect(facts.grade).toBe(letter)
    expect(facts.caps).toContain(`${letter}: ${reason}`)
  })

  test('nothing newer than TLS 1.1 caps it at C, no forward secrecy and no AEAD at B', () => {
    const off = { offered: 'no' }
    const versions = {
      'TLSv1.1': { offered: 'yes', cipherSuites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] },
      'TLSv1.2': off,
      'TLSv1.3': off,
    }
    expect(grade({ versions })).toMatchObject({ grade: 'C' })
    expect(grade({ versions }).caps).toEqual(
      expect.arrayContaining(['B: no suite has forward secrecy', 'B: no suite is authenticated (AEAD)']),
    )
  })

  test('SSL 2.0 brings the whole score to nothing', () => {
    const facts = grade({ versions: { SSLv2: { offered: 'yes', cipherSuites: ['SSL_CK_DES_192_EDE3_CBC_WITH_MD5'] } } })
    expect(facts).toMatchObject({ grade: 'F', protocolScore: 50 })
  })
})

describe('trust', () => {
  test('an untrusted, expired or SHA-1 certificate is a T, and the letter without it stands beside', () => {
    const wrongs: readonly JsonObject[] = [
      { trusted: 'no', problems: ['self-signed'] },
      { problems: ['expired'] },
      { signatureAlgorithm: 'sha1WithRSAEncryption' },
      { trusted: 'no', problems: ['untrusted-root', 'host-mismatch'] },
    ]
    for (const wrong of wrongs) {
      expect(grade({ certificates: [wrong] })).toMatchObject({ grade: 'T', gradeIgnoringTrust: 'A' })
    }
  })

  test('a wrong name alone is an M', () => {
    expect(grade({ certificates: [{ problems: ['host-mismatch'] }] })).toMatchObject({ grade: 'M' })
  })

  test('trust that is not known leaves the grade open', () => {
    expect(grade({ certificates: [{ trusted: 'undetermined' }] })).toMatchObject({
      grade: null,
      gradeIgnoringTrust: 'A',
      undetermined: ['whether the certificate is trusted is not known'],
    })
  })
})

describe('open parts', () => {
  test('a version that is open leaves the grade open', () => {
    expect(grade({ versions: { SSLv3: { offered: 'undetermined' } } })).toMatchObject({ grade: null, score: null })
  })

  test('a weakness that is open leaves the grade open', () => {
    expect(grade({ weaknesses: { robot: 'undetermined' } })).toMatchObject({
      grade: null,
      score: 93,
      undetermined: ['whether it is vulnerable to ROBOT could not be determined'],
    })
  })

  test('an F stays an F whatever is open', () => {
    const versions = { SSLv3: { offered: 'undetermined' }, ...tls12(...intermediateSuites, 'TLS_RSA_WITH_NULL_SHA') }
    expect(grade({ versions })).toMatchObject({ grade: 'F' })
  })

  test('DHE without known parameters leaves the key exchange open', () => {
    expect(grade({ versions: tls12('TLS_DHE_RSA_WITH_AES_128_GCM_SHA256') })).toMatchObject({
      keyExchangeScore: null,
      grade: null,
    })
  })
})
