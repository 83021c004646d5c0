import type { Collector } from '../../src/collect/contract.ts'
import { revocationEndpoints } from './certificate/online.ts'
import { collectTls } from './collect.ts'
import { replayTls } from './replay-recording.ts'
import { endpointOf, parseShorthand, pathsOf, subjectOf, type TlsTarget, tlsTarget } from './target.ts'

/** What a TLS server offers, seen from outside: versions, cipher suites, groups, certificates. */
export const tlsCollector: Collector<TlsTarget> = {
  id: 'tls',
  version: 2,
  title: 'TLS protocols, cipher suites and certificates',
  emits: [
    'tls.protocol',
    'tls.certificate',
    'tls.negotiated',
    'tls.feature',
    'tls.weakness',
    'tls.conformance',
    'tls.grade',
    'tls.dns',
  ],
  target: tlsTarget,
  defaults: { timeoutMs: 20_000, concurrency: 16, connections: 1_000, requests: 20, bytes: 8 * 1_024 * 1_024 },
  shorthandForm: 'a host, as in example.com, example.com:8443 or smtp://mail.example.com',
  shorthand: parseShorthand,
  subject: subjectOf,
  reach: (target) => ({ endpoints: [endpointOf(target), ...revocationEndpoints(target)], paths: pathsOf(target) }),
  collect: collectTls,
  replay: replayTls,
}
