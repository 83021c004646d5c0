import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
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

async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}
