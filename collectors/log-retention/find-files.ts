import { basename, dirname, join } from 'node:path'
import type { Context, FileFacts } from '../../src/collect/contract.ts'
import { CollectionError } from '../../src/model/errors.ts'
import { hasWildcard, matchesGlob } from './glob.ts'

/** A file of a log; `age` orders rotated files, 0 is the live one, null where the name does not say. */
export type LogFile = { readonly path: string; readonly facts: FileFacts; readonly age: number | null }

/** The files of a log, newest first, and what of it could not even be looked at, as plain clauses. */
export type FoundFiles = { readonly files: readonly LogFile[]; readonly problems: readonly string[] }

/** The files that patterns name; CollectionError `not-found` where there is none. */
export async function findFiles(patterns: readonly string[], context: Context): Promise<FoundFiles> {
  const paths = new Map<string, { readonly named: boolean }>()
  for (const pattern of patterns) {
    const named = !hasWildcard(basename(pattern))
    for (const path of await expand(pattern, context)) paths.set(path, { named })
  }
  const files: LogFile[] = []
  const problems: string[] = []
  for (const [path, { named }] of paths) {
    try {
      const facts = await context.files.stat(path)
      if (facts.kind === 'file') files.push({ path, facts, age: ageOf(basename(path)) })
    } catch (error) {
      // What a pattern matched a moment ago may have been rotated away, or be a link to somewhere else.
      if (named || !(error instanceof CollectionError)) throw error
      if (error.failure === 'not-permitted' || error.failure === 'unreadable') problems.push(error.message)
      else if (error.failure !== 'not-found') throw error
    }
  }
  if (files.length === 0) {
    throw new CollectionError('not-found', `no file matches ${patterns.join(', ')}`, {
      subject: patterns[0] ?? '',
      hint: 'Check the patterns under files: in the target; the log may also never have been written.',
    })
  }
  return { files: files.sort((a, b) => (a.age ?? 0) - (b.age ?? 0) || (a.path < b.path ? -1 : 1)), problems }
}

async function expand(pattern: string, context: Context): Promise<readonly string[]> {
  if (!hasWildcard(basename(pattern))) return [pattern]
  const names = await context.files.list(dirname(pattern))
  return names.filter((name) => matchesGlob(basename(pattern), name)).map((name) => join(dirname(pattern), name))
}

/** Rotation order from a name: `.3.gz` is 3; `-20260901` counts down from the year 10000; no suffix is the live file. */
export function ageOf(name: string): number | null {
  const bare = name.replace(/\.(?:gz|zst|xz|bz2|Z)$/, '')
  const number = /\.(\d{1,5})$/.exec(bare)?.[1]
  if (number !== undefined) return Number(number)
  const date = /[-._](\d{4})-?(\d{2})-?(\d{2})(?:[-_T]?(\d{2,6}))?(?=$|\.)/.exec(bare)
  if (date !== null) return 1e12 - Number(`${date[1]}${date[2]}${date[3]}${(date[4] ?? '').padEnd(2, '0').slice(0, 2)}`)
  return /\d/.test(bare.slice(bare.lastIndexOf('.') + 1)) ? null : 0
}
