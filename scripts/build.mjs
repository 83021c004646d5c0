// Compiles src, collectors, reports and demo into dist, and writes the JSON Schema of affidavit.yaml and the page that
// verifies reports beside them.
import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildVerifyPage } from './verify-page.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}dist`, { recursive: true, force: true })
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
if (status !== 0) process.exit(status ?? 1)
const main = `${root}dist/src/cli/main.js`
chmodSync(main, 0o755)
const schema = spawnSync(process.execPath, [main, 'check', '--schema'], { encoding: 'utf8' })
if (schema.status !== 0) throw new Error(schema.stderr)
writeFileSync(`${root}dist/affidavit.schema.json`, schema.stdout)
await buildVerifyPage(`${root}dist/verify.html`)
