import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { policyFacts, profiles } from '../../../../../collectors/tls/conformance/facts.ts'
import type { JsonObject } from '../../../../../src/model/json.ts'
import { instant } from '../../../../../src/model/time.ts'
import { intermediateSuites, type Server, serverFacts } from '../../../../helpers/tls-facts.ts'

const at = instant('2026-09-09T02:00:00Z')

function conformance(profile: string, server: Server = {}, when = at): JsonObject {
  const all = policyFacts(serverFacts(server), when)
  return all.find(({ kind, facts }) => kind === 'tls.conformance' && facts.profile === profile)?.facts ?? {}
}

const yes = { conforms: 'yes', deviations: [], undetermined: [] }
const only = (...deviations: string[]) => ({ conforms: 'no', deviations })

describe('Diffie-Hellman before TLS 1.3', () => {
  const dhe = 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'
  const versions = { 'TLSv1.2': { cipherSuites: [...intermediateSuites, dhe] } }
  const prime = (bits: number | null) => ({ versions, dhBits: bits })

  test.each([
    ['nist-sp-800-52r2', 2_048],
    ['pci-dss-4.0.1', 2_048],
    ['bsi-tr-02102-2-2025', 3_000],
  ] as const)('%s wants primes of at least %i bits', (profile, least) => {
    const short = `Diffie-Hellman uses a prime of ${least - 1} bits`
    expect(conformance(profile, prime(least - 1)).deviations).toContain(short)
    expect(conformance(profile, prime(least)).deviations).not.toContainEqual(expect.stringContaining('prime'))
    const open = 'the size of the Diffie-Hellman prime could not be determined'
    expect(conformance(profile, prime(null)).undetermined).toContain(open)
    expect(conformance(profile).undetermined).not.toContain(open)
  })

  test('PCI DSS takes no curve of fewer than 224 bits', () => {
    const curves = { 'TLSv1.2': { groups: ['secp192r1', 'sect163k1', 'secp224r1'] } }
    expect(conformance('pci-dss-4.0.1', { versions: curves })).toMatchObject(
      only('TLSv1.2 agrees on the groups secp192r1, sect163k1'),
    )
  })
})

describe('Mozilla', () => {
  test('a server of the intermediate profile conforms to it in both versions', () => {
    expect(conformance('mozilla-intermediate-6.0')).toMatchObject(yes)
    expect(conformance('mozilla-intermediate-5.8')).toMatchObject(yes)
  })

  test('the modern profile wants TLS 1.3 alone and an ECDSA certificate', () => {
    expect(conformance('mozilla-modern-6.0')).toMatchObject(only('TLSv1.2 is offered'))
    const versions = { 'TLSv1.2': { offered: 'no' } }
    expect(conformance('mozilla-modern-6.0', { versions })).toMatchObject(yes)
    const rsa = { keyType: 'RSA', keyBits: 4_096, signatureAlgorithm: 'sha256WithRSAEncryption' }
    expect(conformance('mozilla-modern-6.0', { versions, certificates: [rsa] })).toMatchObject(
      only('the certificate has a key of RSA 4096 bits', 'the certificate is signed with sha256WithRSAEncryption'),
    )
  })

  test('each deviation is named: version, suite, group, key, signature, lifetime', () => {
    const facts = conformance('mozilla-intermediate-6.0', {
      versions: {
        'TLSv1.0': { offered: 'yes' },
        'TLSv1.2': { cipherSuites: [...intermediateSuites, 'TLS_RSA_WITH_AES_128_CBC_SHA'] },
        'TLSv1.3': { groups: ['x25519', 'secp521r1', 'x448'] },
      },
      certificates: [
        { keyType: 'RSA', keyBits: 1_024, signatureAlgorithm: 'sha1WithRSAEncryption', lifetimeDays: 825 },
        {},
      ],
    })
    expect(facts).toMatchObject(
      only(
        'TLSv1.0 is offered',
        'TLSv1.2 accepts TLS_RSA_WITH_AES_128_CBC_SHA',
        'TLSv1.3 agrees on the groups secp521r1, x448',
        'the RSA certificate has a key of RSA 1024 bits',
        'the RSA certificate is signed with sha1WithRSAEncryption',
        'the RSA certificate was issued for 825 days, more than 366',
      ),
    )
    expect(facts.advice).toEqual(['TLSv1.3 does not offer the group X25519MLKEM768'])
  })

  test('TLS 1.3 is required, TLS 1.2 only advised', () => {
    expect(conformance('mozilla-intermediate-6.0', { versions: { 'TLSv1.3': { offered: 'no' } } })).toMatchObject(
      only('TLSv1.3 is not offered'),
    )
    expect(conformance('mozilla-intermediate-6.0', { versions: { 'TLSv1.2': { offered: 'no' } } })).toMatchObject({
      ...yes,
      advice: ['TLSv1.2 is not offered'],
    })
  })

  test('the order of suites matters to the old profile alone', () => {
    const versions = { 'TLSv1.2': { preference: 'client' } }
    expect(conformance('mozilla-intermediate-5.8', { versions })).toMatchObject(yes)
    const rsa = { keyType: 'RSA', keyBits: 2_048, signatureAlgorithm: 'sha256WithRSAEncryption' }
    expect(conformance('mozilla-old-5.8', { versions, certificates: [rsa] })).toMatchObject(
      only('TLSv1.2 follows the client’s order of cipher suites'),
    )
    expect(conformance('mozilla-old-5.8', { certificates: [rsa] })).toMatchObject(yes)
  })

  test.each(['5.8', '6.0'])('the guidelines %s are the published ones', (version) => {
    const file = join(import.meta.dirname, `../../../../../collectors/tls/conformance/data/mozilla-${version}.json`)
    const { href, configurations } = JSON.parse(readFileSync(file, 'utf8'))
    expect(href).toBe(`https://ssl-config.mozilla.org/guidelines/${version}.json`)
    expect(Object.keys(configurations)).toEqual(
      version === '6.0' ? ['modern', 'intermediate'] : ['modern', 'intermediate', 'old'],
    )
  })
})

describe('could not be determined', () => {
  test('an open version leaves conformance open', () => {
    const versions = { SSLv3: { offered: 'undetermined', reason: 'the server reset the connection' } }
    for (const { id } of profiles) {
      expect(conformance(id, { versions }).undetermined).toContain(
        'SSLv3 could not be determined: the server reset the connection',
      )
      expect(conformance(id, { versions }).conforms).not.toBe('yes')
    }
  })

  test('suites and groups that were not all tried leave it open', () => {
    const versions = { 'TLSv1.2': { cipherSuitesComplete: 'no', groupsComplete: 'no' } }
    expect(conformance('mozilla-intermediate-6.0', { versions })).toMatchObject({
      conforms: 'undetermined',
      deviations: [],
      undetermined: ['TLSv1.2: not every cipher suite could be tried', 'TLSv1.2: not every group could be tried'],
    })
  })

  test('a known deviation settles it, whatever is open', () => {
    const versions = { 'TLSv1.2': { cipherSuitesComplete: 'no' }, 'TLSv1.1': { offered: 'yes' } }
    expect(conformance('mozilla-intermediate-6.0', { versions })).toMatchObject({ conforms: 'no' })
  })

  test('a certificate that was not seen, or does not parse, leaves it open', () => {
    expect(conformance('mozilla-intermediate-6.0', { certificates: [] })).toMatchObject({
      conforms: 'undetermined',
      undetermined: ['no certificate was seen'],
    })
    expect(conformance('pci-dss-4.0.1', { certificates: [{ keyType: null, trusted: 'undetermined' }] })).toMatchObject({
      conforms: 'undetermined',
      deviations: [],
    })
  })

  test('no set of facts at all conforms or deviates', () => {
    for (const { kind, facts } of policyFacts([], at)) {
      if (kind === 'tls.conformance') expect(facts).toMatchObject({ conforms: 'undetermined', deviations: [] })
      else expect(facts).toMatchObject({ grade: null, score: null, caps: [] })
    }
  })

  test('facts of any shape are read without an error, and never conform', () => {
    const json = fc.jsonValue() as fc.Arbitrary<JsonObject[string]>
    const kinds = fc.constantFrom('tls.protocol', 'tls.certificate', 'tls.feature', 'tls.weakness')
    const names = fc.constantFrom(
      'protocol',
      'offered',
      'cipherSuites',
      'groups',
      'keyType',
      'problems',
      'name',
      'status',
    )
    const observation = fc.record({ kind: kinds, facts: fc.dictionary(names, json) })
    fc.assert(
      fc.property(fc.array(observation), (all) => {
        for (const { kind, facts } of policyFacts(all, at)) {
          if (kind === 'tls.conformance') expect(facts.conforms).not.toBe('yes')
        }
      }),
    )
  })
})

describe('NIST SP 800-52r2', () => {
  const nist = {
    versions: {
      'TLSv1.2': { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'], groups: ['secp256r1'] },
      'TLSv1.3': { cipherSuites: ['TLS_AES_128_GCM_SHA256'], groups: ['X25519MLKEM768', 'secp256r1', 'ffdhe2048'] },
    },
  }

  test('approved algorithms alone conform', () => {
    expect(conformance('nist-sp-800-52r2', nist)).toMatchObject(yes)
  })

  test('ChaCha20, x25519 and RSA key transport are deviations', () => {
    const versions = {
      'TLSv1.2': { cipherSuites: ['TLS_RSA_WITH_AES_128_GCM_SHA256'], groups: ['secp256r1'] },
      'TLSv1.3': { cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256'], groups: ['x25519'] },
    }
    expect(conformance('nist-sp-800-52r2', { versions })).toMatchObject(
      only(
        'TLSv1.3 accepts TLS_CHACHA20_POLY1305_SHA256',
        'TLSv1.2 accepts TLS_RSA_WITH_AES_128_GCM_SHA256',
        'TLSv1.3 agrees on the group x25519',
      ),
    )
  })

  test('handshakes signed with SHA-1 deviate, and unanswered questions about it leave it open', () => {
    const sha1 = { tls12: ['ecdsa_secp256r1_sha256', 'ecdsa_sha1'] }
    expect(conformance('nist-sp-800-52r2', { ...nist, signatures: sha1 })).toMatchObject(
      only('TLSv1.2 handshakes are signed with ecdsa_sha1'),
    )
    const lost = { reason: '2 of 12 questions were left unanswered' }
    expect(conformance('nist-sp-800-52r2', { ...nist, signatures: lost })).toMatchObject({
      conforms: 'undetermined',
      undetermined: ['how handshakes are signed could not be determined'],
    })
  })

  test('features of TLS 1.2 are asked for where TLS 1.2 is', () => {
    const features = { 'secure-renegotiation': 'no', 'extended-master-secret': 'undetermined' }
    expect(conformance('nist-sp-800-52r2', { ...nist, features })).toMatchObject({
      ...only('secure renegotiation is not supported'),
      undetermined: ['extended master secret could not be determined'],
    })
  })
})

describe('PCI DSS', () => {
  test('early TLS, broken suites and an untrusted certificate are deviations', () => {
    expect(conformance('pci-dss-4.0.1')).toMatchObject(yes)
    const facts = conformance('pci-dss-4.0.1', {
      versions: {
        'TLSv1.1': { offered: 'yes' },
        'TLSv1.2': { cipherSuites: ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'] },
      },
      certificates: [{ trusted: 'no', problems: ['untrusted-root'] }],
      weaknesses: { robot: 'vulnerable' },
    })
    expect(facts).toMatchObject(
      only(
        'TLSv1.1 is offered',
        'TLSv1.2 accepts TLS_RSA_WITH_3DES_EDE_CBC_SHA',
        'the certificate leads to a root that is not trusted',
        'it is vulnerable to ROBOT',
      ),
    )
  })
})

describe('BSI TR-02102-2', () => {
  const bsi = {
    dhBits: 3_072,
    versions: {
      'TLSv1.2': { cipherSuites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'], groups: [] },
      'TLSv1.3': { cipherSuites: ['TLS_AES_128_GCM_SHA256'], groups: ['secp256r1', 'brainpoolP256r1tls13'] },
    },
  }

  test('recommendations end with their years', () => {
    expect(conformance('bsi-tr-02102-2-2025', bsi)).toMatchObject(yes)
    expect(conformance('bsi-tr-02102-2-2025', bsi, instant('2030-01-01T00:00:00Z'))).toMatchObject(
      only('TLSv1.2 accepts TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'),
    )
    const late = conformance('bsi-tr-02102-2-2025', bsi, instant('2032-01-01T00:00:00Z'))
    expect(late.deviations).toContain('TLSv1.2 is offered; it is recommended until 2031 only')
  })

  test('RSA wants 3000 bits, and PKCS #1 v1.5 ended with 2025', () => {
    const certificates = [{ keyType: 'RSA', keyBits: 2_048, signatureAlgorithm: 'sha256WithRSAEncryption' }]
    expect(conformance('bsi-tr-02102-2-2025', { ...bsi, certificates })).toMatchObject(
      only(
        'the certificate has a key of RSA 2048 bits',
        'the certificate is signed with sha256WithRSAEncryption (PKCS #1 v1.5), recommended until 2025 only',
      ),
    )
    expect(conformance('bsi-tr-02102-2-2025', { ...bsi, certificates }, instant('2025-06-01T00:00:00Z'))).toMatchObject(
      only('the certificate has a key of RSA 2048 bits'),
    )
  })
})
