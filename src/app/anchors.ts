import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigError } from '../model/errors.ts'
import { readCertificate } from '../signing/cms/certificate.ts'
import { readCertificates } from '../signing/keys/pem.ts'
import type { Project } from './project.ts'

/** Certificates (PEM or DER) that are trusted to vouch for signers, and for times. */
export type Anchors = { readonly anchors: readonly Uint8Array[]; readonly timestampAnchors: readonly Uint8Array[] }

/** The given files for both; otherwise what the configuration trusts for signers and for times. */
export async function readAnchors(options: {
  readonly trust: readonly string[]
  readonly project: Project | null
}): Promise<Anchors> {
  const read = (paths: readonly string[]) => Promise.all(paths.map(readAnchor))
  if (options.trust.length > 0) {
    const anchors = await read(options.trust.map((path) => resolve(path)))
    return { anchors, timestampAnchors: anchors }
  }
  if (!options.project) return { anchors: [], timestampAnchors: [] }
  const { directory, config } = options.project
  const authority = config.signing.certificates.slice(-1).map((path) => resolve(directory, path))
  const times = (config.signing.timestamp?.trust ?? []).map((path) => resolve(directory, path))
  return { anchors: await read(authority.filter((path) => existsSync(path))), timestampAnchors: await read(times) }
}

async function readAnchor(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch(unreadable(path, 'certificate'))
  try {
    for (const certificate of readCertificates(bytes)) readCertificate(certificate)
    return bytes
  } catch (cause) {
    // The reader's slip, and no fault of the report.
    throw new ConfigError('AFD_VERIFY_TRUST', `${path} holds no certificate that can be read`, {
      hint: 'name the certificate of an authority, as PEM or DER, such as ca.cert.pem',
      subject: path,
      cause,
    })
  }
}

/** A ConfigError that says why a file that somebody named cannot be read. */
export function unreadable(path: string, what: string): (cause: unknown) => never {
  return (cause) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    throw new ConfigError(
      'AFD_VERIFY_UNREADABLE',
      `the ${what} ${path} ${reading[code] ?? `cannot be read (${code})`}`,
      {
        hint: code === 'EACCES' ? 'check its permissions' : 'check its path',
        subject: path,
        cause,
      },
    )
  }
}

const reading: { readonly [code: string]: string } = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read by this user',
  ERR_FS_FILE_TOO_LARGE: 'is larger than 2 GiB, which no report is',
}
