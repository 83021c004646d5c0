import { statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { makeFolder } from '../disk/make-folder.ts'

/**
 * Lets Node keep what it compiled in the user's own cache folder, so that the next command starts sooner. Where no such
 * folder can be made, or others may write to it, nothing is kept: what is read from there is run. Node's own
 * NODE_DISABLE_COMPILE_CACHE switches it off, and NODE_COMPILE_CACHE names another folder.
 */
export function keepCompiledCode(): void {
  const folder = cacheFolder(process.env.XDG_CACHE_HOME)
  try {
    makeFolder(folder, 0o700)
    if (isOurs(folder)) enableCompileCache(folder)
  } catch {
    // A home that cannot be written to is no reason not to work.
  }
}

function cacheFolder(given: string | undefined): string {
  const caches = given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache')
  return join(caches, 'affidavit', 'compiled')
}

/** Whether nobody but us may write to a folder. */
function isOurs(folder: string): boolean {
  const { uid, mode } = statSync(folder)
  const { getuid } = process
  return getuid === undefined || (uid === getuid.call(process) && (mode & 0o022) === 0)
}
