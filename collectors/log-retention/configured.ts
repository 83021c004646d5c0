import { dirname } from 'node:path'
import type { LogFile } from './find-files.ts'
import { blockFor, type Configuration } from './logrotate/load.ts'
import { type Basis, retentionOf } from './logrotate/retention.ts'
import type { Log } from './target.ts'

/** How long a log is kept by configuration. */
export type Configured = {
  readonly days: number | 'forever' | null
  readonly basis: readonly Basis[]
  readonly remarks: readonly string[]
}

/** The retention that logrotate is configured to give the live file; nothing stands in for a missing configuration. */
export function configuredFor(log: Log, files: readonly LogFile[], configuration: Configuration): Configured {
  if (log.logrotate.length === 0) return { days: null, basis: [], remarks: ['no rotation configuration is named'] }
  const live = liveNames(log, files)
  const path = live.find((name) => blockFor(configuration, name) !== undefined)
  const block = path === undefined ? undefined : blockFor(configuration, path)
  if (block === undefined) {
    return { days: null, basis: [], remarks: [...configuration.problems, `no logrotate block names ${live[0]}`] }
  }
  const { days, basis, remarks, olddir } = retentionOf(block.directives)
  const unseen = olddir === null ? [] : olddirRemark(olddir, path ?? '', log)
  return { days, basis, remarks: [...configuration.problems, ...remarks, ...unseen] }
}

/** The names that logrotate may know the live file by: files without a rotation suffix, and the patterns' stems. */
function liveNames(log: Log, files: readonly LogFile[]): readonly string[] {
  const stems = log.files.map((pattern) => pattern.replace(/[-._]?[*?[].*$/, ''))
  const live = files.filter(({ age }) => age === 0).map(({ facts }) => facts.path)
  return [...new Set([...live, ...stems, ...files.map(({ facts }) => facts.path)])]
}

function olddirRemark(olddir: string, path: string, log: Log): readonly string[] {
  const directory = olddir.startsWith('/') ? olddir : `${dirname(path)}/${olddir}`
  if (log.files.some((pattern) => dirname(pattern) === directory.replace(/\/$/, ''))) return []
  return [`rotated files go to ${directory}, which files: does not name`]
}
