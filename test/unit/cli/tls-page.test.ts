import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { policyFacts } from '../../../collectors/tls/conformance/facts.ts'
import { tlsPage } from '../../../src/cli/tls-page.ts'
import { featureLines } from '../../../src/cli/tls-page-features.ts'
import type { Collection } from '../../../src/model/evidence.ts'
import { instant } from '../../../src/model/time.ts'
import { intermediateSuites, type Server, serverFacts } from '../../helpers/tls-facts.ts'

const collected = instant('2026-09-09T02:00:00Z')

function page(server: Server = {}): string {
  const facts = serverFacts(server)
  const collection: Collection = {
    observations: [...facts, ...policyFacts(facts, collected)].map((each) => ({
      ...each,
      subject: 'api.example.test:443',
      methods: ['TEST'],
      collected,
      evidence: [],
    })),
    artefacts: [],
    usage: { connections: 1, requests: 0, bytesSent: 1, bytesReceived: 1, durationMs: 1 },
    leftOut: [],
    failure: null,
  }
  return stripVTControlCharacters(tlsPage(collection))
}

test('a sound server reads from its grade to its conformance', async () => {
  await expect(page()).toMatchFileSnapshot('transcripts/tls-sound.txt')
})

test('a weak server shows what is wrong with it, each with its words', async () => {
  const weak = page({
    versions: {
      SSLv3: { offered: 'undetermined', reason: 'the server reset the connection' },
      'TLSv1.0': {
        offered: 'yes',
        cipherSuites: ['TLS_RSA_WITH_RC4_128_MD5', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
        weakCipherSuites: ['TLS_RSA_WITH_RC4_128_MD5', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA'],
        preference: 'client',
        groups: [],
      },
      'TLSv1.2': {
        cipherSuites: [...intermediateSuites, 'TLS_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDH_anon_WITH_AES_128_CBC_SHA'],
        cipherSuitesComplete: 'no',
        reason: '12 cipher suites could not be determined: the server did not answer in time',
      },
      'TLSv1.3': { offered: 'no' },
    },
    certificates: [
      {
        ...{ keyType: 'RSA', keyBits: 1_024, signatureAlgorithm: 'sha1WithRSAEncryption', daysRemaining: -3 },
        ...{ problems: ['expired', 'weak-key', 'weak-signature'], trusted: 'no', trustReason: 'the chain has expired' },
        ...{ publiclyTrusted: 'no', subjectAlternativeNames: [] },
      },
      {},
    ],
    features: { compression: 'yes', 'secure-renegotiation': 'no' },
    weaknesses: { heartbleed: 'vulnerable', robot: 'undetermined' },
  })
  await expect(weak).toMatchFileSnapshot('transcripts/tls-weak.txt')
})

test('Diffie-Hellman primes are told with their size and where they come from', () => {
  const group = { generator: 2, export: false }
  const groups = [
    { ...group, bits: 1_024, commonPrime: 'MODP group 2 (RFC 2409)' },
    { ...group, bits: 3_072, commonPrime: null },
  ]
  const [line = ''] = featureLines([{ name: 'dh-parameters', status: 'yes', basis: 'tested', reason: null, groups }])
  expect(stripVTControlCharacters(line).replaceAll(/\s+/g, ' ')).toBe(
    ' DH parameters yes 1024 bits, too short, the well-known prime MODP group 2 (RFC 2409); 3072 bits, a prime of its own',
  )
})

test('no line is wider than a terminal of 100 columns, but for names that cannot be broken', () => {
  for (const line of page().split('\n')) expect(line.length).toBeLessThanOrEqual(100)
})

test('what a server sends cannot steer the terminal', () => {
  const shown = page({ certificates: [{ subjectName: 'CN=\u001b[2Jevil', problems: ['\u0007'] }] })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})
