import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import cron from 'node-cron'
import { type Logger, pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { listRuns } from '../../src/app/browse.ts'
import { makeKeys } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import { verifyTheStore } from '../../src/app/verify.ts'
import { collectNow, openLedger, openProject } from '../../src/app.ts'
import type { RunRecord } from '../../src/model/assessment.ts'
import { latestSlot } from '../../src/model/schedule.ts'
import { instant } from '../../src/model/time.ts'
import { startDaemon } from '../../src/schedule/daemon.ts'
import { type Health, serveHealth } from '../../src/schedule/health.ts'
import { collectSlot, eraseDue } from '../../src/schedule/slot-work.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { oldEntry, record, retentionProject } from '../helpers/retention.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const log: Logger = pino({ level: 'silent' })
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let tarpit: Server
let stores = 0

beforeAll(async () => {
  folder = await temporaryFolder()
  tarpit = createServer(() => {})
  await new Promise<void>((done) => tarpit.listen(0, '127.0.0.1', done))
  await makeKeys({ folder: join(folder.path, 'keys'), organisation: 'Example Retail Ltd', passphrase: null })
  await writeFile(join(folder.path, 'audit.log'), `${JSON.stringify({ time: new Date().toISOString() })}\n`)
})

beforeEach(() => {
  stores++
})

afterAll(async () => {
  tarpit.close()
  await folder[Symbol.asyncDispose]()
})

test('a slot missed while the daemon was down is caught up and labelled as late', async () => {
  const project = await configured('log')
  await collectNow(project, { targets: project.config.plan, signal: AbortSignal.timeout(60_000) })
  await using daemon = await startDaemon(project, { log })
  const runs = await until(project, (all) => all.length === 2 && all[1]?.state === 'finished')
  const [schedule] = project.config.schedules
  expect(runs[1]).toMatchObject({ late: true, slot: schedule && latestSlot(schedule, instant(Date.now())) })
  await daemon.stop()
})

test('a new ledger starts without catching anything up, and the health endpoint says all is well', async () => {
  const project = await configured('log')
  await using daemon = await startDaemon(project, { log })
  const response = await fetch(`http://127.0.0.1:${daemon.port}/healthz`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await response.json()).toMatchObject({ status: 'ok', running: null, next: [{ schedule: 'hourly' }] })
  expect((await fetch(`http://127.0.0.1:${daemon.port}/other`)).status).toBe(404)
  expect((await fetch(`http://127.0.0.1:${daemon.port}/healthz`, { method: 'POST' })).status).toBe(405)
  expect(await runsOf(project)).toEqual([])
})

test('an authority that is out of reach leaves the ledger untimed, which the health endpoint says without failing', async () => {
  const project = await configured('log')
  const timestamp = { urls: ['http://127.0.0.1:1/tsr'], trust: [], policies: [], checkpoints: 'daily' as const }
  const stamped = { ...project, config: { ...project.config, signing: { ...project.config.signing, timestamp } } }
  await collectNow(project, { targets: project.config.plan, signal: AbortSignal.timeout(60_000) })
  await using daemon = await startDaemon(stamped, { log })
  let health: { readonly status?: string; readonly untimed?: unknown } = {}
  for (let tries = 0; tries < 400 && !health.untimed; tries++) {
    await wait(50)
    health = (await (await fetch(`http://127.0.0.1:${daemon.port}/healthz`)).json()) as typeof health
  }
  expect(health).toMatchObject({
    status: 'ok',
    untimed: { entries: expect.any(Number), reason: expect.stringContaining('127.0.0.1:1') },
  })
})

test('a run in hand that does not end in time is recorded as interrupted when the daemon stops', async () => {
  const project = await configured('port')
  await collectNow(project, { targets: [], signal: AbortSignal.timeout(60_000) })
  const daemon = await startDaemon(project, { log, graceMs: 200 })
  await until(project, (runs) => runs.length === 2)
  await daemon.stop()
  expect((await runsOf(project))[1]).toMatchObject({ state: 'interrupted', late: true })
  await expect(fetch(`http://127.0.0.1:${daemon.port}/healthz`)).rejects.toThrow()
})

test('a slot waits while a run by hand goes on in another process', async () => {
  const project = await configured('log')
  await collectNow(project, { targets: project.config.plan, signal: AbortSignal.timeout(60_000) })
  await using store = await openLedger(project, 'write')
  const byHand = await store.lockRuns()
  await using _ = await startDaemon(project, { log })
  await wait(500)
  expect(await runsOf(project)).toHaveLength(1)
  await byHand[Symbol.asyncDispose]()
  const runs = await until(project, (all) => all.length === 2 && all[1]?.state === 'finished')
  expect(runs[1]?.late).toBe(true)
})

test('a daemon that is stopped while a slot waits tells of no failure', async () => {
  const project = await configured('log')
  await collectNow(project, { targets: project.config.plan, signal: AbortSignal.timeout(60_000) })
  await using store = await openLedger(project, 'write')
  await using _ = await store.lockRuns()
  const lines: { readonly level: number; readonly msg: string }[] = []
  const begun = Promise.withResolvers<void>()
  const write = (line: string) => {
    lines.push(JSON.parse(line))
    if (lines.at(-1)?.msg === 'run started') begun.resolve()
  }
  const told = pino({}, { write })
  const daemon = await startDaemon(project, { log: told, graceMs: 0 })
  await begun.promise
  await daemon.stop()
  expect(lines.map(({ msg }) => msg)).toContain('stopped while the slot waited for another run')
  expect(lines.filter(({ level }) => level > 40)).toEqual([])
})

test('two daemons on one store collect a slot once', async () => {
  const project = await configured('log')
  await collectNow(project, { targets: project.config.plan, signal: AbortSignal.timeout(60_000) })
  await using store = await openLedger(project, 'write')
  const byHand = await store.lockRuns()
  const daemons = [await startDaemon(project, { log }), await startDaemon(project, { log })]
  await byHand[Symbol.asyncDispose]()
  await until(project, (all) => all.length === 2 && all[1]?.state === 'finished')
  // Each ends what it has in hand, the second one its waiting.
  await Promise.all(daemons.map((daemon) => daemon.stop()))
  expect(await runsOf(project)).toHaveLength(2)
})

test('a run that cannot be kept makes the health endpoint fail and does not end the daemon', async () => {
  const project = await configured('log')
  await collectNow(project, { targets: project.config.plan, signal: AbortSignal.timeout(60_000) })
  const broken = { ...project, config: { ...project.config, keys: { ledger: 'keys/none.pem' } } }
  await using daemon = await startDaemon(broken, { log })
  const statuses: number[] = []
  while (!statuses.includes(503) && statuses.length < 200) {
    statuses.push((await fetch(`http://127.0.0.1:${daemon.port}/healthz`)).status)
    await wait(50)
  }
  expect(statuses.at(-1)).toBe(503)
})

test('retention is applied on the schedule that the configuration names for it, behind the collection, and on no other', async () => {
  for (const schedule of ['  schedule: hourly\n', '']) {
    stores++
    const path = join(folder.path, `retention-${stores}`)
    const policy = '{ id: raw, keep: 60d, basis: storage limitation }'
    const project = await retentionProject(path, `retention:\n${schedule}  policies: [${policy}]\n`)
    await record(project, [oldEntry(100, 'old')])
    await collectNow(earlier(project), { targets: project.config.plan, signal: AbortSignal.timeout(60_000) })
    const daemon = await startDaemon(project, { log })
    await until(project, (all) => all.length === 2 && all[1]?.state === 'finished')
    // Ends what it has in hand.
    await daemon.stop()
    await using store = await openLedger(project, 'read')
    const erased: unknown[] = []
    for await (const { entry } of store.entries({ kinds: ['artefact.erased'] })) erased.push(entry.facts)
    expect(erased).toMatchObject(schedule === '' ? [] : [{ policy: 'raw', trigger: 'schedule', by: null }])
  }
})

test('a slot of a schedule that is there for retention alone is caught up once, under policies that stood before it', async () => {
  const path = join(folder.path, `retention-${stores}`)
  const policy = '{ id: raw, keep: 60d, basis: storage limitation }'
  const retention = `retention: { schedule: hourly, policies: [${policy}] }\n`
  const project = withoutTargets(await retentionProject(path, retention))
  await record(project, [oldEntry(100, 'old')])
  const signal = AbortSignal.timeout(60_000)
  // The ledger got to know the policies only now, after the slot.
  await collectNow(project, { targets: [], signal })
  await (await startDaemon(project, { log })).stop()
  expect(await applied(project)).toEqual([])

  const before = await retentionProject(`${path}-before`, retention)
  await record(before, [oldEntry(100, 'old')])
  await collectNow(earlier(withoutTargets(before)), { targets: [], signal })
  for (const start of [1, 2]) {
    // Ends what it has in hand.
    await (await startDaemon(withoutTargets(before), { log })).stop()
    const late = { schedule: 'hourly', late: true, policies: ['raw'], artefacts: 1, scrubbed: true }
    expect({ start, applied: await applied(before) }).toMatchObject({ start, applied: [late] })
  }
  expect(await verifyTheStore(before, signal)).toMatchObject({ verdict: 'verified', unsigned: 0, remnants: false })
})

test('retention that failed is told until it is applied again, whatever becomes of collections', async () => {
  const path = join(folder.path, `retention-${stores}`)
  const policy = '{ id: raw, keep: 60d, basis: storage limitation }'
  const project = await retentionProject(path, `retention: { schedule: hourly, policies: [${policy}] }\n`)
  await record(project, [oldEntry(100, 'old')])
  const health: Health = {
    ...{ started: instant(Date.now()), running: null, last: null, untimed: null, queued: 0 },
    problems: { collection: null, retention: null },
  }
  const [schedule] = project.config.schedules
  if (!schedule) throw new TypeError('no schedule')
  const slot = latestSlot(schedule, instant(Date.now()))
  const job = { schedule, slot, trigger: 'schedule', collects: true, erases: true } as const
  const parts = { log, health, signal: AbortSignal.timeout(60_000), stamped: () => {} }
  await using server = await serveHealth(project, health)
  const status = async () => (await fetch(`http://127.0.0.1:${server.port}/healthz`)).status
  await eraseDue({ ...project, config: { ...project.config, keys: { ledger: 'keys/none.pem' } } }, job, parts)
  expect(health.problems).toMatchObject({ collection: null, retention: { message: expect.any(String) } })
  await collectSlot(project, job, parts)
  expect(health).toMatchObject({
    last: { state: 'finished' },
    problems: { retention: { message: expect.any(String) } },
  })
  expect(await status()).toBe(503)
  await eraseDue(project, job, parts)
  expect(health.problems).toEqual({ collection: null, retention: null })
  expect(await status()).toBe(200)
})

test('SIGTERM stops the daemon process cleanly, with its log in JSON lines', async () => {
  const project = await configured('log')
  const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
  const child = spawn(process.execPath, [main, 'daemon', '-c', project.file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (text.includes('"scheduled"')) child.kill('SIGTERM')
  })
  const code = await new Promise((done) => child.once('close', done))
  expect(code).toBe(0)
  const messages = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).msg)
  expect(messages).toEqual(['serving health', 'scheduled', 'stopping', 'stopped'])
})

test('node-cron agrees with the slots that coverage counts, across a change of clocks', () => {
  for (const timezone of ['Europe/Zurich', 'America/New_York', 'UTC']) {
    const task = cron.schedule('15 2 * * *', () => {}, { timezone })
    const [first] = task.getNextRuns(1)
    void task.destroy()
    const slot = latestSlot({ id: 'n', cron: '15 2 * * *', timeZone: timezone }, instant(first ?? new Date(0)))
    expect(slot).toBe(instant(first ?? new Date(0)))
  }
})

/** The same project two hours ago. */
function earlier(project: Project): Project {
  return { ...project, clock: { now: () => instant(Date.now() - 2 * 3_600_000) } }
}

/** The same project with a schedule that nothing follows. */
function withoutTargets(project: Project): Project {
  return { ...project, config: { ...project.config, plan: [] } }
}

/** What the ledger says of retention on its schedule. */
async function applied(project: Project): Promise<readonly unknown[]> {
  await using store = await openLedger(project, 'read')
  const facts: unknown[] = []
  for await (const { entry } of store.entries({ kinds: ['retention.applied'] })) facts.push(entry.facts)
  return facts
}

async function configured(target: 'log' | 'port'): Promise<Project> {
  const { port } = tarpit.address() as AddressInfo
  const targets = {
    log: '{ collector: log-retention, schedule: hourly, target: { logs: [{ id: audit, files: [audit.log] }] } }',
    port: `{ collector: tls, schedule: hourly, target: { host: 127.0.0.1, port: ${port}, limits: { timeout: 60s } } }`,
  }
  const file = join(folder.path, `affidavit-${stores}.yaml`)
  await writeFile(
    file,
    `version: 1
organisation: { name: Example Retail Ltd }
systems: [{ id: shop, name: Shop, components: [{ id: part, targets: [${targets[target]}] }] }]
schedules: { hourly: { cron: "0 * * * *" } }
store: { path: store-${stores}.db }
daemon: { port: 0 }
`,
  )
  return await openProject(file)
}

async function runsOf(project: Project): Promise<readonly RunRecord[]> {
  await using store = await openLedger(project, 'read')
  return await listRuns(store)
}

async function until(project: Project, done: (runs: readonly RunRecord[]) => boolean): Promise<readonly RunRecord[]> {
  for (let tries = 0; tries < 400; tries++) {
    const runs = await runsOf(project)
    if (done(runs)) return runs
    await wait(50)
  }
  throw new Error('the runs did not come')
}
