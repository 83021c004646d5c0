import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'

/** Runs the command line with a cache of its own; NODE_COMPILE_CACHE is unset, since it would go before. */
function run(caches: string, args: readonly string[], env: Record<string, string> = {}) {
  return affidavit(args, { cwd: caches, env: { XDG_CACHE_HOME: caches, NODE_COMPILE_CACHE: '', ...env } })
}

describe('what Node compiled', () => {
  test('is kept in a folder that nobody else may write to', async () => {
    await using home = await temporaryFolder()
    const caches = home.path
    expect(await run(caches, ['--version'])).toMatchObject({ code: 0 })
    const folder = join(caches, 'affidavit', 'compiled')
    expect(statSync(folder).mode & 0o077).toBe(0)
    expect(readdirSync(folder)).not.toEqual([])
  })

  test('is not taken from a folder that others may write to', async () => {
    await using home = await temporaryFolder()
    const caches = home.path
    const folder = join(caches, 'affidavit', 'compiled')
    mkdirSync(folder, { recursive: true })
    chmodSync(folder, 0o777)
    expect(await run(caches, ['--version'])).toMatchObject({ code: 0 })
    expect(readdirSync(folder)).toEqual([])
  })

  test('is not kept where no folder can be made, and nothing is said of it', async () => {
    await using home = await temporaryFolder()
    const file = join(home.path, 'a-file')
    writeFileSync(file, '')
    const { code, stderr } = await affidavit(['--version'], { cwd: home.path, env: { XDG_CACHE_HOME: file } })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

test('a probe loads its own collector, and neither the store nor what reads configurations and makes reports', async () => {
  await using home = await temporaryFolder()
  const folder = home.path
  const hook = join(folder, 'hook.mjs')
  const loaded = join(folder, 'loaded')
  writeFileSync(
    hook,
    `import { appendFileSync } from 'node:fs'
     import { registerHooks } from 'node:module'
     registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(loaded)}, url + '\\n'); return next(url, context) } })`,
  )
  const { code } = await run(folder, ['probe', 'tls', '127.0.0.1:1'], { NODE_OPTIONS: `--import ${hook}` })
  expect(code).toBe(1)
  const modules = readFileSync(loaded, 'utf8')
  expect(modules).toContain('/collectors/tls/index.ts')
  const packages = ['undici', 'yaml', 'jose', 'kysely', 'better-sqlite3', 'puppeteer', 'handlebars', 'pkijs']
  const rooms = ['collectors/auth/', 'collectors/gateway/', 'src/ledger/', 'src/assess/', 'src/signing/', 'src/render/']
  const needless = [...packages.map((name) => `/node_modules/${name}/`), ...rooms.map((room) => `/${room}`)]
  expect(needless.filter((each) => modules.includes(each))).toEqual([])
})
