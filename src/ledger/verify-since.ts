import type { TreeHead } from './checkpoint.ts'
import { sameHash } from './merkle.ts'
import type { StoreProblem } from './problem.ts'
import type { Recomputed } from './verify-checkpoints.ts'

/** What is wrong where the recomputed ledger does not begin with exactly the earlier state that was kept elsewhere. */
export function sinceProblem(since: TreeHead, { origin, size, roots }: Recomputed): StoreProblem | undefined {
  const root = roots.get(since.size)
  if (since.origin === origin && root && sameHash(root, since.root)) return undefined
  return { code: 'history-rewritten', message: difference(since, origin, size), looksLike: 'tampering' }
}

function difference(since: TreeHead, origin: string, size: number): string {
  if (since.origin !== origin) return `the kept checkpoint is one of ${since.origin}, but this is the ledger ${origin}`
  if (since.size > size) {
    return `the kept checkpoint states ${since.size} entries, but only ${size} are there: some were taken out`
  }
  return `the first ${since.size} entries are not the ones that the kept checkpoint states`
}
