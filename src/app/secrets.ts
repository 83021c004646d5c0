import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SigningError } from '../model/errors.ts'
import { parsePkcs11Uri } from '../model/pkcs11-uri.ts'
import { secretReferencePattern } from '../model/secret.ts'
import type { Project } from './project.ts'

/** The value behind `env:NAME` or `file:path` (without a line end at its end); throws SigningError that names the reference only. */
export async function readPassphrase(reference: string, directory: string): Promise<string> {
  const value = reference.startsWith('env:') ? process.env[reference.slice(4)] : await fileText(reference, directory)
  if (value !== undefined && value !== '') return value
  throw new SigningError('AFD_PASSPHRASE_ABSENT', `the secret ${reference} is not there`, {
    hint: reference.startsWith('env:')
      ? 'set the variable where Affidavit runs'
      : 'write it to that file, with mode 0600',
  })
}

async function fileText(reference: string, directory: string): Promise<string | undefined> {
  try {
    return (await readFile(resolve(directory, reference.slice('file:'.length)), 'utf8')).replace(/\r?\n$/, '')
  } catch {
    return undefined
  }
}

/** Every `env:` and `file:` reference in a document, those inside PKCS #11 URIs included. */
export function secretReferences(value: unknown): readonly string[] {
  if (typeof value === 'string') {
    const reference = value.startsWith('pkcs11:') ? parsePkcs11Uri(value).uri?.pin : value
    return reference && secretReferencePattern.test(reference) ? [reference] : []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(secretReferences)
}

/**
 * The values behind all references of a configuration that are there, whoever they are meant for: what one target shows
 * may be another one's secret. Without those that might stand anywhere by chance, such as a plain word.
 */
export async function configuredSecrets({ config, directory }: Project): Promise<readonly string[]> {
  const references = [...new Set(secretReferences(config.document))]
  const values = await Promise.all(references.map((each) => readPassphrase(each, directory).catch(() => '')))
  return values.filter((value) => value.length >= 12 || (value.length >= 8 && /[^A-Za-z]/.test(value)))
}
