import type { Ask } from '../ask.ts'
import { usageFacts } from '../certificate/extensions.ts'
import { parseCertificate } from '../certificate/parse.ts'
import { shownChains } from '../certificate/shown.ts'
import { handshakeQuestion } from '../handshake/current-client.ts'
import { shareableGroups } from '../handshake/key-shares.ts'
import { helloMaker } from '../hellos.ts'
import { cipherSuites } from '../registry/cipher-suites.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { ecdsaSchemes, rsaSchemes } from '../registry/signature-schemes.ts'
import type { Exchange } from '../transcript.ts'
import { certificateExtras } from '../wire/client-hello.ts'
import { handshakeTypes, type Reply } from '../wire/reply.ts'
import { openCase } from './case.ts'
import { chainsOf } from './chains.ts'
import { versionFacts } from './facts.ts'
import { hasHello } from './survey.ts'

/**
 * Asks for every certificate that the server may have: one for each kind of key that its suites call for, for clients
 * that name the host and for those that name none.
 */
export async function surveyAllCertificates(
  ask: Ask,
  exchanges: readonly Exchange[],
  serverName: string | undefined,
): Promise<void> {
  const names = serverName === undefined ? [undefined] : [serverName, undefined]
  await Promise.all(names.map((name) => surveyCertificates(ask, exchanges, name)))
  await askAgainForStatus(ask, exchanges, serverName)
}

/** Some servers fetch an OCSP response only once they were asked for it, so that no more than the second answer has it. */
async function askAgainForStatus(ask: Ask, exchanges: readonly Exchange[], serverName: string | undefined) {
  const missing = shownChains(openCase(exchanges).evidence).some(({ chain: [leaf], staples, role }) => {
    const certificate = leaf && parseCertificate(leaf)
    if (!certificate || 'problem' in certificate || role === 'default') return false
    return staples?.length === 0 && usageFacts(certificate).ocspUrls.length > 0
  })
  const group = openCase(exchanges).evidence.find(({ exchange }) => exchange.purpose === 'handshake')?.verdict
  const shares = group?.kind === 'chosen' && group.group !== null ? { shares: [group.group] } : {}
  if (missing) await ask(handshakeQuestion({ serverName, purpose: 'certificate', ...shares }))
}

/** Asks for the certificates that clients get that name this host, or none. */
async function surveyCertificates(
  ask: Ask,
  exchanges: readonly Exchange[],
  serverName: string | undefined,
): Promise<void> {
  const all = openCase(exchanges)
  const older = (['TLSv1.2', 'TLSv1.1', 'TLSv1.0', 'SSLv3'] as const).find(
    (each) => versionFacts(all, each).suites.length > 0,
  )
  const tls13 = versionFacts(all, 'TLSv1.3')
  const alike = all.evidence.filter(({ offered }) => (offered?.serverName ?? undefined) === serverName)
  const shown = new Set(chainsOf(alike).map(([leaf]) => authenticationOf(leaf)))
  const questions: Promise<unknown>[] = []
  if (older) {
    const suites = versionFacts(all, older).suites
    for (const kind of ['RSA', 'ECDSA', 'DSS']) {
      if (shown.has(kind)) continue
      const fitting = suites.filter((number) => cipherSuites.get(number)?.authentication === kind)
      if (fitting.length > 0) questions.push(ask(flightQuestion(serverName, older, fitting)))
    }
  }
  if (tls13.suites.length > 0 && !older) {
    // The one group that is offered is one that the server is known to take, so that no retry is needed.
    const group = shareableGroups.find((each) => tls13.groups.includes(each))
    const shares = group === undefined ? {} : { shares: [group], groups: [group] }
    const common = { serverName, tls13Only: true, purpose: 'certificate' as const, ...shares }
    const kinds = [
      ['RSA', rsaSchemes],
      ['ECDSA', ecdsaSchemes],
      ['any', undefined],
    ] as const
    for (const [kind, signatureSchemes] of kinds) {
      if (shown.has(kind) || (kind === 'any' && shown.size > 0)) continue
      questions.push(ask(handshakeQuestion({ ...common, ...(signatureSchemes ? { signatureSchemes } : {}) })))
    }
  }
  await Promise.all(questions)
}

/** The kind of suite that a certificate serves: `RSA`, `ECDSA`, `DSS`; undefined for any other key. */
function authenticationOf(leaf: Uint8Array | undefined): string | undefined {
  const certificate = leaf && parseCertificate(leaf)
  if (!certificate || 'problem' in certificate) return undefined
  return { RSA: 'RSA', EC: 'ECDSA', DSA: 'DSS' }[certificate.keyType ?? '']
}

function flightQuestion(serverName: string | undefined, protocol: RecordProtocol, cipherSuites: readonly number[]) {
  const bytes = helloMaker(serverName)({ protocol, cipherSuites, extensions: certificateExtras })
  return { purpose: 'certificate' as const, protocol, bytes, enough: hasCertificateAndStatus }
}

/** What comes next tells that no certificate or no OCSP response will come any more. */
function hasCertificateAndStatus(reply: Reply): boolean {
  if (!reply.serverHello || reply.form === 'malformed') return hasHello(reply)
  return (
    reply.alert !== null ||
    reply.messages.some(
      ({ type }) => type === handshakeTypes.serverKeyExchange || type === handshakeTypes.serverHelloDone,
    )
  )
}
