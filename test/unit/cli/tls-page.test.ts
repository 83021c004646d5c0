import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { policyFacts } from '../../../collectors/tls/conformance/facts.ts'
import { featureNames } from '../../../collectors/tls/features/feature.ts'
import { tlsPage } from '../../../src/cli/tls-page.ts'
import { featureLines } from '../../../src/cli/tls-page-features.ts'
import { timestampText } from '../../../src/cli/tls-page-timestamps.ts'
import type { Collection } from '../../../src/model/evidence.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { instant } from '../../../src/model/time.ts'
import { intermediateSuites, type Server, serverFacts } from '../../helpers/tls-facts.ts'

const collected = instant('2026-09-09T02:00:00Z')

function page(server: Server = {}, subject = 'api.example.test:443', place: JsonObject = {}): string {
  const facts = serverFacts(server).map(({ kind, facts }) => ({
    kind,
    facts: kind === 'tls.negotiated' ? { ...facts, ...place } : facts,
  }))
  const collection: Collection = {
    observations: [...facts, ...policyFacts(facts, collected)].map((each) => ({
      ...each,
      subject,
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

test('a name beyond ASCII is shown in both its forms', () => {
  const lines = page({}, 'xn--mnchen-3ya.example:443').split('\n')
  expect(lines[0]).toBe('xn--mnchen-3ya.example:443')
  expect(lines[2]).toMatch(/^ {2}written +münchen\.example:443$/)
  expect(page()).not.toContain('written')
})

test('the address that answered is named, and those that nobody asked', () => {
  const shown = page({}, undefined, { address: '192.0.2.1', otherAddresses: ['192.0.2.2', '2001:db8::1'] })
  expect(shown).toMatch(/answered by +192\.0\.2\.1\n +not asked +192\.0\.2\.2, 2001:db8::1\n/)
  expect(page()).not.toContain('not asked')
})

test('a server that lets no hello in gets a hint instead of a wall of open questions', () => {
  const open = { offered: 'undetermined', reason: 'the server answered with the alert unrecognized_name' }
  const nobody = page({
    versions: { SSLv2: open, SSLv3: open, 'TLSv1.0': open, 'TLSv1.1': open, 'TLSv1.2': open, 'TLSv1.3': open },
    features: Object.fromEntries(featureNames.map((name) => [name, 'undetermined'])),
    signatures: { status: 'undetermined' },
  })
  expect(nobody).toContain('serverName')
  expect(nobody).toMatch(/Features\n {2}undetermined {2}nothing could be tried\n/)
  expect(nobody).toMatch(/Conformance\n {2}undetermined {2}nothing could be tried$/)
  expect(page()).not.toContain('serverName')
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

const stamp = { source: 'certificate', log: 'ab'.repeat(32), at: '2026-08-01T00:00:00.000Z', reason: null }
const known = { name: 'First 2026', operator: 'One', state: 'usable', stateSince: '2025-01-01T00:00:00.000Z' }
const nobody = { name: null, operator: null, state: null, stateSince: null, counts: null }

test.each<[what: string, facts: JsonObject, said: string]>([
  ['none', { sctCount: 0, sctCheck: 'done', sctCheckReason: null }, '0'],
  ['that an older collection listed', { sctCount: 2 }, '2'],
  [
    'without a list of logs',
    { sctCount: 2, sctCheck: 'none', sctCheckReason: 'the target names no list of logs' },
    '2, not verified: the target names no list of logs',
  ],
  [
    'with a list that is none',
    { sctCount: 2, sctCheck: 'undetermined', sctCheckReason: 'logs.json:1:1: no JSON' },
    '2, not verified: logs.json:1:1: no JSON',
  ],
  [
    'of every kind',
    {
      ...{ sctCount: 4, sctCheck: 'done', sctOperators: 1 },
      scts: [
        { ...stamp, ...known, status: 'verified', counts: 'yes' },
        { ...stamp, ...known, state: 'retired', status: 'verified', counts: 'no' },
        { ...stamp, ...known, status: 'invalid', reason: 'it is from the future', counts: null },
        { ...stamp, ...nobody, status: 'unknown-log', reason: 'the log is not in the list' },
      ],
    },
    '1 of 4 verified, 1 log of 1 operator: First 2026\n' +
      'does not count, First 2026: it is retired since 2025-01-01\n' +
      'invalid, First 2026: it is from the future\n' +
      'not verified, log abababababababab…: the log is not in the list',
  ],
])('certificate timestamps %s are told as what they are', (_what, facts, said) => {
  expect(stripVTControlCharacters(timestampText(facts))).toBe(said)
})

test('no line is wider than a terminal of 100 columns, but for names that cannot be broken', () => {
  for (const line of page().split('\n')) expect(line.length).toBeLessThanOrEqual(100)
})

test('what a server sends cannot steer the terminal', () => {
  const shown = page({ certificates: [{ subjectName: 'CN=\u001b[2Jevil', problems: ['\u0007'] }] })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})
