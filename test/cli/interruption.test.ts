import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'

// Each command is a process of its own; a busy machine takes its time with them.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** util-linux makes a terminal where there is none. */
const terminal = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let tarpit: Server
const cli = (...args: string[]) => affidavit(args, { cwd: folder.path })

beforeAll(async () => {
  folder = await temporaryFolder()
  tarpit = createServer(() => {})
  await new Promise<void>((done) => tarpit.listen(0, '127.0.0.1', done))
  const { port } = tarpit.address() as AddressInfo
  await writeFile(join(folder.path, 'audit.log'), `${JSON.stringify({ time: new Date().toISOString() })}\n`)
  await cli('keys', 'make', '--organisation', 'Example Retail Ltd')
  await writeFile(
    join(folder.path, 'affidavit.yaml'),
    `version: 1
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
            target: { host: 127.0.0.1, port: ${port}, limits: { timeout: 60s } }
`,
  )
})

afterAll(async () => {
  tarpit.close()
  await folder[Symbol.asyncDispose]()
})

test('Ctrl-C in the middle of a run keeps what was collected and records the run as interrupted', async () => {
  const run = startRun()
  await lineFrom(run, 'shop/log/log-retention')
  run.kill('SIGINT')
  expect(await ended(run)).toBe(130)
  const [record] = JSON.parse((await cli('runs', 'list', '--json')).stdout)
  expect(record).toMatchObject({ state: 'interrupted', completed: 1 })
  const stored = JSON.parse((await cli('evidence', 'list', '--json', '--run', record.run)).stdout)
  expect(stored.map(({ kind }: { kind: string }) => kind)).toContain('log.source')
  expect((await cli('verify', '--store')).code).toBe(0)
})

test.skipIf(!terminal)('Ctrl-C on a terminal, where the list is live, is recorded all the same', async () => {
  const command = `${process.execPath} ${main} run; echo "exit code $?"`
  const shell = spawn('script', ['-qefc', `stty cols 100 rows 40; trap : INT; ${command}`, '/dev/null'], {
    cwd: folder.path,
  })
  let seen = ''
  let pressed = false
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text
    if (pressed || !/log-retention: \d+ observation/.test(seen)) return
    pressed = true
    shell.stdin.write('\u0003')
  })
  await new Promise((done) => shell.once('close', done))
  expect(seen).toContain('exit code 130')
  const [record] = JSON.parse((await cli('runs', 'list', '--json')).stdout)
  expect(record).toMatchObject({ state: 'interrupted', completed: 1 })
})

test('a run that was killed leaves a store that verifies, and is recorded as interrupted at the next start', async () => {
  const run = startRun()
  await lineFrom(run, 'shop/log/log-retention')
  run.kill('SIGKILL')
  await ended(run)
  expect((await cli('verify', '--store')).code).toBe(0)
  const [killed] = JSON.parse((await cli('runs', 'list', '--json')).stdout)
  expect(killed.state).toBe('running')

  const next = await cli('run', 'shop/log')
  expect(next.stderr).toContain(killed.run)
  const runs: { run: string; state: string }[] = JSON.parse((await cli('runs', 'list', '--json')).stdout)
  expect(runs.find(({ run: id }) => id === killed.run)?.state).toBe('interrupted')
  expect(runs[0]?.state).toBe('finished')
})

test('two runs at the same time do not mix: the second one is told to wait', async () => {
  const first = startRun()
  await lineFrom(first, 'shop/log/log-retention')
  const second = await cli('run', 'shop/log')
  expect(second.code).toBe(3)
  expect(second.stderr).toContain('AFD_STORE_RUN_IN_PROGRESS')
  first.kill('SIGINT')
  await ended(first)
})

function startRun(): ChildProcess {
  return spawn(process.execPath, [main, 'run'], { cwd: folder.path, stdio: ['ignore', 'ignore', 'pipe'] })
}

function lineFrom(child: ChildProcess, text: string): Promise<void> {
  return new Promise((done, fail) => {
    let seen = ''
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk
      if (seen.includes(text)) done()
    })
    child.once('close', () => fail(new Error(`ended before "${text}" was said: ${seen}`)))
  })
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) done(child.exitCode)
    else child.once('close', (code) => done(code))
  })
}
