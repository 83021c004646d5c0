import type { JsonObject } from '../../../src/model/json.ts'
import { type Cap, capsOf, type Letter, letters } from './caps.ts'
import { type Posture, text, texts } from './posture.ts'
import { scoresOf } from './scores.ts'

/** The method's name and version: SSL Labs' SSL Server Rating Guide 2009r. */
export const gradeMethod = 'ssl-labs-2009r'

/**
 * The facts of `tls.grade`: the guide's scores weighted 30/30/40, its caps, and T (not trusted) and M (wrong name) in
 * place of a letter. A letter is given only where nothing that is still open could change it; A+ is never given, since
 * it needs HSTS, which is no matter of TLS. Pure.
 */
export function gradeFacts(posture: Posture): JsonObject {
  const { protocol, keyExchange, cipher } = scoresOf(posture)
  const score =
    protocol === null || keyExchange === null || cipher === null ? null : total(protocol, keyExchange, cipher)
  const { caps, open } = capsOf(posture)
  const undetermined = [...(score === null ? ['not every part of the score is known'] : []), ...open]
  const letter = letterOf(score, caps, undetermined)
  const trust = trustOf(posture)
  return {
    method: gradeMethod,
    grade: trust === undefined ? letter : (trust ?? null),
    gradeIgnoringTrust: letter,
    score: score === null ? null : Math.round(score),
    protocolScore: protocol,
    keyExchangeScore: keyExchange,
    cipherScore: cipher,
    caps: caps.map(({ letter, reason }) => `${letter}: ${reason}`),
    undetermined: trust === null ? [...undetermined, 'whether the certificate is trusted is not known'] : undetermined,
  }
}

/** A zero in a category makes the whole zero. */
function total(protocol: number, keyExchange: number, cipher: number): number {
  if (protocol === 0 || keyExchange === 0 || cipher === 0) return 0
  return protocol * 0.3 + keyExchange * 0.3 + cipher * 0.4
}

/** F stays F whatever else comes to light; any other letter needs everything to be known. */
function letterOf(score: number | null, caps: readonly Cap[], undetermined: readonly string[]): Letter | null {
  const capped = caps.map(({ letter }) => letter)
  if (capped.includes('F')) return 'F'
  if (score === null || undetermined.length > 0) return null
  return worst([letterOfScore(score), ...capped])
}

/** Table 1 of the guide. */
function letterOfScore(score: number): Letter {
  if (score >= 80) return 'A'
  if (score >= 65) return 'B'
  if (score >= 50) return 'C'
  if (score >= 35) return 'D'
  return score >= 20 ? 'E' : 'F'
}

function worst(given: readonly Letter[]): Letter {
  return letters[Math.max(...given.map((each) => letters.indexOf(each)))] ?? 'F'
}

/** `T` or `M` where a certificate earns it, null where that is not known, undefined where the letter stands. */
function trustOf({ certificates }: Posture): 'T' | 'M' | null | undefined {
  const problems = certificates.flatMap((facts) => texts(facts.problems))
  const trusted = certificates.map((facts) => text(facts.trusted))
  const sha1 = certificates.some((facts) => /sha-?1(?!\d)/i.test(text(facts.signatureAlgorithm) ?? ''))
  const nameOnly = problems.includes('host-mismatch')
  if (
    trusted.includes('no') ||
    sha1 ||
    problems.some((each) => ['expired', 'not-yet-valid', 'revoked'].includes(each))
  ) {
    return 'T'
  }
  if (certificates.length === 0 || trusted.includes('undetermined')) return null
  return nameOnly ? 'M' : undefined
}
