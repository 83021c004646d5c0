import type { JsonObject } from '../../../src/model/json.ts'

/** The known weaknesses that are looked for; a closed list. */
export const weaknessNames = [
  'heartbleed',
  'ccs-injection',
  'ticketbleed',
  'robot',
  'poodle-sslv3',
  'poodle-tls',
  'freak',
  'logjam',
  'drown',
  'sweet32',
  'crime',
  'beast',
  'rc4',
  'lucky13',
  'anonymous',
  'null',
  'no-forward-secrecy',
  'no-aead',
] as const
export type WeaknessName = (typeof weaknessNames)[number]

/** Whether a server has a weakness. `tested`: it was tried; `inferred`: it follows from what else the server showed. */
export type Verdict = {
  readonly status: 'vulnerable' | 'not-vulnerable' | 'undetermined'
  readonly basis: 'tested' | 'inferred'
  readonly reason: string
}

/** The facts of `tls.weakness`. */
export function weaknessFacts(name: WeaknessName, { status, basis, reason }: Verdict): JsonObject {
  return { name, status, basis, reason }
}

export function verdict(basis: Verdict['basis'], status: Verdict['status'], reason: string): Verdict {
  return { status, basis, reason }
}
