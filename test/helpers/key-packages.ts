import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const home = resolve(import.meta.dirname, '../servers/key-packages')

/**
 * The folder whose node_modules hold the packages that reach keys outside files; installs them where they are missing
 * (7 s, and a C++ compiler for pkcs11js); undefined, and loudly so, where they cannot be had.
 */
export async function keyPackages(): Promise<string | undefined> {
  const binding = join(home, 'node_modules/pkcs11js/build/Release/pkcs11.node')
  try {
    if (!existsSync(binding)) {
      await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: home })
    }
    if (existsSync(binding)) return home
    process.stderr.write('pkcs11js was not built: the tests that need it are SKIPPED\n')
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split('\n')
    process.stderr.write(`the packages for keys outside files cannot be installed (${line}): their tests are SKIPPED\n`)
  }
  return undefined
}
