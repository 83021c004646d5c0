// Installs the packages when node_modules is missing or older than the lock file. Runs on Node 20 too, so that
// `npm run demo` and `npm test` need nothing but Node >= 20 and npm.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync, utimesSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const lock = `${root}package-lock.json`
const installed = `${root}node_modules/.package-lock.json`

if (existsSync(lock) && !isStale()) process.exit(0)

process.stderr.write('Installing packages (once; about half a minute) ...\n')
const npm = process.env.npm_execpath
const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []]
const { status } = spawnSync(command, [...first, 'install', '--no-audit', '--no-fund', '--loglevel=error'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
})
if (status !== 0) {
  process.stderr.write('npm install failed; its message stands above. Run it by hand to see more: npm install\n')
  process.exit(status ?? 1)
}
const now = new Date()
if (existsSync(installed)) utimesSync(installed, now, now)

function isStale() {
  if (!existsSync(installed)) return true
  return statSync(installed).mtimeMs < statSync(lock).mtimeMs
}
