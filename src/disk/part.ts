import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * A mark for the files that one process writes beside their places: a number at random, and not that of the process,
 * which processes in two containers have in common, and so have one that was killed and its successor.
 */
export function partMark(): string {
  return randomBytes(4).toString('hex')
}

/** The name of a file until it is whole: `report.pdf.3f9c0a1b.part`. */
export function partOf(place: string, mark = partMark()): string {
  return `${place}.${mark}.part`
}

/** Gives a part its name, unless another process found it and did so already. */
export async function putInPlace(part: string, place: string): Promise<void> {
  try {
    await rename(part, place)
  } catch (error) {
    if (existsSync(part) || !existsSync(place)) throw error
  }
}

/** Gives a part its name so that both outlive a power cut. */
export async function keepPart(part: string, place: string): Promise<void> {
  await sync(part)
  await rename(part, place)
  await sync(dirname(place))
}

/**
 * Writes a file under a name that is free: whole or not at all, whenever the process is killed. Throws EEXIST where the
 * name is taken, and what else the file system says; then there is no new file.
 */
export async function writeNew(place: string, bytes: Uint8Array): Promise<void> {
  const part = partOf(place)
  try {
    await writeFile(part, bytes, { flag: 'wx', flush: true })
    // Unlike a rename, a link replaces nothing.
    await link(part, place).catch(async (error: NodeJS.ErrnoException) => {
      if (!noLinks.has(error.code ?? '')) throw error
      await writeFile(place, '', { flag: 'wx' })
      await rename(part, place)
    })
  } finally {
    await rm(part, { force: true })
  }
}

/** What file systems without links answer (exFAT, some shares). */
const noLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}
