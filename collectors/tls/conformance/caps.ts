import type { Protocol } from '../registry/protocols.ts'
import { number, type Posture, suiteNamed, text, texts, type Version } from './posture.ts'
import { bitsOf, smallestDhBits } from './scores.ts'

/** The letters of the guide, best first; T and M stand beside them. */
export const letters = ['A', 'A-', 'B', 'C', 'D', 'E', 'F'] as const
export type Letter = (typeof letters)[number]

/** The best letter that something leaves possible, and what that is. */
export type Cap = { readonly letter: Letter; readonly reason: string }

/** Weaknesses that cap a grade: name as in `tls.weakness`, letter, words. */
const weaknesses: readonly (readonly [name: string, letter: Letter, title: string])[] = [
  ['heartbleed', 'F', 'vulnerable to Heartbleed'],
  ['ccs-injection', 'F', 'vulnerable to CCS injection'],
  ['robot', 'F', 'vulnerable to ROBOT'],
  ['ticketbleed', 'F', 'vulnerable to Ticketbleed'],
  ['drown', 'F', 'vulnerable to DROWN'],
  ['poodle-tls', 'F', 'vulnerable to POODLE in TLS'],
  ['poodle-sslv3', 'C', 'vulnerable to POODLE'],
  ['crime', 'C', 'vulnerable to CRIME'],
]

/** The caps that the facts earn, and what is open about others. Pure. */
export function capsOf(posture: Posture): { readonly caps: readonly Cap[]; readonly open: readonly string[] } {
  const known = weaknesses.map(([name, letter, title]) => ({
    letter,
    title,
    status: posture.weaknesses.get(name)?.status,
  }))
  return {
    caps: worstFirst([
      ...protocolCaps(posture),
      ...suiteCaps(posture.versions.filter(({ offered }) => offered === 'yes')),
      ...keyCaps(posture),
      ...renegotiationCaps(posture),
      ...known.filter(({ status }) => status === 'vulnerable').map(({ letter, title }) => ({ letter, reason: title })),
    ]),
    open: known
      .filter(({ status }) => status !== 'vulnerable' && status !== 'not-vulnerable')
      .map(({ title }) => `whether it is ${title} could not be determined`),
  }
}

function worstFirst(caps: readonly Cap[]): readonly Cap[] {
  return caps.toSorted((a, b) => letters.indexOf(b.letter) - letters.indexOf(a.letter))
}

function protocolCaps({ versions }: Posture): readonly Cap[] {
  const state = (protocol: Protocol) => versions.find((each) => each.protocol === protocol)?.offered
  const offered = versions.filter((each) => each.offered === 'yes').map(({ protocol }) => protocol)
  const old = offered.filter((each) => each === 'TLSv1.0' || each === 'TLSv1.1')
  const none = (...protocols: Protocol[]) => protocols.every((each) => state(each) === 'no')
  const caps: readonly (Cap | false)[] = [
    state('SSLv2') === 'yes' && { letter: 'F', reason: 'SSLv2 is offered' },
    state('SSLv3') === 'yes' &&
      none('TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3') && {
        letter: 'F',
        reason: 'nothing better than SSLv3 is offered',
      },
    state('SSLv3') === 'yes' && { letter: 'B', reason: 'SSLv3 is offered' },
    offered.length > 0 &&
      none('TLSv1.2', 'TLSv1.3') && { letter: 'C', reason: 'neither TLSv1.2 nor TLSv1.3 is offered' },
    old.length > 0 && { letter: 'B', reason: `${old.join(' and ')} ${old.length > 1 ? 'are' : 'is'} offered` },
    offered.length > 0 && state('TLSv1.3') === 'no' && { letter: 'A-', reason: 'TLSv1.3 is not offered' },
  ]
  return caps.filter((each) => each !== false)
}

function suiteCaps(offered: readonly Version[]): readonly Cap[] {
  const all = offered.flatMap(({ protocol, suites }) =>
    suites.map((name) => ({ name, protocol, suite: suiteNamed(name), bits: bitsOf(name) })),
  )
  const newer = all.filter(({ protocol }) => ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'].includes(protocol))
  const some = (from: typeof all, pattern: RegExp) => from.some(({ suite }) => pattern.test(suite?.cipher ?? ''))
  const complete = offered.length > 0 && offered.every(({ suitesComplete }) => suitesComplete)
  const caps: readonly (Cap | false)[] = [
    all.some(({ name }) => /EXPORT/.test(name)) && { letter: 'F', reason: 'export suites are accepted' },
    all.some(({ suite }) => ['anon', 'NULL'].includes(suite?.authentication ?? '')) && {
      letter: 'F',
      reason: 'suites without authentication are accepted',
    },
    all.some(({ bits }) => bits !== null && bits < 112) && {
      letter: 'F',
      reason: 'suites of fewer than 112 bits are accepted',
    },
    some(newer, /^RC4/) && { letter: 'C', reason: 'RC4 is accepted with TLSv1.1 or newer' },
    some(newer, /^(3DES|IDEA|DES|RC2|MAGMA|GOST-28147)/) && {
      letter: 'C',
      reason: '64-bit blocks are accepted with TLSv1.1 or newer',
    },
    some(all, /^RC4/) && { letter: 'B', reason: 'RC4 is accepted' },
    complete &&
      !all.some(({ suite }) => suite?.forwardSecrecy) && { letter: 'B', reason: 'no suite has forward secrecy' },
    complete && !all.some(({ suite }) => suite?.aead) && { letter: 'B', reason: 'no suite is authenticated (AEAD)' },
  ]
  return caps.filter((each) => each !== false)
}

function keyCaps(posture: Posture): readonly Cap[] {
  const dhBits = smallestDhBits(posture)
  const weakDh: readonly Cap[] =
    dhBits === null || dhBits >= 2_048
      ? []
      : [{ letter: dhBits < 1_024 ? 'F' : 'B', reason: `DH parameters of ${dhBits} bits are used` }]
  const ofCertificates = posture.certificates.flatMap((facts): readonly Cap[] => {
    const bits = number(facts.keyBits)
    const rsa = facts.keyType === 'RSA' && bits !== null && bits < 2_048
    const weak = texts(facts.problems).includes('weak-key')
    const md5 = /md[245]/i.test(text(facts.signatureAlgorithm) ?? '')
    return [
      ...(rsa ? [{ letter: bits < 1_024 ? 'F' : 'B', reason: `the key has ${bits} bits` } as const] : []),
      ...(weak && !rsa ? [{ letter: 'B', reason: 'a key of the chain is weak' } as const] : []),
      ...(md5 ? [{ letter: 'F', reason: 'the certificate is signed with MD5' } as const] : []),
    ]
  })
  return [...weakDh, ...ofCertificates]
}

/** Renegotiation that is not bound to the connection, CVE-2009-3555; missing RFC 5746 alone is a warning. */
function renegotiationCaps({ features, versions }: Posture): readonly Cap[] {
  const before13 = versions.some(({ protocol, offered }) => protocol !== 'TLSv1.3' && offered === 'yes')
  if (!before13 || features.get('secure-renegotiation')?.status !== 'no') return []
  return features.get('client-renegotiation')?.status === 'yes'
    ? [{ letter: 'F', reason: 'insecure renegotiation is possible' }]
    : [{ letter: 'A-', reason: 'secure renegotiation is not supported' }]
}
