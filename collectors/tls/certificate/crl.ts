import { type Instant, later } from '../../../src/model/time.ts'
import { WireError } from '../wire/bytes.ts'
import { type Der, derTags, readDer, readInside, readOid } from './der.ts'
import { noStatement, revocationReasons, type Statement } from './ocsp.ts'
import type { Certificate } from './parse.ts'
import { checkSignature, readSigned, readTime } from './signed.ts'
import { readIdentity } from './tbs.ts'

const issuingDistributionPoint = '2.5.29.28'
const deltaIndicator = '2.5.29.27'
const reasonCode = '2.5.29.21'
const leewayMs = 300_000

/** Looks a certificate up in a CRL of its issuer (RFC 5280 section 5), as of a moment. Never throws. */
export function judgeCrl(
  bytes: Uint8Array,
  certificate: Certificate,
  issuer: Certificate | undefined,
  at: Instant,
): Statement {
  try {
    return judge(bytes, certificate, issuer, at)
  } catch (error) {
    if (error instanceof WireError) return invalid('the CRL is malformed')
    throw error
  }
}

function invalid(reason: string): Statement {
  return { ...noStatement, status: 'invalid', reason }
}

function undetermined(reason: string): Statement {
  return { ...noStatement, status: 'undetermined', reason }
}

function judge(bytes: Uint8Array, certificate: Certificate, issuer: Certificate | undefined, at: Instant): Statement {
  if (!issuer) return undetermined('the issuer that must have signed the CRL is not known')
  const signed = readSigned(bytes)
  const parts = readDer(signed.tbs.content)
  const [algorithm, name, update, ...rest] = parts[0]?.tag === derTags.integer ? parts.slice(1) : parts
  if (!name || !update) throw new WireError('no CRL')
  // RFC 5280 section 5.1.1.2: the algorithm stands twice, once within what is signed.
  if (!algorithm || !Buffer.from(algorithm.raw).equals(signed.algorithm.raw)) throw new WireError('two algorithms')
  const own = readIdentity(certificate.der)
  if (!Buffer.from(name.raw).equals(own.issuer)) return undetermined('the CRL is of another issuer')
  const check = checkSignature(signed, issuer.x509.publicKey)
  if (check === 'invalid') return invalid('the signature of the CRL is not valid')
  if (check === 'unknown') return undetermined('the CRL is signed with an unknown algorithm')
  const partial = whyPartial(rest.find(({ tag }) => tag === 0xa0))
  if (partial) return undetermined(partial)
  const thisUpdate = readTime(update)
  const next = rest.find(({ tag }) => tag === 0x17 || tag === 0x18)
  const nextUpdate = next ? readTime(next) : null
  const dates = { ...noStatement, thisUpdate, nextUpdate, responder: issuer.subject }
  if (thisUpdate > later(at, leewayMs)) return { ...dates, status: 'invalid', reason: 'the CRL is from the future' }
  if (nextUpdate !== null && nextUpdate < later(at, -leewayMs)) {
    return { ...dates, status: 'invalid', reason: `the CRL was valid until ${nextUpdate}` }
  }
  const list = rest.find(({ tag }) => tag === derTags.sequence)
  const entry = list && readDer(list.content).find((each) => isAbout(each, own.serial))
  if (!entry) return { ...dates, status: 'good', reason: null }
  const [, when, extensions] = readDer(entry.content)
  return { ...dates, status: 'revoked', reason: reasonOf(extensions), revokedAt: when ? readTime(when) : null }
}

function isAbout(entry: Der, serial: Uint8Array): boolean {
  const [length] = entry.content.subarray(1)
  // The serial stands first, so that the rest of a long list need not be read.
  return length === serial.length && Buffer.from(entry.content.subarray(2, 2 + serial.length)).equals(serial)
}

/** Why a CRL may leave out the certificate though it is revoked; undefined where it may not. */
function whyPartial(extensions: Der | undefined): string | undefined {
  for (const [oid, value] of extensions ? readExtensions(readInside(extensions.content, derTags.sequence)) : []) {
    if (oid === deltaIndicator) return 'the CRL is a delta'
    if (oid !== issuingDistributionPoint) continue
    const flags = readInside(value, derTags.sequence).map(({ tag }) => tag)
    // onlyContainsCACerts, onlySomeReasons, indirectCRL, onlyContainsAttributeCerts.
    if (flags.some((tag) => [0x82, 0x83, 0x84, 0x85].includes(tag))) return 'the CRL is for other certificates'
  }
  return undefined
}

function reasonOf(extensions: Der | undefined): string {
  const list = extensions ? readExtensions(readDer(extensions.content)) : []
  const code = list.find(([oid]) => oid === reasonCode)?.[1].at(-1)
  return revocationReasons[code ?? 0] || 'unspecified'
}

function readExtensions(list: readonly Der[]): [string, Uint8Array][] {
  return list.flatMap(({ content }): [string, Uint8Array][] => {
    const parts = readDer(content)
    const value = parts.at(-1)
    return parts[0] && value ? [[readOid(parts[0].content), value.content]] : []
  })
}
