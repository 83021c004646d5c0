import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CollectionError } from '../model/errors.ts'

/** Reads what a reference stands for; the message of a failure names the reference, never a value. */
export type ReadSecret = (reference: string) => Promise<string>

/** `env:NAME` from the environment; `file:path` from a file, without the line break at its end. */
export function secretReader(baseDirectory: string): ReadSecret {
  return async (reference) => {
    if (reference.startsWith('env:')) return fromEnvironment(reference.slice('env:'.length))
    if (reference.startsWith('file:')) return fromFile(resolve(baseDirectory, reference.slice('file:'.length)))
    throw new CollectionError('secret', 'a secret is given by reference only, never by its value', {
      hint: 'Write env:NAME or file:path.',
    })
  }
}

function fromEnvironment(name: string): string {
  const value = process.env[name]
  if (value) return value
  throw new CollectionError('secret', `the environment variable ${name} is ${value === '' ? 'empty' : 'not set'}`, {
    subject: `env:${name}`,
    hint: `Set ${name} in the environment of Affidavit, for instance with a systemd credential.`,
  })
}

async function fromFile(path: string): Promise<string> {
  const value = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CollectionError('secret', `the secret file ${path} cannot be read (${error.code ?? error.message})`, {
      subject: `file:${path}`,
      hint: 'Create it, and let only the user that runs Affidavit read it (mode 0600).',
    })
  })
  const trimmed = value.replace(/\r?\n$/, '')
  if (trimmed !== '') return trimmed
  throw new CollectionError('secret', `the secret file ${path} is empty`, {
    subject: `file:${path}`,
    hint: 'Write the secret into it.',
  })
}
