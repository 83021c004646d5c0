import { isProven, type TimeBound } from '../ledger/time-bounds.ts'
import type { StampRevocation } from '../model/stamp-revocation.ts'
import type { Check } from './check.ts'

/** What says something of a certificate, in a sentence. */
export const sourceWords = { ocsp: 'an OCSP response', crl: 'a revocation list' } as const

type Revoked = Extract<StampRevocation, { readonly status: 'revoked' }>

/**
 * Whether the certificates behind time stamps, given by ascending size, were revoked: every revocation that is known, and
 * what is known of the newest stamp that bounds the ledger for a reader.
 */
export function revocationChecks(bounds: readonly TimeBound[]): readonly Check[] {
  const newest = bounds.findLast(isProven)
  return [...revocationsIn(bounds).map(revokedCheck), ...(newest ? standingChecks(newest) : [])]
}

type Group = { readonly revocation: Revoked; readonly bounds: readonly TimeBound[] }

/** Stamps that one revocation concerns in one way, together. */
function revocationsIn(bounds: readonly TimeBound[]): readonly Group[] {
  const groups = new Map<string, { readonly revocation: Revoked; readonly bounds: TimeBound[] }>()
  for (const bound of bounds) {
    const { revocation } = bound
    if (revocation?.status !== 'revoked') continue
    const { certificate, since, voids } = revocation
    const key = JSON.stringify([certificate, since, voids, bound.time < since])
    const group = groups.get(key) ?? { revocation, bounds: [] }
    group.bounds.push(bound)
    groups.set(key, group)
  }
  return [...groups.values()]
}

function revokedCheck({ revocation, bounds }: Group): Check {
  const { certificate, since, reason, voids } = revocation
  const times = bounds.map(({ time }) => time).sort()
  const [first = '', last = ''] = [times[0], times.at(-1)]
  const [stamps, were, they] =
    bounds.length === 1
      ? [`the stamp of ${first}`, 'was', 'it shows']
      : [`${bounds.length} stamps, ${first === last ? `of ${first}` : `of ${first} to ${last}`},`, 'were', 'they show']
  const fact = `The certificate of ${certificate} has been revoked since ${since} (${reason ?? 'no reason given'})`
  if (!voids) {
    const sentence = `${fact}; ${stamps} ${were} made before, and such a revocation leaves earlier stamps good (RFC 3161, section 4).`
    return { holds: true, sentence }
  }
  const why =
    first < since
      ? `${stamps} ${were} made before by the time stated there, but who has the key can date stamps back`
      : `${stamps} ${were} made after`
  return { holds: null, sentence: `${fact}; ${why}: ${they} nothing any more (RFC 3161, section 4).` }
}

/** Nothing where the reader trusts the very certificate, or nobody looked. */
function standingChecks({ revocation, authority }: TimeBound): readonly Check[] {
  switch (revocation?.status) {
    case 'good': {
      const sentence = `The certificate of ${authority} was not revoked when it made that stamp, as ${sourceWords[revocation.source]} of ${revocation.issued} shows.`
      return [{ holds: true, sentence }]
    }
    case 'unknown': {
      const { certificate, reason } = revocation
      const sentence = `Whether the certificate of ${certificate} was revoked, nothing at hand says (${reason}); ask the authority that issued it.`
      return [{ holds: null, sentence }]
    }
    case 'revoked':
    case 'irrevocable':
    case undefined:
      return []
    default:
      return revocation satisfies never
  }
}
