import {
  certificates,
  dhBits,
  feature,
  groups,
  keys,
  notVulnerable,
  soundCertificate,
  suites,
  versions,
} from '../checks.ts'
import { suiteNamed, text } from '../posture.ts'
import type { Profile } from '../profile.ts'

/**
 * PCI DSS 4.0.1 (June 2024), requirements 2.2.7 and 4.2.1 with the glossary's strong cryptography and Appendix A2's
 * early TLS. The standard names no suites: at least 112 bits of strength, authenticated, and nothing that the industry
 * has withdrawn; TLS 1.1 is withdrawn by RFC 8996, 64-bit blocks and RC4 by NIST and RFC 7465.
 */
export const pciProfile: Profile = {
  id: 'pci-dss-4.0.1',
  title: 'PCI DSS 4.0.1',
  source: 'https://www.pcisecuritystandards.org/document_library/',
  checks: [
    versions({ allowed: ['TLSv1.2', 'TLSv1.3'], advised: ['TLSv1.3'] }),
    suites(['TLSv1.2', 'TLSv1.3'], isStrong),
    groups(['TLSv1.2', 'TLSv1.3'], (group) => !shortCurve.test(group)),
    dhBits(2_048),
    keys({ rsaBits: 2_048, ecBits: [224, 256, 384, 512, 521], others: /^(Ed25519|Ed448|ML-DSA.*)$/ }),
    soundCertificate,
    certificates((facts) => {
      const signature = text(facts.signatureAlgorithm)
      return { wrong: signature !== null && /md5|sha1|sha-1/i.test(signature) ? [`is signed with ${signature}`] : [] }
    }),
    feature('compression', { is: ['no'], otherwise: 'compression is supported', before13: true }),
    feature('secure-renegotiation', {
      is: ['yes'],
      otherwise: 'secure renegotiation is not supported',
      before13: true,
    }),
    notVulnerable('heartbleed', 'Heartbleed'),
    notVulnerable('ccs-injection', 'CCS injection'),
    notVulnerable('ticketbleed', 'Ticketbleed'),
    notVulnerable('robot', 'ROBOT'),
    notVulnerable('poodle-tls', 'POODLE in TLS'),
  ],
}

/** Curves of fewer than 224 bits, which give less than 112 bits of strength. */
const shortCurve = /^(?:sect|secp)1\d\d/

function isStrong(name: string): boolean {
  const suite = suiteNamed(name)
  if (!suite || suite.export || suite.bits < 112 || suite.mac === 'MD5') return false
  if (['anon', 'NULL'].includes(suite.authentication)) return false
  return !/^(RC2|RC4|DES|3DES|IDEA|GOST-28147|MAGMA)/.test(suite.cipher)
}
