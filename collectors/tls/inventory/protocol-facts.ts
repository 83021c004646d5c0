import type { JsonObject } from '../../../src/model/json.ts'
import { keyOf, reasonOf } from '../evidence.ts'
import { type CipherSuite, cipherSuiteName, cipherSuites, isWeak, sslv2CipherName } from '../registry/cipher-suites.ts'
import { groupName } from '../registry/groups.ts'
import { type RecordProtocol, versionNumbers } from '../registry/protocols.ts'
import type { Case } from './case.ts'
import { type VersionFacts, versionFacts } from './facts.ts'

/** The facts of `tls.protocol`, one for each version, oldest first; pure. */
export function protocolFacts(all: Case): JsonObject[] {
  const versions = Object.keys(versionNumbers) as RecordProtocol[]
  return [sslv2Facts(all), ...versions.map((protocol) => asFacts(versionFacts(all, protocol)))]
}

function asFacts(facts: VersionFacts): JsonObject {
  const suites = facts.suites.flatMap((number): CipherSuite[] => {
    const suite = cipherSuites.get(number)
    return suite ? [suite] : []
  })
  const complete = facts.offered !== 'undetermined' && facts.openSuites.length === 0
  return {
    protocol: facts.protocol,
    offered: facts.offered,
    reason: facts.reason,
    cipherSuites: facts.suites.map(cipherSuiteName),
    cipherSuitesComplete: complete ? 'yes' : 'no',
    preference: facts.preference,
    groups: facts.groups.map(groupName),
    groupsComplete: complete && facts.openGroups.length === 0 ? 'yes' : 'no',
    weakCipherSuites: weakSuites(suites, complete),
    forwardSecrecy: facts.offered === 'no' ? null : secrecy(suites, complete),
  }
}

/** An empty list would say that there is none, so it is said only where every suite was tried. */
function weakSuites(suites: readonly CipherSuite[], complete: boolean): readonly string[] | null {
  const weak = suites.filter(isWeak).map(({ name }) => name)
  return weak.length === 0 && !complete ? null : weak
}

/** `all` and `none` are said only where every suite was tried. */
function secrecy(suites: readonly CipherSuite[], complete: boolean): 'all' | 'some' | 'none' | 'undetermined' {
  const secret = suites.filter(({ forwardSecrecy }) => forwardSecrecy).length
  if (secret > 0 && secret < suites.length) return 'some'
  if (!complete) return 'undetermined'
  return secret > 0 ? 'all' : 'none'
}

function sslv2Facts({ evidence, dismissed, believes }: Case): JsonObject {
  const attempts = evidence.filter(({ exchange }) => exchange.purpose === 'sslv2')
  const hello = attempts.find(({ verdict }) => verdict.kind === 'sslv2')
  const ciphers = hello?.verdict.kind === 'sslv2' ? hello.verdict.ciphers.map(sslv2CipherName) : []
  const state = ((): { offered: 'yes' | 'no' | 'undetermined'; reason: string | null } => {
    if (hello) return { offered: 'yes', reason: ciphers.length > 0 ? null : 'it offers no cipher with it' }
    const refusal = attempts.find(({ verdict }) => verdict.kind === 'refused')
    if (refusal?.verdict.kind === 'refused' && believes('offer'))
      return { offered: 'no', reason: `refused it with the alert ${refusal.verdict.alert}` }
    const dismissal = attempts.map(({ exchange }) => dismissed.get(keyOf(exchange))).find(Boolean)
    if (dismissal) return { offered: 'no', reason: dismissal }
    const last = attempts.at(-1)
    return { offered: 'undetermined', reason: `the server ${last ? reasonOf(last) : 'was not asked'}` }
  })()
  return {
    protocol: 'SSLv2',
    ...state,
    cipherSuites: ciphers,
    cipherSuitesComplete: state.offered === 'undetermined' ? 'no' : 'yes',
    // An SSLv2 client picks from what the server lists.
    preference: state.offered === 'yes' ? 'client' : 'undetermined',
    groups: [],
    groupsComplete: state.offered === 'undetermined' ? 'no' : 'yes',
    weakCipherSuites: state.offered === 'undetermined' ? null : ciphers,
    forwardSecrecy: state.offered === 'no' ? null : state.offered === 'yes' ? 'none' : 'undetermined',
  }
}
