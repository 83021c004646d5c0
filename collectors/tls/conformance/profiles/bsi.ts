import type { Instant } from '../../../../src/model/time.ts'
import {
  type Check,
  certificates,
  dhBits,
  feature,
  groups,
  handshakeSignatures,
  keys,
  soundCertificate,
  suites,
  versions,
} from '../checks.ts'
import { suiteNamed, text } from '../posture.ts'
import type { Profile } from '../profile.ts'

/** The last year of a recommendation; those without one stand beyond 2031 (`2031+`). */
const ends = { tls12: 2031, dhe: 2029, dss: 2029, withoutForwardSecrecy: 2026, pkcs1: 2025 } as const

const tls13Suites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_AES_128_CCM_SHA256']
const tls12Groups = [
  ...['secp256r1', 'secp384r1', 'secp521r1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'],
  ...['ffdhe3072', 'ffdhe4096'],
]
const tls13Groups = [
  ...['secp256r1', 'secp384r1', 'secp521r1', 'brainpoolP256r1tls13', 'brainpoolP384r1tls13', 'brainpoolP512r1tls13'],
  ...['ffdhe3072', 'ffdhe4096'],
]

/**
 * BSI TR-02102-2, version 2025-01: what it recommends, with the end dates of its recommendations held against the moment
 * of collection. What it does not name (ChaCha20, x25519, hybrids with ML-KEM) it does not recommend.
 */
export const bsiProfile: Profile = {
  id: 'bsi-tr-02102-2-2025',
  title: 'BSI TR-02102-2 (2025-01)',
  source: 'https://www.bsi.bund.de/dok/TR-02102',
  checks: [
    versions({ allowed: ['TLSv1.2', 'TLSv1.3'], advised: ['TLSv1.3'] }),
    tls12Ends,
    suites(['TLSv1.3'], (suite) => tls13Suites.includes(suite)),
    suites(['TLSv1.2'], isRecommended),
    groups(['TLSv1.2'], (group) => tls12Groups.includes(group)),
    groups(['TLSv1.3'], (group) => tls13Groups.includes(group)),
    dhBits(3_000),
    keys({ rsaBits: 3_000, ecBits: [256, 384, 512, 521] }),
    soundCertificate,
    certificates((facts, at) => {
      const signature = text(facts.signatureAlgorithm)
      if (signature === null) return { open: ['its signature algorithm is not known'] }
      if (/md5|sha1|sha-1|sha224/i.test(signature)) return { wrong: [`is signed with ${signature}`] }
      if (/WithRSAEncryption$/i.test(signature) && yearOf(at) > ends.pkcs1) {
        return { wrong: [`is signed with ${signature} (PKCS #1 v1.5), recommended until ${ends.pkcs1} only`] }
      }
      return {}
    }),
    handshakeSignatures(/md5|sha1$/),
    feature('compression', { is: ['no'], otherwise: 'compression is supported', before13: true }),
    feature('secure-renegotiation', {
      is: ['yes'],
      otherwise: 'secure renegotiation is not supported',
      before13: true,
    }),
    feature('extended-master-secret', {
      is: ['yes'],
      otherwise: 'the extended master secret is not supported',
      advised: true,
      before13: true,
    }),
    feature('encrypt-then-mac', {
      is: ['yes'],
      otherwise: 'encrypt-then-MAC is not supported',
      advised: true,
      before13: true,
    }),
    feature('early-data', { is: ['no'], otherwise: 'TLS 1.3 early data is accepted', advised: true }),
  ],
}

function tls12Ends({ versions, at }: Parameters<Check>[0]): ReturnType<Check> {
  const offered = versions.some((each) => each.protocol === 'TLSv1.2' && each.offered === 'yes')
  if (!offered || yearOf(at) <= ends.tls12) return []
  return [{ kind: 'deviation', text: `TLSv1.2 is offered; it is recommended until ${ends.tls12} only` }]
}

/** Tables of TLS 1.2: AES in GCM, CCM or CBC with SHA-2. */
function isRecommended(name: string, at: Instant): boolean {
  const suite = suiteNamed(name)
  if (!suite || !/^AES-(128|256)-(GCM|CCM|CBC)$/.test(suite.cipher)) return false
  if (suite.mac === 'SHA1' || !['RSA', 'ECDSA', 'DSS'].includes(suite.authentication)) return false
  const year = yearOf(at)
  if (suite.authentication === 'DSS' && year > ends.dss) return false
  if (suite.keyExchange === 'ECDHE') return true
  if (suite.keyExchange === 'DHE') return year <= ends.dhe
  return ['DH', 'ECDH'].includes(suite.keyExchange) && year <= ends.withoutForwardSecrecy
}

function yearOf(at: Instant): number {
  return Number(at.slice(0, 4))
}
