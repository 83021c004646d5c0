import type { Context, NewObservation } from '../../../src/collect/contract.ts'
import { endpointOf, serverNameOf, type TlsTarget } from '../target.ts'
import { dnsFacts } from './facts.ts'
import { askDns, type DnsAnswers, isDnsName, writeDnsAnswers } from './lookup.ts'

/**
 * Begins to ask the DNS about a target's name, and gives what to await once the rest is done: the observation
 * `tls.dns`, or undefined where the target has no name in DNS. Never rejects for what the DNS does.
 */
export function beginDns(target: TlsTarget, context: Context): () => Promise<NewObservation | undefined> {
  const host = serverNameOf(target) ?? endpointOf(target).host
  if (!isDnsName(host)) return async () => undefined
  const asking = askDns(context, host, target.starttls ? null : target.port)
  return async () => {
    const answers = await asking
    const evidence = [context.record(dnsName, 'application/json', writeDnsAnswers(answers))]
    return { ...observeDns(answers), evidence }
  }
}

/** The artefact that keeps the answers. */
export const dnsName = 'tls-dns.json'

/** What the answers show, but for the name of their artefact. */
export function observeDns(answers: DnsAnswers) {
  return { kind: 'tls.dns', subject: answers.host, methods: ['EXAMINE'] as const, facts: dnsFacts(answers) }
}
