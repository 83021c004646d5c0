import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { makeFolder } from '../../disk/make-folder.ts'
import { partOf } from '../../disk/part.ts'
import { createZip, readZip } from '../../ledger/zip.ts'
import { sha256 } from '../../model/digest.ts'
import { ConfigError, IntegrityError } from '../../model/errors.ts'

/** A bundle as it is read: a folder or a zip archive with the same files. */
export type BundleFiles = {
  readonly names: ReadonlySet<string>
  /** Throws IntegrityError where the file is not there, ConfigError where it cannot be read. */
  read(name: string): Promise<Uint8Array>
}

/** A bundle as it is written; it has its name only when it is whole. */
export type BundleWriter = AsyncDisposable & {
  add(name: string, bytes: Uint8Array | string): Promise<void>
  /** One line a file, as `sha256sum` writes and checks them. */
  manifest(): string
  finish(): Promise<void>
}

/** Starts a folder, or a zip archive where the name ends in `.zip`; throws ConfigError where there is something already. */
export async function writeBundle(output: string): Promise<BundleWriter> {
  const path = resolve(output)
  if (existsSync(path)) {
    throw new ConfigError('AFD_BUNDLE_EXISTS', `${output} exists already`, { hint: 'name another file or folder' })
  }
  const unfinished = partOf(path)
  const told = <Result>(work: () => Promise<Result>): Promise<Result> => tellingErrors(output, work)
  const sink = await told(async () => {
    makeFolder(dirname(path))
    return output.endsWith('.zip') ? await createZip(unfinished) : await createFolder(unfinished)
  })
  const lines: string[] = []
  return {
    async add(name, content) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      lines.push(`${sha256(bytes)}  ${name}\n`)
      await told(() => sink.add(name, bytes))
    },
    manifest: () => lines.join(''),
    finish: () =>
      told(async () => {
        await sink.close()
        await rename(unfinished, path)
      }),
    async [Symbol.asyncDispose]() {
      await rm(unfinished, { recursive: true, force: true })
    },
  }
}

async function tellingErrors<Result>(output: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
    throw new ConfigError('AFD_BUNDLE_WRITE', `${output} cannot be written: ${cause.message}`, {
      hint: 'check that its folder can be written to and has room',
      cause,
    })
  }
}

async function createFolder(path: string) {
  await mkdir(path, { mode: 0o700 })
  return {
    async add(name: string, bytes: Uint8Array) {
      makeFolder(dirname(join(path, name)))
      await writeFile(join(path, name), bytes, { flag: 'wx', mode: 0o600 })
    },
    async close() {},
  }
}

/** Whether a path is something that `readBundle` takes, told by what it is and not by its name. */
export async function isBundle(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return found?.isDirectory() ?? false
  // What may not be read is told by whoever reads it, in words of their own.
  await using file = await open(path).catch(() => undefined)
  if (!file) return false
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
  return buffer.toString('latin1') === 'PK\x03\x04'
}

/** Opens a bundle; throws ConfigError where it cannot be read, IntegrityError where it is not one. */
export async function readBundle(path: string): Promise<BundleFiles> {
  try {
    const folder = (await stat(path)).isDirectory()
    return folder ? await folderFiles(path) : zipFiles(await readFile(path))
  } catch (cause) {
    if (cause instanceof IntegrityError) throw cause
    throw unreadable(path, `the bundle ${path}`, cause)
  }
}

function unreadable(path: string, what: string, cause: unknown): ConfigError {
  const missing = !existsSync(path)
  return new ConfigError('AFD_BUNDLE_UNREADABLE', `${what} ${missing ? 'does not exist' : 'cannot be read'}`, {
    hint: missing
      ? 'check its path'
      : 'check its permissions; a very large zip archive can be unpacked and its folder be named',
    cause,
  })
}

async function folderFiles(path: string): Promise<BundleFiles> {
  const found = await readdir(path, { recursive: true, withFileTypes: true })
  const files = found.filter((each) => !each.isDirectory())
  // A link would be another file for us than for the one who is shown the folder.
  const odd = files.find((each) => !each.isFile())
  if (odd) throw notInIt(odd.name, 'is not a plain file')
  const names = new Set(files.map(({ parentPath, name }) => relative(path, join(parentPath, name))))
  return {
    names,
    read: async (name) => {
      if (!names.has(name)) throw notInIt(name)
      return await readFile(join(path, name)).catch((cause: unknown) => {
        throw unreadable(join(path, name), join(path, name), cause)
      })
    },
  }
}

function zipFiles(archive: Uint8Array): BundleFiles {
  const files = readZip(archive)
  return {
    names: new Set(files.keys()),
    read: async (name) => {
      const file = files.get(name)
      if (!file) throw notInIt(name)
      return file()
    },
  }
}

function notInIt(name: string, why = 'is missing'): IntegrityError {
  return new IntegrityError('AFD_BUNDLE_FILE', `${name} ${why}`, { subject: name })
}
