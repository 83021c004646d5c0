import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SigningError } from '../model/errors.ts'

/** The value behind `env:NAME` or `file:path` (without a line end at its end); throws SigningError that names the reference only. */
export async function readPassphrase(reference: string, directory: string): Promise<string> {
  const value = reference.startsWith('env:') ? process.env[reference.slice(4)] : await fileText(reference, directory)
  if (value !== undefined && value !== '') return value
  throw new SigningError('AFD_PASSPHRASE_ABSENT', `the passphrase ${reference} is not there`, {
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
