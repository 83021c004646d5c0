import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AffidavitError, ConfigError } from '../model/errors.ts'
import type { RevocationData } from '../signing/cms/revocation-status.ts'
import { embeddedRevocation } from '../signing/embedded-revocation.ts'
import { readCrlFile } from '../signing/keys/own-crl.ts'
import { unreadable } from './anchors.ts'
import type { Project } from './project.ts'
import { listsAtHand } from './raising.ts'

/**
 * The revocation lists of a configuration that can be read, and those in files that a reader names, PEM or DER. Throws
 * ConfigError for one of the latter that cannot.
 */
export async function revocationAtHand(
  project: Project | null,
  files: readonly string[] = [],
): Promise<RevocationData> {
  const configured = project ? await listsAtHand(project) : []
  return { ocsps: [], crls: [...configured, ...(await Promise.all(files.map((file) => readList(resolve(file)))))] }
}

/** A report in the configuration's folder, and what it holds. */
export type ReportRevocation = { readonly file: string; readonly data: RevocationData }

/** What the reports in the configuration's folder hold of lists and responses; `wanted` looks at names of files. */
export async function reportRevocation(
  { config, directory }: Project,
  wanted: (file: string) => boolean = () => true,
): Promise<readonly ReportRevocation[]> {
  const folder = resolve(directory, config.reports.directory)
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.pdf') && wanted(name)).sort()
  const found: ReportRevocation[] = []
  for (const file of names) {
    // A report that was moved away meanwhile, or may not be read, has nothing to say.
    const pdf = await readFile(join(folder, file)).catch(() => new Uint8Array())
    found.push({ file, data: embeddedRevocation(pdf) })
  }
  return found.filter(({ data }) => data.ocsps.length + data.crls.length > 0)
}

async function readList(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch(unreadable(path, 'revocation list'))
  try {
    return readCrlFile(bytes)
  } catch (cause) {
    if (!(cause instanceof AffidavitError)) throw cause
    throw new ConfigError('AFD_VERIFY_CRL', `${path} holds no revocation list that can be read`, {
      hint: 'name the list of an authority, as PEM or DER, such as ca.crl.pem',
      subject: path,
      cause,
    })
  }
}
