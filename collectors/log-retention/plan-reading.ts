import type { Part } from './read-lines.ts'

/** What of a file is read, in file order; nothing where the budget does not reach it. */
export type FilePlan = { readonly path: string; readonly parts: readonly Part[]; readonly whole: boolean }

/** Less than this at either end of a file tells too little. */
const leastPart = 16 * 1024

/**
 * Divides a byte budget over files: all of each where it suffices, else all of the small ones, and of the large ones head
 * and tail, where the oldest and the newest records are. A packed file can only be read from its head.
 */
export function planReading(
  files: readonly { readonly path: string; readonly size: number; readonly packed: boolean }[],
  budget: number,
): readonly FilePlan[] {
  const share = fairShare(
    files.map(({ size }) => size),
    budget,
  )
  let left = budget
  return files.map(({ path, size, packed }) => {
    const allowed = Math.min(size, share, left)
    if (allowed < size && allowed < leastPart) return { path, parts: [], whole: false }
    left -= allowed
    if (allowed === size) return { path, parts: [{ path, from: 0, to: size }], whole: true }
    if (packed) return { path, parts: [{ path, from: 0, to: allowed }], whole: false }
    const half = Math.floor(allowed / 2)
    return {
      path,
      parts: [
        { path, from: 0, to: half },
        { path, from: size - half, to: size },
      ],
      whole: false,
    }
  })
}

/** The most that every file may take so that all together stay within the budget: what small ones leave, large ones get. */
function fairShare(sizes: readonly number[], budget: number): number {
  const sorted = [...sizes].sort((a, b) => a - b)
  let left = budget
  for (const [index, size] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - index))
    if (size > share) return Math.max(share, leastPart)
    left -= size
  }
  return Number.POSITIVE_INFINITY
}
