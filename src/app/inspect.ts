import { access, constants, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SigningError } from '../model/errors.ts'
import type { KeyLocation } from '../model/key-location.ts'
import { expiryWarnings } from './expiry-warnings.ts'
import { findPackages } from './key-packages.ts'
import { keyWarnings } from './key-warnings.ts'
import type { Project } from './project.ts'
import { retentionWarnings } from './retention-warnings.ts'
import { secretReferences } from './secrets.ts'
import { targetWarnings } from './target-warnings.ts'

/** Something that is valid but will not work, or not as meant. */
export type Warning = { readonly message: string; readonly hint: string }

/** What a look at the machine adds to a valid configuration: keys and secrets that are not there, idle targets. */
export async function inspectProject(project: Project): Promise<readonly Warning[]> {
  const { config, directory, clock } = project
  const keyFiles = [config.keys.ledger, ...(config.signing.key.kind === 'file' ? [config.signing.key.path] : [])]
  const files = [...keyFiles, ...config.signing.certificates]
  const references = new Set(secretReferences(config.document))
  return [
    ...(await Promise.all(files.map((file) => missingFile(resolve(directory, file), file)))).flat(),
    ...(await Promise.all(keyFiles.map((file) => openKey(resolve(directory, file), file)))).flat(),
    ...(await keyWarnings(project)),
    ...(await unreachableKey(config.signing.key, directory)),
    ...(await expiryWarnings(project)),
    ...(await timestampWarnings(project)),
    ...(await targetWarnings(project)),
    ...(await Promise.all([...references].map((reference) => missingSecret(reference, directory)))).flat(),
    ...config.systems
      .flatMap(({ components }) => components)
      .filter(({ ref }) => !config.plan.some(({ component }) => component === ref))
      .map(({ ref }) => ({ message: `nothing is collected from ${ref}`, hint: 'give it targets:' })),
    ...retentionWarnings(config, clock.now()),
    ...config.schedules
      .filter(({ id }) => id !== config.retention.schedule)
      .filter(({ id }) => !config.plan.some(({ schedule }) => schedule?.id === id))
      .map(({ id }) => ({ message: `no target follows the schedule "${id}"`, hint: `set schedule: ${id} on targets` })),
  ]
}

async function timestampWarnings({ config, directory }: Project): Promise<readonly Warning[]> {
  const { timestamp } = config.signing
  if (!timestamp) return []
  const hint = 'get the certificate of the time-stamp authority where it publishes it, and name the file'
  if (timestamp.trust.length === 0) {
    return [{ message: 'signing.timestamp.trust is empty, so that the times of any authority count as unproven', hint }]
  }
  return (await Promise.all(timestamp.trust.map((file) => missingFile(resolve(directory, file), file, hint)))).flat()
}

async function missingFile(
  path: string,
  name: string,
  hint = 'make keys with: affidavit keys make',
): Promise<readonly Warning[]> {
  try {
    await access(path, constants.R_OK)
    return []
  } catch {
    return [{ message: `${name} cannot be read`, hint }]
  }
}

/** What keeps a key outside files from being reached, as far as it shows without asking for it. */
async function unreachableKey(key: KeyLocation, directory: string): Promise<readonly Warning[]> {
  if (key.kind === 'file') return []
  const library =
    key.kind === 'pkcs11'
      ? await access(key.uri.module, constants.R_OK).then(
          () => [],
          () => [{ message: `${key.uri.module} cannot be read`, hint: 'module-path names the token maker’s library' }],
        )
      : []
  try {
    findPackages(key.kind, directory)
    return library
  } catch (error) {
    if (!(error instanceof SigningError)) throw error
    return [...library, { message: error.message, hint: error.hint ?? '' }]
  }
}

async function openKey(path: string, name: string): Promise<readonly Warning[]> {
  try {
    const { mode } = await stat(path)
    if ((mode & 0o077) === 0) return []
    return [{ message: `others on this machine can read ${name}`, hint: `take their rights away: chmod 600 ${name}` }]
  } catch {
    return []
  }
}

async function missingSecret(reference: string, directory: string): Promise<readonly Warning[]> {
  if (reference.startsWith('env:')) {
    if (process.env[reference.slice(4)]) return []
    return [{ message: `the secret ${reference} is not set`, hint: 'set the variable where Affidavit runs' }]
  }
  try {
    await access(resolve(directory, reference.slice(5)), constants.R_OK)
    return []
  } catch {
    return [{ message: `the secret ${reference} cannot be read`, hint: 'write it to that file, with mode 0600' }]
  }
}
