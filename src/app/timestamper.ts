import { resolve } from 'node:path'
import type { StampCheck } from '../ledger/verify-timestamps.ts'
import type { RevocationData } from '../signing/cms/revocation-status.ts'
import { readKeyFile } from '../signing/keys/files.ts'
import type { Timestamper } from '../signing/signer.ts'
import { verifyStamp } from '../signing/stamp.ts'
import { firstOf, rfc3161Timestamper } from '../signing/timestamp.ts'
import type { Project } from './project.ts'

/** The configuration's time-stamp authorities, asked in turn; undefined where there are none. Throws SigningError. */
export async function openTimestamper(project: Project): Promise<Timestamper | undefined> {
  const { timestamp } = project.config.signing
  if (!timestamp) return undefined
  const trust = await timestampAnchors(project)
  return firstOf(timestamp.urls.map((url) => rfc3161Timestamper({ url, trust, policies: timestamp.policies })))
}

/** The certificates that the configuration trusts for times, as their files have them; throws SigningError. */
export async function timestampAnchors({ config, directory }: Project): Promise<readonly Uint8Array[]> {
  const files = config.signing.timestamp?.trust ?? []
  return await Promise.all(files.map((file) => readKeyFile(resolve(directory, file))))
}

/**
 * What the ledger judges its time stamps with: it knows nothing of certificates itself. `lookUp` gives the revocation data
 * at hand, once and only where there are stamps.
 */
export function stampCheck(anchors: readonly Uint8Array[], lookUp: () => Promise<RevocationData>): StampCheck {
  let found: Promise<RevocationData> | undefined
  return async (token, data) => {
    found ??= lookUp()
    return await verifyStamp(token, data, anchors, { revocation: await found })
  }
}
