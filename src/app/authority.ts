import { readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { partOf } from '../disk/part.ts'
import { type Instant, instant, later } from '../model/time.ts'
import { aboutFile, readKeyFile, writeSecretFile } from '../signing/keys/files.ts'
import { crlDays, makeOwnCrl } from '../signing/keys/own-crl.ts'
import { readCertificates } from '../signing/keys/pem.ts'
import { readPrivateKey } from '../signing/keys.ts'
import { readPassphrase } from './secrets.ts'

/** Why a certificate of one's own authority is revoked, in the words of RFC 5280 section 5.3.1. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
] as const
export type RevocationReason = (typeof revocationReasons)[number]

/**
 * Puts the next revocation list of a local authority in the place of its last; a certificate that is named stands on it
 * from now on, and on every later one. Throws SigningError.
 */
export async function renewCrl(options: {
  readonly folder: string
  /** `env:NAME` or `file:path`. */
  readonly passphrase: string | null
  readonly revoke?: string | undefined
  readonly reason: RevocationReason
}): Promise<{ readonly path: string; readonly until: Instant }> {
  const { folder, passphrase, revoke, reason } = options
  const now = instant(Date.now())
  const [authority] = await certificatesIn(join(folder, 'ca.cert.pem'))
  const keyFile = join(folder, 'ca.key.pem')
  const pem = Buffer.from(await readKeyFile(keyFile)).toString('utf8')
  const secret = passphrase === null ? undefined : await readPassphrase(passphrase, process.cwd())
  const key = await aboutFile(keyFile, () => readPrivateKey(pem, secret))
  const path = join(folder, 'ca.crl.pem')
  const [revoked] = revoke === undefined ? [] : await certificatesIn(revoke)
  const previous = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    // An authority made before lists were made has none.
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const list = makeOwnCrl({
    authority: authority ?? new Uint8Array(),
    key,
    from: now,
    ...(previous ? { previous } : {}),
    ...(revoked ? { revoke: { certificate: revoked, at: now, reason } } : {}),
  })
  const part = partOf(path)
  try {
    await writeSecretFile(part, list)
    await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
  return { path, until: later(now, crlDays * 86_400_000) }
}

async function certificatesIn(path: string): Promise<readonly Uint8Array[]> {
  const bytes = await readKeyFile(resolve(path))
  return await aboutFile(path, () => readCertificates(bytes))
}
