import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigError } from '../model/errors.ts'
import { readCertificate } from '../signing/cms/certificate.ts'
import { readCertificates } from '../signing/keys/pem.ts'
import type { Project } from './project.ts'

/** Certificates (PEM or DER) that are trusted to vouch for signers, and for times. */
export type Anchors = { readonly anchors: readonly Uint8Array[]; readonly timestampAnchors: readonly Uint8Array[] }

/** Files with certificates that a reader trusts. */
export type Trusting = {
  /** Of authorities that may vouch for signers, and for times as well where none is named for those. */
  readonly trust: readonly string[]
  /** Of time-stamping authorities. */
  readonly trustTimes?: readonly string[] | undefined
}

/**
 * The files that were named; for signers or times of which none were, what the configuration trusts for those. Throws
 * ConfigError for a file that cannot be read.
 */
export async function readAnchors({
  trust,
  trustTimes = [],
  project,
}: Trusting & { readonly project: Project | null }): Promise<Anchors> {
  const read = (paths: readonly string[]) => Promise.all(paths.map((path) => readAnchor(resolve(path))))
  const configured = project ? configuredAnchors(project) : { authority: [], times: [] }
  const anchors = await read(trust.length > 0 ? trust : configured.authority)
  if (trustTimes.length > 0) return { anchors, timestampAnchors: await read(trustTimes) }
  return { anchors, timestampAnchors: trust.length > 0 ? anchors : await read(configured.times) }
}

function configuredAnchors({ directory, config: { signing } }: Project) {
  const paths = (files: readonly string[]) => files.map((path) => resolve(directory, path))
  return {
    authority: paths(signing.certificates.slice(-1)).filter((path) => existsSync(path)),
    times: paths(signing.timestamp?.trust ?? []),
  }
}

async function readAnchor(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch(unreadable(path, 'certificate'))
  try {
    for (const certificate of readCertificates(bytes)) readCertificate(certificate)
    return bytes
  } catch (cause) {
    // The reader's slip, and no fault of the report.
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    throw new ConfigError('AFD_VERIFY_TRUST', `${path} holds no certificate that can be read${why}`, {
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
