import type { Evidence } from '../evidence.ts'
import { flightOf } from '../handshake/current-client.ts'
import { type CipherSuite, cipherSuites } from '../registry/cipher-suites.ts'
import { signatureSchemeNames } from '../registry/signature-schemes.ts'
import { handshakeTypes } from '../wire/reply.ts'
import { type Finding, inferred, tested, unanswered, undetermined } from './feature.ts'
import { keyExchangeScheme, verifyScheme } from './flight-messages.ts'
import { type Heard, refusals } from './heard.ts'
import { suitesWhere } from './known.ts'

/** The schemes with which the server signs its handshakes, for TLS 1.2 and for 1.3; older versions have no choice. */
export function signatureAlgorithms(heard: Heard): Finding {
  const asked = heard.evidence.filter(({ exchange }) => exchange.purpose === 'signature')
  const of = (protocol: string): string[] => {
    const schemes = asked.filter(({ exchange }) => exchange.protocol === protocol).map(schemeOf)
    return [...new Set(schemes.filter((scheme) => scheme !== null))].map(nameOf)
  }
  const details = { tls12: of('TLSv1.2'), tls13: of('TLSv1.3') }
  const isRefused = refusals(heard)
  const lost = asked.filter((each) => each.verdict.kind !== 'chosen' && !isRefused(each))
  if (asked.length === 0) {
    if (mayChoose(heard)) return undetermined('the server was not asked', details)
    return inferred(false, 'nothing that is offered lets the client ask for a signature algorithm', details)
  }
  if (details.tls12.length + details.tls13.length === 0) return unanswered(lost[0] ?? asked[0], details)
  return tested(
    true,
    lost.length > 0 ? `${lost.length} of ${asked.length} questions were left unanswered` : null,
    details,
  )
}

/** Whether a version may be offered in which the client names the schemes, with a suite whose key exchange is signed. */
function mayChoose({ known }: Heard): boolean {
  const newest = known.versions.filter(({ protocol }) => protocol === 'TLSv1.3' || protocol === 'TLSv1.2')
  return newest.some(
    ({ protocol, offered, suites, openSuites }) =>
      offered !== 'no' && (protocol === 'TLSv1.3' || suitesWhere([...suites, ...openSuites], isSigned).length > 0),
  )
}

function isSigned({ keyExchange, authentication }: CipherSuite): boolean {
  return ['DHE', 'ECDHE'].includes(keyExchange) && ['RSA', 'ECDSA', 'DSS'].includes(authentication)
}

/** The scheme by which the server signed what it sent; null where it signed nothing that can be read. */
function schemeOf({ exchange, reply, verdict }: Evidence): number | null {
  if (verdict.kind !== 'chosen') return null
  if (exchange.protocol === 'TLSv1.3') {
    const verify = flightOf(reply, exchange.serverTraffic).find(({ type }) => type === handshakeTypes.certificateVerify)
    return verify ? verifyScheme(verify.body) : null
  }
  const message = reply.messages.find(({ type }) => type === handshakeTypes.serverKeyExchange)
  return message ? keyExchangeScheme(message.body, cipherSuites.get(verdict.suite)?.keyExchange === 'ECDHE') : null
}

function nameOf(scheme: number): string {
  return signatureSchemeNames[scheme] ?? `0x${scheme.toString(16).toUpperCase().padStart(4, '0')}`
}
