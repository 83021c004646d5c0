import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json, controls/ and templates/: the same from source and from dist. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

/** The version that package.json gives. */
export const version = (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string })
  .version

/** The catalogue files that come with Affidavit, sorted. */
export async function builtInCatalogueFiles(): Promise<readonly string[]> {
  const folder = join(packageRoot, 'controls')
  const names = await readdir(folder)
  return names
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name))
}

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'controls'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('the package is incomplete: its controls folder was not found')
  return findRoot(parent)
}
