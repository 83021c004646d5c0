import type { Json, JsonObject } from '../../../src/model/json.ts'
import type { Instant } from '../../../src/model/time.ts'
import { type CipherSuite, cipherSuites } from '../registry/cipher-suites.ts'
import { type Protocol, protocols } from '../registry/protocols.ts'

/** One version as `tls.protocol` reports it. */
export type Version = {
  readonly protocol: Protocol
  readonly offered: 'yes' | 'no' | 'undetermined'
  readonly reason: string | null
  readonly suites: readonly string[]
  readonly suitesComplete: boolean
  readonly preference: string
  readonly groups: readonly string[]
  readonly groupsComplete: boolean
  readonly forwardSecrecy: string | null
}

/** What `tls.feature` and `tls.weakness` say of one name. */
export type Status = { readonly status: string; readonly reason: string | null; readonly facts: JsonObject }

/** Everything that one collection showed of a server, as profiles and grades read it. */
export type Posture = {
  readonly at: Instant
  /** All six, oldest first. */
  readonly versions: readonly Version[]
  /** Facts of `tls.certificate`, one a chain. */
  readonly certificates: readonly JsonObject[]
  /** Facts of `tls.negotiated`; null where there are none. */
  readonly negotiated: JsonObject | null
  readonly features: ReadonlyMap<string, Status>
  readonly weaknesses: ReadonlyMap<string, Status>
}

/** Reads the facts of one collection; what is not among them is undetermined. Pure. */
export function postureOf(all: readonly { readonly kind: string; readonly facts: JsonObject }[], at: Instant): Posture {
  const of = (kind: string): readonly JsonObject[] => all.filter((each) => each.kind === kind).map(({ facts }) => facts)
  const seen = of('tls.protocol')
  return {
    at,
    versions: protocols.map((protocol) => versionOf(protocol, seen.find((facts) => facts.protocol === protocol) ?? {})),
    // A client that names the host never sees the certificate of the default host.
    certificates: of('tls.certificate').filter(({ role }) => role !== 'default'),
    negotiated: of('tls.negotiated')[0] ?? null,
    features: byName(of('tls.feature')),
    weaknesses: byName(of('tls.weakness')),
  }
}

function versionOf(protocol: Protocol, facts: JsonObject): Version {
  const offered = facts.offered
  return {
    protocol,
    offered: offered === 'yes' || offered === 'no' ? offered : 'undetermined',
    reason: text(facts.reason),
    suites: texts(facts.cipherSuites),
    suitesComplete: facts.cipherSuitesComplete === 'yes',
    preference: text(facts.preference) ?? 'undetermined',
    groups: texts(facts.groups),
    groupsComplete: facts.groupsComplete === 'yes',
    forwardSecrecy: text(facts.forwardSecrecy),
  }
}

function byName(all: readonly JsonObject[]): ReadonlyMap<string, Status> {
  return new Map(
    all.map((facts) => [
      text(facts.name) ?? '',
      { status: text(facts.status) ?? 'undetermined', reason: text(facts.reason), facts },
    ]),
  )
}

/** A fact that is text; null for anything else. */
export function text(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}

/** A fact that is a number; null for anything else. */
export function number(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null
}

/** The texts of a fact that is a list; empty for anything else. */
export function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

const suitesByName: ReadonlyMap<string, CipherSuite> = new Map(
  [...cipherSuites.values()].map((each) => [each.name, each]),
)

/** What a suite is made of; undefined for SSLv2's and unknown ones. */
export function suiteNamed(name: string): CipherSuite | undefined {
  return suitesByName.get(name)
}
