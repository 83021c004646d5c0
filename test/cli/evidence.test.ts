import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'

// Each command is a process of its own; a busy machine takes its time with them.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let plain: Server
let port: number
const cli = (...args: string[]) => affidavit(args, { cwd: folder.path })

const records = Array.from({ length: 72 }, (_, hour) =>
  JSON.stringify({ time: new Date(Date.now() - hour * 3_600_000).toISOString(), event: 'read' }),
).reverse()

beforeAll(async () => {
  folder = await temporaryFolder()
  plain = createServer((_, response) => response.end('hello'))
  await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done))
  port = (plain.address() as AddressInfo).port
  await writeFile(join(folder.path, 'audit.log'), `${records.join('\n')}\n`)
  await chmod(join(folder.path, 'audit.log'), 0o640)
  await cli('keys', 'make', '--organisation', 'Example Retail Ltd')
  await writeFile(join(folder.path, 'affidavit.yaml'), configuration())
})

afterAll(async () => {
  plain.close()
  await folder[Symbol.asyncDispose]()
})

function configuration(): string {
  return `version: 1
organisation: { name: Example Retail Ltd }
systems:
  - id: shop
    name: Shop
    components:
      - id: log
        targets:
          - collector: log-retention
            target: { logs: [{ id: audit, files: [audit.log] }] }
      - id: port
        targets:
          - collector: tls
            target: { host: 127.0.0.1, port: ${port}, limits: { timeout: 5s } }
`
}

test('a target that fails is recorded and ends nothing; the summary and the exit code say how things stand', async () => {
  const run = await cli('run')
  expect(run.code).toBe(1)
  expect(run.stderr).toContain('shop/port/tls: failed')
  expect(run.stdout).toContain('1 target collected, 1 failed')
  expect(run.stdout).toContain('undetermined')
  const failed = JSON.parse((await cli('evidence', 'list', '--json', '--kind', 'collection.failed')).stdout)
  expect(failed).toMatchObject([{ target: 'shop/port/tls', facts: { code: 'not-tls' } }])
})

test('evidence and runs can be looked at, down to the raw bytes', async () => {
  const [entry] = JSON.parse((await cli('evidence', 'list', '--json', '--kind', 'log.source')).stdout)
  const shown = await cli('evidence', 'show', `E-${entry.sequence}`)
  expect(shown.stdout).toContain('provenDays')
  const [run] = JSON.parse((await cli('runs', 'list', '--json')).stdout)
  expect(run).toMatchObject({ state: 'finished', completed: 1, failed: 1 })
  const entries = JSON.parse((await cli('runs', 'show', run.run, '--json')).stdout)
  expect(entries.map(({ kind }: { kind: string }) => kind)).toEqual(
    expect.arrayContaining(['configuration.recorded', 'catalogue.recorded', 'run.started', 'run.finished']),
  )
  const page = await cli('runs', 'show', run.run)
  expect(page).toMatchObject({ code: 0, stderr: '' })
  expect(page.stdout).toContain('shop/port/tls\n  failed')
  const listed = await cli('evidence', 'list', '--last', '1')
  expect(listed.stdout).toContain('--last')
  const configured = entries.find(({ kind }: { kind: string }) => kind === 'configuration.recorded')
  const raw = await cli('evidence', 'show', String(configured.sequence), '--artefact', 'affidavit.json')
  expect(JSON.parse(raw.stdout).organisation.name).toBe('Example Retail Ltd')
  expect((await cli('evidence', 'show', 'E-99999')).code).toBe(2)
})

test('the store verifies, and is refused once a byte of evidence is changed', async () => {
  const good = await cli('verify', '--store', '--json')
  expect(good.code).toBe(0)
  expect(JSON.parse(good.stdout)).toMatchObject({ verdict: 'verified', unsigned: 0, problems: [] })

  const store = join(folder.path, 'affidavit.db')
  const saved = join(folder.path, 'saved.db')
  const database = new Database(store)
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  await copyFile(store, saved)
  const bytes = await readFile(store)
  const at = bytes.indexOf('"provenDays":')
  expect(at).toBeGreaterThan(0)
  bytes[at + 13] = (bytes[at + 13] ?? 0) ^ 1
  await writeFile(store, bytes)
  const bad = await cli('verify', '--store')
  expect(bad.code).toBe(4)
  expect(bad.stdout).toMatch(/REFUSED[\s\S]*E-\d+/)
  await copyFile(saved, store)
})

test('a foreign database is refused with exit code 3 and stays as it is', async () => {
  const foreign = new Database(join(folder.path, 'other.db'))
  foreign.exec('CREATE TABLE users (name TEXT)')
  foreign.close()
  await writeFile(join(folder.path, 'other.yaml'), `${configuration()}store: { path: other.db }\n`)
  const { code, stderr } = await cli('run', '-c', 'other.yaml')
  expect(code).toBe(3)
  expect(stderr).toMatch(/AFD_STORE_\w+/)
})

test('a period that nobody knows, and a report without a browser, say what to do', async () => {
  const period = await cli('report', '--period', 'last-tuesday')
  expect(period.code).toBe(2)
  expect(period.stderr).toContain('2026-Q3')
  const reversed = await cli('report', '--period', '2026-12-01..2026-11-01')
  expect(reversed.code).toBe(2)
  expect(reversed.stderr).toContain('2026-11-01..2026-12-01')
  const ahead = await cli('report', '--period', '2999-Q1')
  expect(ahead.code).toBe(2)
  expect(ahead.stderr).toContain('AFD_PERIOD_AHEAD')
  const compared = await cli('compare', '2026-Q4', '2026-Q3')
  expect(compared.code).toBe(2)
  expect(compared.stderr).toContain('affidavit compare 2026-Q3 2026-Q4')
  const browser = await affidavit(['report'], { cwd: folder.path, env: { AFFIDAVIT_BROWSER: '/nowhere/chromium' } })
  expect(browser.code).toBe(6)
  expect(browser.stderr).toContain('AFFIDAVIT_BROWSER')
})

test('probe prints observations and artefacts in the documented shape, and stores nothing', async () => {
  const before = JSON.parse((await cli('verify', '--store', '--json')).stdout).entries
  const target = JSON.stringify({ logs: [{ id: 'audit', files: ['audit.log'] }] })
  const { code, stdout } = await cli('probe', 'log-retention', '--target', target, '--json')
  expect(code).toBe(0)
  const { observations, artefacts } = JSON.parse(stdout)
  expect(observations).toMatchObject([
    { kind: 'log.source', subject: 'audit', methods: ['EXAMINE'], facts: { provenDays: 2 } },
  ])
  expect(Object.keys(observations[0]).sort()).toEqual(['collected', 'evidence', 'facts', 'kind', 'methods', 'subject'])
  for (const artefact of artefacts) expect(Object.keys(artefact)).toEqual(['name', 'mediaType', 'size', 'sha256'])
  expect(JSON.parse((await cli('verify', '--store', '--json')).stdout).entries).toBe(before)

  const refused = await cli('probe', 'tls', '127.0.0.1:1', '--json')
  expect(refused.code).toBe(1)
  expect(JSON.parse(refused.stdout).failure.code).toBe('refused')
  expect((await cli('probe', 'tls', '--target', '{"host": 1}')).code).toBe(2)
  expect((await cli('probe', 'tls', '--target', '{')).code).toBe(2)
})

test('a text is looked for in entries and raw bytes, from standard input, and is not repeated', async () => {
  const search = (input: string, ...args: string[]) =>
    affidavit(['evidence', 'search', ...args], { cwd: folder.path, input })
  const found = await search('EXAMPLE retail\n')
  expect(found.code).toBe(0)
  expect(found.stdout).toMatch(/Raw bytes that hold it: \d+\n +E-0 +affidavit\.json/)
  expect(found.stdout).toContain('affidavit evidence erase --artefact COMMITMENT')
  expect(`${found.stdout}${found.stderr}`).not.toMatch(/example retail/i)
  const none = await search('', '--json', 'nobody of this name')
  expect(JSON.parse(none.stdout)).toMatchObject({ entries: [], artefacts: [], unreadable: [] })
  const short = await search('x\n')
  expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('AFD_SEARCH_TEXT') })
})
