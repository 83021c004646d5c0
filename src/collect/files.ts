import { constants } from 'node:fs'
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { CollectionError } from '../model/errors.ts'
import type { Budget } from './budget.ts'
import type { Files } from './contract.ts'
import { untilAborted } from './until-aborted.ts'

const defaultMaxBytes = 1024 * 1024

/** The files within a reach. A symbolic link must lead to a place within it, too. */
export function createFiles(options: {
  readonly paths: readonly string[]
  readonly baseDirectory: string
  readonly budget: Budget
  readonly signal: AbortSignal
}): Files {
  const allowed = options.paths.map((path) => resolve(options.baseDirectory, path))

  /** The real path of a permitted file. */
  async function permitted(path: string): Promise<string> {
    options.signal.throwIfAborted()
    const asked = resolve(options.baseDirectory, path)
    if (!allowed.some((root) => isWithin(asked, root))) throw outside(asked, asked)
    const real = await realpath(asked).catch((error: unknown) => {
      throw fileFailure(error, asked)
    })
    const roots = await Promise.all(allowed.map((root) => realpath(root).catch(() => root)))
    if (!roots.some((root) => isWithin(real, root))) throw outside(asked, real)
    return real
  }

  async function guarded<T>(path: string, use: (real: string) => Promise<T>): Promise<T> {
    const real = await untilAborted(permitted(path), options.signal)
    return untilAborted(use(real), options.signal).catch((error: unknown) => {
      throw fileFailure(error, path)
    })
  }

  return {
    stat: (path) =>
      guarded(path, async (real) => {
        const facts = await stat(real)
        const kind = facts.isFile() ? 'file' : facts.isDirectory() ? 'directory' : 'other'
        return {
          path: resolve(options.baseDirectory, path),
          kind,
          size: facts.size,
          mode: facts.mode & 0o7777,
          uid: facts.uid,
          gid: facts.gid,
        }
      }),
    list: (path) => guarded(path, async (real) => (await readdir(real)).sort()),
    read: (path, { offset = 0, maxBytes = defaultMaxBytes } = {}) =>
      guarded(path, async (real) => {
        const bytes = await readPart(real, offset, maxBytes)
        options.budget.spendBytes(bytes.length)
        return bytes
      }),
  }
}

async function readPart(path: string, offset: number, maxBytes: number): Promise<Uint8Array> {
  // The link was resolved above; a link that appears since then is refused, and a pipe does not block.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const facts = await handle.stat()
    if (!facts.isFile()) throw new CollectionError('unreadable', `${path} is not a regular file`, { subject: path })
    const wanted = Math.max(0, Math.min(maxBytes, facts.size - offset))
    const bytes = new Uint8Array(wanted)
    let filled = 0
    while (filled < wanted) {
      const { bytesRead } = await handle.read(bytes, filled, wanted - filled, offset + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return bytes.subarray(0, filled)
  } finally {
    await handle.close()
  }
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)
}

function outside(asked: string, real: string): CollectionError {
  const message =
    asked === real
      ? `${asked} is not within the target’s reach`
      : `${asked} leads out of the target’s reach, to ${real}`
  return new CollectionError('not-permitted', message, {
    subject: asked,
    hint: 'Name the file itself, or its directory, in the target.',
  })
}

function fileFailure(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new CollectionError('not-found', `${path} does not exist`, {
        subject: path,
        hint: 'Check the path; Affidavit reads the files of the machine that it runs on.',
      })
    case 'EACCES':
    case 'EPERM':
      return new CollectionError('unreadable', `${path} may not be read by the user that runs Affidavit`, {
        subject: path,
        hint: 'Give that user read access, for instance through the group adm.',
      })
    case 'EISDIR':
    case 'ELOOP':
    case 'EIO':
    case 'ENXIO':
    case 'ENODEV':
      return new CollectionError('unreadable', `${path} cannot be read (${code})`, { subject: path })
    default:
      return error
  }
}
