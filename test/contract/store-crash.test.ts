import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openStore } from '../../src/ledger/open.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import { clock, entriesOf, origin, rejectionOf, temporaryFolder } from '../helpers/ledger.ts'
import { acknowledgedBy, crashOnce, crashWhileErasing, startWriter } from '../helpers/ledger-crash.ts'

// Each writer is a process of its own; a busy machine takes its time with them.
vi.setConfig({ testTimeout: 120_000 })

async function newStore(): Promise<string> {
  const path = join(temporaryFolder(), 'evidence.db')
  await (await openStore({ path, origin, clock, mode: 'create' }))[Symbol.asyncDispose]()
  return path
}

test('a process killed while it appends loses nothing that was acknowledged, ten times over', async () => {
  const path = await newStore()
  for (let round = 0; round < 10; round += 1) {
    const { acknowledged, missing, verification } = await crashOnce(path, `run-${round}`, round * 7)
    expect(acknowledged).toBeGreaterThan(0)
    expect(missing).toBe(0)
    expect(verification).toMatchObject({ verdict: 'verified', problems: [] })
  }
})

test('a process killed while it erases leaves an entry and its deed, or neither, eight times over', async () => {
  const path = await newStore()
  for (let round = 0; round < 8; round += 1) {
    const { acknowledged, missing, verification } = await crashWhileErasing(path, round * 11)
    expect(acknowledged).toBeGreaterThan(0)
    expect(missing).toBe(0)
    expect(verification).toMatchObject({ verdict: 'verified', problems: [] })
  }
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  expect(await store.scrub()).toBe(true)
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', remnants: false })
})

test('two processes that append at once both get all of their batches in, each of them whole', async () => {
  const path = await newStore()
  const writers = ['a', 'b'].map((name) => acknowledgedBy(startWriter(path, name, 40)))
  const acknowledged = await Promise.all(writers)
  expect(acknowledged.map((sequences) => sequences.length)).toEqual([200, 200])
  await using store = await openStore({ path, origin, clock, mode: 'read' })
  for (const [index, run] of ['a', 'b'].entries()) {
    const sequences = (await entriesOf(store, { run })).map(({ sequence }) => sequence)
    expect(sequences).toEqual(acknowledged[index])
  }
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', entries: 400, artefacts: 400 })
})

test('the right to run ends with the process that holds it, even where that is killed', async () => {
  const path = await newStore()
  const code = `
    const { openStore } = await import(${JSON.stringify(new URL('../../src/ledger/open.ts', import.meta.url).href)})
    const store = await openStore({ path: ${JSON.stringify(path)}, origin: '${origin}', clock: null, mode: 'write' })
    await store.lockRuns()
    console.log('locked')
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  expect(await rejectionOf(store.lockRuns())).toMatchObject({ code: 'AFD_STORE_RUN_IN_PROGRESS' })
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  await (await store.lockRuns())[Symbol.asyncDispose]()
})
