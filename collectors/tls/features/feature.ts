import type { JsonObject } from '../../../src/model/json.ts'
import { type Evidence, reasonOf } from '../evidence.ts'

/** What is looked for beside versions, suites and groups; a closed list. */
export const featureNames = [
  'alpn',
  'client-certificate',
  'client-renegotiation',
  'compression',
  'dh-parameters',
  'early-data',
  'encrypt-then-mac',
  'extended-master-secret',
  'fallback-scsv',
  'grease-intolerance',
  'heartbeat',
  'long-hello-intolerance',
  'ocsp-stapling',
  'secure-renegotiation',
  'session-ids',
  'session-tickets',
  'signature-algorithms',
  'tls13-resumption',
  'version-intolerance',
] as const
export type FeatureName = (typeof featureNames)[number]

/** Whether a server has a feature. `tested`: it was tried; `inferred`: it follows from what is known of its versions. */
export type Finding = {
  readonly status: 'yes' | 'no' | 'undetermined'
  readonly basis: 'tested' | 'inferred'
  readonly reason: string | null
  readonly details?: JsonObject
}

/** The facts of `tls.feature`. */
export function featureFacts(name: FeatureName, { status, basis, reason, details = {} }: Finding): JsonObject {
  return { name, status, basis, reason, ...details }
}

export function tested(isThere: boolean, reason: string | null = null, details: JsonObject = {}): Finding {
  return { status: isThere ? 'yes' : 'no', basis: 'tested', reason, details }
}

export function inferred(isThere: boolean, reason: string, details: JsonObject = {}): Finding {
  return { status: isThere ? 'yes' : 'no', basis: 'inferred', reason, details }
}

export function undetermined(reason: string, details: JsonObject = {}): Finding {
  return { status: 'undetermined', basis: 'tested', reason, details }
}

/** Undetermined for what the server did with the question. */
export function unanswered(evidence: Evidence | undefined, details: JsonObject = {}): Finding {
  if (!evidence) return undetermined('the server was not asked', details)
  const { verdict } = evidence
  if (verdict.kind === 'refused')
    return undetermined(`the server refused the hello with the alert ${verdict.alert}`, details)
  return undetermined(`the server ${reasonOf(evidence)}`, details)
}
