/** Why a store was refused, as a closed list. */
export const problemCodes = [
  'file-unreadable',
  'file-integrity',
  'file-foreign',
  'schema-newer',
  'schema-altered',
  'ledger-altered',
  'entry-unreadable',
  'entry-missing',
  'entry-bytes',
  'entry-form',
  'entry-place',
  'entry-columns',
  'tile',
  'frontier',
  'artefact-unreadable',
  'artefact-missing',
  'artefact-size',
  'artefact-bytes',
  'artefact-unknown',
  'erasure-unlisted',
  'erasure-undone',
  'erasure-unfounded',
  'checkpoint-missing',
  'checkpoint-form',
  'checkpoint-signature',
  'checkpoint-unchecked',
  'checkpoint-root',
  'checkpoint-ahead',
  'timestamp-missing',
  'timestamp-form',
  'timestamp-token',
  'timestamp-unchecked',
  'history-rewritten',
  'more',
] as const
export type ProblemCode = (typeof problemCodes)[number]

/** One thing that is not as it was written. */
export type StoreProblem = {
  readonly code: ProblemCode
  /** Sequence of the entry that is affected, where one can be named. */
  readonly entry?: number
  /** A plain sentence: what is wrong, and where. */
  readonly message: string
  /** Whether it looks like a disk or a crash, or like somebody's doing. */
  readonly looksLike: 'damage' | 'tampering' | 'unknown'
}

/** Takes problems down; behind the first few hundred it only counts. */
export type ProblemList = {
  add(problem: StoreProblem): void
  /** All that was taken down, with a last one that says how many more there were. */
  list(): readonly StoreProblem[]
}

export function problemList(limit = 200): ProblemList {
  const problems: StoreProblem[] = []
  let more = 0
  return {
    add(problem) {
      if (problems.length < limit) problems.push(problem)
      else more += 1
    },
    list() {
      if (more === 0) return [...problems]
      return [...problems, { code: 'more', message: `and ${more} further problems`, looksLike: 'unknown' }]
    },
  }
}
