import { join } from 'node:path'
import type { Context } from '../../../src/collect/contract.ts'
import { CollectionError } from '../../../src/model/errors.ts'
import { matchesGlob } from '../glob.ts'
import { type Directive, parseLogrotate } from './parse.ts'

/** A block with the globals that hold where it stands. */
export type Block = {
  readonly patterns: readonly string[]
  readonly directives: readonly Directive[]
  readonly at: string
}

/** A configuration with its includes, flat. */
export type Configuration = {
  readonly blocks: readonly Block[]
  /** Names of the recorded files. */
  readonly evidence: readonly string[]
  /** What could not be read, as plain clauses. */
  readonly problems: readonly string[]
}

/** Endings and files that logrotate passes over in a directory: `tabooext` by default. */
const taboo = [
  ',v',
  '.bak',
  '.cfsaved',
  '.disabled',
  '.dpkg-bak',
  '.dpkg-del',
  '.dpkg-dist',
  '.dpkg-new',
  '.dpkg-old',
  '.dpkg-tmp',
  '.new',
  '.old',
  '.orig',
  '.rhn-cfg-tmp-*',
  '.rpmnew',
  '.rpmorig',
  '.rpmsave',
  '.swp',
  '.ucf-dist',
  '.ucf-new',
  '.ucf-old',
  '~',
]

const deepest = 16

/** Reads logrotate files and directories, in order, as one `logrotate file directory ...` would. */
export async function loadLogrotate(paths: readonly string[], context: Context): Promise<Configuration> {
  const blocks: Block[] = []
  const evidence: string[] = []
  const problems: string[] = []
  const globals: Directive[] = []

  async function load(path: string, depth: number): Promise<void> {
    try {
      const facts = await context.files.stat(path)
      if (facts.kind === 'directory') return await loadDirectory(path, depth)
      if (facts.kind === 'other') return
      // Run by root, logrotate refuses a configuration that others could have written.
      if (facts.uid === 0 && (facts.mode & 0o022) !== 0) {
        problems.push(`logrotate ignores ${path}, because others may write to it`)
        return
      }
      await loadFile(path, depth)
    } catch (error) {
      if (!(error instanceof CollectionError) || !tolerable.has(error.failure)) throw error
      problems.push(error.message)
    }
  }

  async function loadDirectory(directory: string, depth: number): Promise<void> {
    for (const name of await context.files.list(directory)) {
      if (taboo.some((ending) => matchesGlob(`*${ending}`, name))) continue
      const path = join(directory, name)
      if ((await context.files.stat(path)).kind === 'file') await load(path, depth)
    }
  }

  async function loadFile(path: string, depth: number): Promise<void> {
    const text = Buffer.from(await context.files.read(path)).toString('utf8')
    evidence.push(context.record(`logrotate-${path.split('/').at(-1)}.txt`, 'text/plain; charset=utf-8', text))
    for (const statement of parseLogrotate(text, path)) {
      if (statement.type === 'directive') globals.push(statement)
      else if (statement.type === 'block') {
        blocks.push({ ...statement, directives: [...globals, ...statement.directives] })
      } else if (depth >= deepest) problems.push(`${statement.at} includes too deeply`)
      else await load(statement.path, depth + 1)
    }
  }

  for (const path of paths) await load(path, 0)
  return { blocks, evidence, problems }
}

const tolerable: ReadonlySet<string> = new Set(['not-found', 'unreadable', 'not-permitted'])

/** The block that governs a log file: the first that names it, as logrotate refuses a second. */
export function blockFor(configuration: Configuration, file: string): Block | undefined {
  return configuration.blocks.find(({ patterns }) => patterns.some((pattern) => matchesGlob(pattern, file)))
}
