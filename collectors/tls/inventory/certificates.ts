import type { Ask } from '../ask.ts'
import { handshakeQuestion } from '../handshake/current-client.ts'
import { shareableGroups } from '../handshake/key-shares.ts'
import { helloMaker } from '../hellos.ts'
import { cipherSuites } from '../registry/cipher-suites.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { ecdsaSchemes, rsaSchemes } from '../registry/signature-schemes.ts'
import type { Exchange } from '../transcript.ts'
import { handshakeTypes, type Reply } from '../wire/reply.ts'
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
  const questions: Promise<unknown>[] = []
  if (older) {
    const suites = versionFacts(all, older).suites
    for (const kind of ['RSA', 'ECDSA', 'DSS']) {
      const fitting = suites.filter((number) => cipherSuites.get(number)?.authentication === kind)
      if (fitting.length > 0) questions.push(ask(flightQuestion(serverName, older, fitting)))
    }
  }
  if (tls13.suites.length > 0 && !older) {
    // A share of a group that the server is known to take, so that no retry is needed.
    const groups = tls13.groups.filter((group) => shareableGroups.includes(group))
    const common = {
      serverName,
      tls13Only: true,
      purpose: 'certificate' as const,
      ...(groups[0] ? { shares: [groups[0]], groups } : {}),
    }
    for (const signatureSchemes of [rsaSchemes, ecdsaSchemes, undefined]) {
      questions.push(ask(handshakeQuestion({ ...common, ...(signatureSchemes ? { signatureSchemes } : {}) })))
    }
  }
  await Promise.all(questions)
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
