import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { lstat, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'
import { makeFolder } from '../disk/make-folder.ts'
import { RenderError } from '../model/errors.ts'

/**
 * The Chromium that ships inside @sparticuz/chromium, unpacked once a version into a folder of the temporary directory
 * that only this user can write; undefined where the package is not installed or is not for this platform.
 */
export async function packagedBrowser(signal: AbortSignal): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const root = packageFolder()
  if (!root) return undefined
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const folder = join(tmpdir(), `affidavit-chromium-${version}-${userInfo().uid}`)
  await ownFolder(folder)
  const path = join(folder, 'chromium')
  if (existsSync(path)) return path
  // Unpacked beside its place and renamed, so that a browser under that name is always a whole one, however many
  // processes come here at the same time.
  const partial = join(folder, `${randomUUID()}.part`)
  try {
    const source = createReadStream(join(root, 'bin', 'chromium.br'), { highWaterMark: 1 << 20 })
    await pipeline(source, createBrotliDecompress(), createWriteStream(partial, { mode: 0o700 }), { signal })
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    signal.throwIfAborted()
    throw new RenderError('AFD_RENDER_UNPACK', `the packaged browser could not be unpacked into ${folder}`, {
      hint: 'It needs 200 MB there. Free some, or set TMPDIR to a folder that has them.',
      subject: folder,
      cause: error,
    })
  }
  return path
}

function packageFolder(): string | undefined {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')))
  } catch {
    return undefined
  }
}

/** What is executed from a shared temporary directory must not have been put there by somebody else. */
async function ownFolder(folder: string): Promise<void> {
  try {
    makeFolder(folder, 0o700)
  } catch (cause) {
    throw new RenderError('AFD_RENDER_UNPACK', `the folder ${folder} for the packaged browser cannot be made`, {
      hint: 'Set TMPDIR to a folder where you may write.',
      subject: folder,
      cause,
    })
  }
  const facts = await lstat(folder)
  if (facts.isDirectory() && facts.uid === userInfo().uid && (facts.mode & 0o022) === 0) return
  throw new RenderError('AFD_RENDER_UNPACK', `${folder} is writable by others, so no browser is run from it`, {
    hint: 'Remove that folder, or set TMPDIR to a folder of your own.',
    subject: folder,
  })
}
