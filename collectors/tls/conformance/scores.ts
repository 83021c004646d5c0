import type { Protocol } from '../registry/protocols.ts'
import { number, type Posture, suiteNamed, text } from './posture.ts'

/** SSL Labs' three category scores, 0 to 100 each; null where the facts do not settle one. */
export type Scores = {
  readonly protocol: number | null
  readonly keyExchange: number | null
  readonly cipher: number | null
}

/** SSL Server Rating Guide, table 3: the mean of the best and the worst version. */
const protocolScores: { readonly [protocol in Protocol]: number } = {
  SSLv2: 0,
  SSLv3: 80,
  'TLSv1.0': 90,
  'TLSv1.1': 95,
  'TLSv1.2': 100,
  'TLSv1.3': 100,
}

/** Tables 3 to 5 of the guide over the facts of one collection. Pure. */
export function scoresOf(posture: Posture): Scores {
  const offered = posture.versions.filter(({ offered }) => offered === 'yes')
  const versionsKnown = posture.versions.every(({ offered }) => offered !== 'undetermined')
  const suitesKnown = versionsKnown && offered.every(({ suitesComplete }) => suitesComplete)
  const bits = offered.flatMap(({ suites }) => suites.map(bitsOf))
  return {
    protocol: versionsKnown ? meanOfEnds(offered.map(({ protocol }) => protocolScores[protocol])) : null,
    keyExchange: suitesKnown ? keyExchangeScore(posture) : null,
    cipher: suitesKnown && bits.every((each) => each !== null) ? meanOfEnds(bits.map(cipherScore)) : null,
  }
}

function meanOfEnds(scores: readonly number[]): number | null {
  return scores.length === 0 ? null : (Math.max(...scores) + Math.min(...scores)) / 2
}

/** SSLv2's ciphers say their strength in their names. */
export function bitsOf(name: string): number | null {
  const suite = suiteNamed(name)
  if (suite) return suite.bits
  if (!name.startsWith('SSL_CK_')) return null
  if (/EXPORT40|_40_/.test(name)) return 40
  if (/3DES|192_EDE3/.test(name)) return 112
  return /DES_64/.test(name) ? 56 : 128
}

/** Table 5. */
function cipherScore(bits: number): number {
  if (bits === 0) return 0
  if (bits < 128) return 20
  return bits < 256 ? 80 : 100
}

/** Table 4: the weakest of the certificates' keys, the ephemeral DH parameters, and what the suites allow. */
function keyExchangeScore(posture: Posture): number | null {
  const suites = posture.versions.flatMap(({ offered, suites }) => (offered === 'yes' ? suites : []))
  const known = suites.flatMap((name) => suiteNamed(name) ?? [])
  if (known.some(({ authentication }) => ['anon', 'NULL'].includes(authentication))) return 0
  const keyBits = posture.certificates.map(({ keyType, keyBits }) => rsaStrength(text(keyType), number(keyBits)))
  if (keyBits.length === 0 || keyBits.some((bits) => bits === null)) return null
  const dhe = known.some(({ keyExchange }) => keyExchange === 'DHE')
  const dhBits = dhe ? smallestDhBits(posture) : null
  if (dhe && dhBits === null) return null
  const strengths = [...keyBits.flatMap((bits) => bits ?? []), ...(dhBits === null ? [] : [dhBits])]
  const score = strengthScore(Math.min(...strengths))
  return known.some((suite) => suite.export) ? Math.min(score, 40) : score
}

/** Bits of the smallest modulus that the server was seen to use for DHE; null where none was seen. */
export function smallestDhBits({ features }: Posture): number | null {
  return number(features.get('dh-parameters')?.facts.bits)
}

function strengthScore(bits: number): number {
  if (bits < 512) return 20
  if (bits < 1_024) return 40
  if (bits < 2_048) return 80
  return bits < 4_096 ? 90 : 100
}

/** A key as bits of RSA of the same strength, NIST SP 800-57 part 1 table 2. */
function rsaStrength(type: string | null, bits: number | null): number | null {
  if (type === null) return null
  if (type === 'Ed25519') return 3_072
  if (type === 'Ed448' || type.startsWith('ML-DSA')) return 7_680
  if (bits === null) return null
  if (type !== 'EC') return bits
  if (bits >= 384) return 7_680
  if (bits >= 256) return 3_072
  return bits >= 224 ? 2_048 : 1_024
}
