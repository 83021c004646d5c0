import type { Ask } from '../ask.ts'
import { parseCertificate } from '../certificate/parse.ts'
import { handshakeQuestion } from '../handshake/current-client.ts'
import { shareableGroups } from '../handshake/key-shares.ts'
import { helloMaker } from '../hellos.ts'
import { cipherSuites } from '../registry/cipher-suites.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { ecdsaSchemes, rsaSchemes } from '../registry/signature-schemes.ts'
import type { Exchange } from '../transcript.ts'
import { handshakeTypes, type Reply } from '../wire/reply.ts'
import { chainsOf } from './chains.ts'
import { openCase, versionFacts } from './facts.ts'
import { hasHello } from './scan.ts'

/** Asks for every certificate that the server may have: one for each kind of key that its suites call for. */
export async function surveyCertificates(
  ask: Ask,
  exchanges: readonly Exchange[],
  serverName: string | undefined,
): Promise<void> {
  const all = openCase(exchanges)
  const older = (['TLSv1.2', 'TLSv1.1', 'TLSv1.0', 'SSLv3'] as const).find(
    (each) => versionFacts(all, each).suites.length > 0,
  )
  const tls13 = versionFacts(all, 'TLSv1.3')
  const shown = new Set(chainsOf(all.evidence).map(([leaf]) => authenticationOf(leaf)))
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
  const bytes = helloMaker(serverName)({ protocol, cipherSuites })
  return { purpose: 'certificate' as const, protocol, bytes, enough: hasCertificate }
}

function hasCertificate(reply: Reply): boolean {
  if (!reply.serverHello || reply.form === 'malformed') return hasHello(reply)
  return (
    reply.alert !== null ||
    reply.messages.some(({ type }) => type === handshakeTypes.certificate || type === handshakeTypes.serverHelloDone)
  )
}
