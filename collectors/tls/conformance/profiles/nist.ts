import {
  certificates,
  dhBits,
  feature,
  groups,
  handshakeSignatures,
  keys,
  notVulnerable,
  soundCertificate,
  suites,
  versions,
} from '../checks.ts'
import { number, suiteNamed, text } from '../posture.ts'
import type { Profile } from '../profile.ts'

const tls13Suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
]
const curves = ['secp224r1', 'secp256r1', 'secp384r1', 'secp521r1']

/**
 * NIST SP 800-52 revision 2 (August 2019), section 3, for servers of government-only applications, the stricter reading.
 * It asks for approved algorithms only, so that ChaCha20 and x25519 alone are deviations; a hybrid with ML-KEM
 * (FIPS 203) counts as approved, as SP 800-227 has it.
 */
export const nistProfile: Profile = {
  id: 'nist-sp-800-52r2',
  title: 'NIST SP 800-52r2',
  source: 'https://doi.org/10.6028/NIST.SP.800-52r2',
  checks: [
    // TLS 1.3 has had to be supported since 2024-01-01; TLS 1.1 "should not" be, and RFC 8996 has since forbidden it.
    versions({ allowed: ['TLSv1.2', 'TLSv1.3'], required: ['TLSv1.2', 'TLSv1.3'] }),
    suites(['TLSv1.3'], (suite) => tls13Suites.includes(suite)),
    suites(['TLSv1.2'], isApproved),
    groups(
      ['TLSv1.2', 'TLSv1.3'],
      (group) => curves.includes(group) || group.startsWith('ffdhe') || /MLKEM\d/.test(group),
    ),
    dhBits(2_048),
    keys({ rsaBits: 2_048, ecBits: [256, 384, 521], others: /^(Ed25519|Ed448|ML-DSA.*)$/ }),
    soundCertificate,
    certificates((facts) => {
      const lifetime = number(facts.lifetimeDays)
      const signature = text(facts.signatureAlgorithm)
      return {
        wrong: signature !== null && /md5|sha1|sha-1/i.test(signature) ? [`is signed with ${signature}`] : [],
        advised: lifetime !== null && lifetime > 3 * 366 ? ['was issued for more than three years'] : [],
      }
    }),
    handshakeSignatures(/md5|sha1$/),
    feature('secure-renegotiation', {
      is: ['yes'],
      otherwise: 'secure renegotiation is not supported',
      before13: true,
    }),
    feature('extended-master-secret', {
      is: ['yes'],
      otherwise: 'the extended master secret is not supported',
      before13: true,
    }),
    feature('compression', { is: ['no'], otherwise: 'compression is supported', before13: true }),
    feature('client-renegotiation', {
      is: ['no'],
      otherwise: 'clients may renegotiate',
      advised: true,
      before13: true,
    }),
    feature('ocsp-stapling', { is: ['yes'], otherwise: 'no OCSP response is stapled', advised: true }),
    notVulnerable('heartbleed', 'Heartbleed'),
  ],
}

/** Section 3.3.1: AES in GCM, CCM or CBC, with keys agreed on by (EC)DH; RSA key transport is not among the lists. */
function isApproved(name: string): boolean {
  const suite = suiteNamed(name)
  if (!suite) return false
  return (
    /^AES-(128|256)-(GCM|CCM|CCM-8|CBC)$/.test(suite.cipher) &&
    ['DH', 'DHE', 'ECDH', 'ECDHE'].includes(suite.keyExchange) &&
    ['RSA', 'ECDSA', 'DSS'].includes(suite.authentication)
  )
}
