import type { JsonObject } from '../../../src/model/json.ts'
import type { Protocol } from '../registry/protocols.ts'
import { number, type Posture, suiteNamed, text, texts, type Version } from './posture.ts'

/**
 * What one check has to say: `deviation` from a requirement, `undetermined` where the facts leave a requirement open,
 * `advice` where only a recommendation is not followed.
 */
export type Remark = { readonly kind: 'deviation' | 'undetermined' | 'advice'; readonly text: string }

/** One requirement of a profile, held against what a server showed; no remark where it is met. Pure. */
export type Check = (posture: Posture) => readonly Remark[]

const deviation = (text: string): Remark => ({ kind: 'deviation', text })
const undetermined = (text: string): Remark => ({ kind: 'undetermined', text })
const advice = (text: string): Remark => ({ kind: 'advice', text })

/** Versions that may be offered, the ones of them that must be, and the ones that should be. */
export function versions(rule: {
  readonly allowed: readonly Protocol[]
  readonly required?: readonly Protocol[]
  readonly advised?: readonly Protocol[]
}): Check {
  const { allowed, required = [], advised = [] } = rule
  return ({ versions }) => [
    ...versions.flatMap((version) => {
      if (allowed.includes(version.protocol) || version.offered === 'no') return []
      return [version.offered === 'yes' ? deviation(`${version.protocol} is offered`) : openVersion(version)]
    }),
    ...versions.flatMap((version) => {
      const must = required.includes(version.protocol)
      if ((!must && !advised.includes(version.protocol)) || version.offered === 'yes') return []
      if (version.offered === 'undetermined') return must ? [openVersion(version)] : []
      const missing = `${version.protocol} is not offered`
      return [must ? deviation(missing) : advice(missing)]
    }),
    ...(required.length > 0 ? [] : noneOf(versions.filter(({ protocol }) => allowed.includes(protocol)))),
  ]
}

/** A server that offers nothing of what a profile allows does not conform to it. */
function noneOf(allowed: readonly Version[]): readonly Remark[] {
  const names = allowed.map(({ protocol }) => protocol)
  if (allowed.some(({ offered }) => offered === 'yes')) return []
  if (allowed.every(({ offered }) => offered === 'no')) return [deviation(`none of ${names.join(', ')} is offered`)]
  return [undetermined(`whether any of ${names.join(', ')} is offered could not be determined`)]
}

function openVersion({ protocol, reason }: Version): Remark {
  return undetermined(`${protocol} could not be determined${reason ? `: ${reason}` : ''}`)
}

/** Cipher suites that may be accepted, in the given versions; `why` ends the sentence where a reason helps. */
export function suites(
  within: readonly Protocol[],
  allows: (suite: string, at: Posture['at']) => boolean,
  why = '',
): Check {
  return ({ versions, at }) =>
    versions.filter(isIn(within)).flatMap(({ protocol, suites, suitesComplete }) => {
      const wrong = suites.filter((suite) => !allows(suite, at))
      return [
        ...(wrong.length > 0 ? [deviation(`${protocol} accepts ${wrong.join(', ')}${why}`)] : []),
        ...(suitesComplete ? [] : [undetermined(`${protocol}: not every cipher suite could be tried`)]),
      ]
    })
}

/** Groups that may be agreed on, in the given versions. */
export function groups(within: readonly Protocol[], allows: (group: string) => boolean): Check {
  return ({ versions }) =>
    versions.filter(isIn(within)).flatMap(({ protocol, groups, groupsComplete }) => {
      const wrong = groups.filter((group) => !allows(group))
      return [
        ...(wrong.length > 0
          ? [deviation(`${protocol} agrees on the ${wrong.length > 1 ? 'groups' : 'group'} ${wrong.join(', ')}`)]
          : []),
        ...(groupsComplete ? [] : [undetermined(`${protocol}: not every group could be tried`)]),
      ]
    })
}

/** A group that the newest version should offer. */
export function advisedGroup(name: string): Check {
  return ({ versions }) =>
    versions
      .filter(isIn(['TLSv1.3']))
      .filter(({ groups, groupsComplete }) => groupsComplete && !groups.includes(name))
      .map(({ protocol }) => advice(`${protocol} does not offer the group ${name}`))
}

/** The server's order of suites must rule wherever it can choose. */
export const serverOrder: Check = ({ versions }) =>
  versions
    .filter(({ protocol, offered, suites }) => protocol !== 'TLSv1.3' && offered === 'yes' && suites.length > 1)
    .flatMap(({ protocol, preference }) => {
      if (preference === 'server') return []
      return preference === 'client'
        ? [deviation(`${protocol} follows the client’s order of cipher suites`)]
        : [undetermined(`${protocol}: whose order of cipher suites rules could not be determined`)]
    })

/** What a rule says of one chain, as sentences without their subject: `has ...`, `is ...`. */
export type CertificateRule = (
  facts: JsonObject,
  at: Posture['at'],
) => {
  readonly wrong?: readonly string[]
  readonly open?: readonly string[]
  readonly advised?: readonly string[]
}

/** A rule that every chain must follow. */
export function certificates(rule: CertificateRule): Check {
  return ({ certificates, at }) => {
    if (certificates.length === 0) return [undetermined('no certificate was seen')]
    return certificates.flatMap((facts) => {
      const type = text(facts.keyType)
      const name = certificates.length === 1 || type === null ? 'the certificate' : `the ${type} certificate`
      if (type === null) return [undetermined(`${name} does not parse`)]
      const { wrong = [], open = [], advised = [] } = rule(facts, at)
      return [
        ...wrong.map((each) => deviation(`${name} ${each}`)),
        ...open.map((each) => undetermined(`${name}: ${each}`)),
        ...advised.map((each) => advice(`${name} ${each}`)),
      ]
    })
  }
}

/** The certificate is in its validity, for this host, trusted, complete, and not revoked. */
export const soundCertificate: Check = certificates((facts) => {
  const problems = texts(facts.problems)
  const trusted = text(facts.trusted)
  return {
    wrong: [
      ...problems.flatMap((problem) => certificateProblems[problem] ?? []),
      ...(trusted === 'no' && !problems.some((each) => untrusted.includes(each)) ? ['is not trusted'] : []),
    ],
    open: trusted === 'undetermined' ? ['whether it is trusted could not be determined'] : [],
  }
})

const untrusted = ['self-signed', 'untrusted-root', 'incomplete-chain', 'expired', 'not-yet-valid', 'revoked']

const certificateProblems: { readonly [problem: string]: string } = {
  expired: 'has expired',
  'not-yet-valid': 'is not valid yet',
  'host-mismatch': 'does not name the host',
  'no-san': 'has no subject alternative name',
  'self-signed': 'is signed by itself',
  'untrusted-root': 'leads to a root that is not trusted',
  'incomplete-chain': 'comes without an intermediate certificate',
  revoked: 'has been revoked',
}

/** Keys by type: RSA of at least so many bits, EC of the given sizes. */
export function keys(rule: {
  readonly rsaBits: number
  readonly ecBits: readonly number[]
  readonly others?: RegExp
}): Check {
  return certificates((facts) => {
    const type = text(facts.keyType) ?? ''
    const bits = number(facts.keyBits)
    if (rule.others?.test(type)) return {}
    if (bits === null) return { open: [`the size of its ${type} key is not known`] }
    const fits = type === 'RSA' ? bits >= rule.rsaBits : type === 'EC' && rule.ecBits.includes(bits)
    return fits ? {} : { wrong: [`has a key of ${type} ${bits} bits`] }
  })
}

/** What a feature must be; `advised` where it only should be. Features of TLS 1.2 and before say so with `before13`. */
export function feature(
  name: string,
  rule: {
    readonly is: readonly string[]
    readonly otherwise: string
    readonly advised?: boolean
    readonly before13?: boolean
  },
): Check {
  return (posture) => {
    if (rule.before13 && !offersBefore13(posture)) return []
    const known = posture.features.get(name)
    if (known && rule.is.includes(known.status)) return []
    if (!known || openStatuses.includes(known.status)) {
      return rule.advised ? [] : [undetermined(`${name.replaceAll('-', ' ')} could not be determined`)]
    }
    return [rule.advised ? advice(rule.otherwise) : deviation(rule.otherwise)]
  }
}

const openStatuses = ['undetermined', 'not-tested', 'not-applicable']

function offersBefore13({ versions }: Posture): boolean {
  return versions.some(({ protocol, offered }) => protocol !== 'TLSv1.3' && offered !== 'no')
}

/** Signature schemes by which no handshake of TLS 1.2 or 1.3 may be signed. */
export function handshakeSignatures(forbidden: RegExp): Check {
  return ({ versions, features }) => {
    const asked = versions.filter(isIn(['TLSv1.2', 'TLSv1.3'])).map(({ protocol }) => protocol)
    const known = features.get('signature-algorithms')
    const wrong = (['TLSv1.2', 'TLSv1.3'] as const).flatMap((protocol) => {
      const schemes = texts(known?.facts[protocol === 'TLSv1.2' ? 'tls12' : 'tls13']).filter((each) =>
        forbidden.test(each),
      )
      return schemes.length > 0 ? [deviation(`${protocol} handshakes are signed with ${schemes.join(', ')}`)] : []
    })
    if (wrong.length > 0 || asked.length === 0) return wrong
    // A reason beside a yes says that some schemes could not be tried.
    const settled = known?.status === 'no' || (known?.status === 'yes' && known.reason === null)
    return settled ? [] : [undetermined('how handshakes are signed could not be determined')]
  }
}

/** The least bits of a Diffie-Hellman prime before TLS 1.3, whose groups have names. */
export function dhBits(least: number): Check {
  return ({ versions, features }) => {
    const bits = number(features.get('dh-parameters')?.facts.bits)
    if (bits !== null) return bits >= least ? [] : [deviation(`Diffie-Hellman uses a prime of ${bits} bits`)]
    const offersDh = versions.some(
      ({ offered, suites }) => offered === 'yes' && suites.some((name) => suiteNamed(name)?.keyExchange === 'DHE'),
    )
    return offersDh ? [undetermined('the size of the Diffie-Hellman prime could not be determined')] : []
  }
}

/** A weakness that must not be there. */
export function notVulnerable(name: string, title: string): Check {
  return ({ weaknesses }) => {
    const known = weaknesses.get(name)
    if (known?.status === 'not-vulnerable') return []
    if (known?.status === 'vulnerable') return [deviation(`it is vulnerable to ${title}`)]
    return [undetermined(`${title} could not be determined`)]
  }
}

function isIn(within: readonly Protocol[]): (version: Version) => boolean {
  return ({ protocol, offered }) => offered === 'yes' && within.includes(protocol)
}
