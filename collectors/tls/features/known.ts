import { type Case, openCase } from '../inventory/case.ts'
import { type VersionFacts, versionFacts } from '../inventory/facts.ts'
import { cipherSuites } from '../registry/cipher-suites.ts'
import { type RecordProtocol, versionNumbers } from '../registry/protocols.ts'
import { type Exchange, isAboutFeature } from '../transcript.ts'

/** What the inventory showed, as far as questions about features and weaknesses rest on it. */
export type Known = {
  readonly case: Case
  /** Every version but SSLv2, newest first. */
  readonly versions: readonly VersionFacts[]
  /** The newest version before TLS 1.3 that is offered. */
  readonly older: VersionFacts | null
  readonly tls13: VersionFacts | null
  /** Whether TLS 1.3 is offered and all older versions are not. */
  readonly onlyTls13: boolean
}

const newestFirst = (Object.keys(versionNumbers) as RecordProtocol[]).reverse()

/** Reads the exchanges of the inventory again; those about features are left out. Pure. */
export function knownFrom(exchanges: readonly Exchange[]): Known {
  const all = openCase(
    exchanges.filter((each) => !isAboutFeature(each)),
    true,
  )
  const versions = newestFirst.map((protocol) => versionFacts(all, protocol))
  const offered = versions.filter((each) => each.suites.length > 0)
  const tls13 = offered.find(({ protocol }) => protocol === 'TLSv1.3') ?? null
  const older = offered.find(({ protocol }) => protocol !== 'TLSv1.3') ?? null
  const onlyTls13 = tls13 !== null && versions.every((each) => each === tls13 || each.offered === 'no')
  return { case: all, versions, older, tls13, onlyTls13 }
}

/** Those of some suites whose description fits. */
export function suitesWhere(
  suites: readonly number[],
  fits: (suite: NonNullable<ReturnType<typeof cipherSuites.get>>) => boolean,
): readonly number[] {
  return suites.filter((number) => {
    const suite = cipherSuites.get(number)
    return suite !== undefined && fits(suite)
  })
}
