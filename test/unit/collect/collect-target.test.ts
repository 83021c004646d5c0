import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { collectTarget } from '../../../src/collect/collect-target.ts'
import type { Collector, NewObservation } from '../../../src/collect/contract.ts'
import { CollectionError, ConfigError } from '../../../src/model/errors.ts'
import { instant } from '../../../src/model/time.ts'
import { collectorThat, thing } from '../../helpers/collector-that.ts'

const now = instant('2026-09-09T02:00:00.000Z')
const warned = vi.fn()

function run(collector: Collector, target: unknown = {}, signal = new AbortController().signal) {
  const log = { debug: () => undefined, info: () => undefined, warn: warned }
  return collectTarget(collector, target, {
    clock: { now: () => now },
    signal,
    log,
    baseDirectory: '/nowhere',
    readSecret: async (reference) => `value of ${reference}`,
  })
}

beforeEach(() => {
  vi.useFakeTimers()
  warned.mockReset()
})
afterEach(() => {
  vi.useRealTimers()
})

test('observations are stamped, completed and returned with the artefacts that they rest on', async () => {
  const collection = await run(
    collectorThat(async function* (context) {
      const evidence = [context.record('answer.txt', 'text/plain', 'hello')]
      yield thing({ seen: 'yes' }, { evidence })
    }),
  )
  expect(collection).toMatchObject({
    observations: [{ kind: 'test.thing', collected: now, facts: { seen: 'yes' }, evidence: ['answer.txt'] }],
    artefacts: [{ name: 'answer.txt', mediaType: 'text/plain' }],
    usage: { connections: 0, requests: 0, bytesSent: 0, bytesReceived: 0 },
    leftOut: [],
    failure: null,
  })
})

test('a failure keeps its code and hint, and what was observed before it', async () => {
  const collection = await run(
    collectorThat(async function* () {
      yield thing()
      throw new CollectionError('refused', 'it refused', { hint: 'start it' })
    }),
  )
  expect(collection.observations).toHaveLength(1)
  expect(collection.failure).toEqual({ code: 'refused', message: 'it refused', hint: 'start it' })
})

test('a socket error that a collector lets pass is the target’s failure, no bug', async () => {
  const collection = await run(
    collectorThat(async function* () {
      yield thing()
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    }),
  )
  expect(collection.failure?.code).toBe('reset')
})

test('a bug is called one, its message is redacted, and its stack is logged', async () => {
  const collection = await run(
    collectorThat(async function* (context) {
      const value = await context.secret('env:X' as never)
      yield thing()
      throw new TypeError(`cannot read ${value}`)
    }),
  )
  expect(collection.failure).toMatchObject({ code: 'bug', message: 'TypeError: cannot read [redacted:secret]' })
  expect(warned).toHaveBeenCalledOnce()
  expect(JSON.stringify(warned.mock.calls)).toContain('collect-target.test')
  expect(JSON.stringify(warned.mock.calls)).not.toContain('value of')
})

test.each<[string, NewObservation]>([
  ['a kind that is not declared', { ...thing(), kind: 'test.other' }],
  ['no subject', { ...thing(), subject: '' }],
  ['no methods', { ...thing(), methods: [] }],
  ['a date among the facts', thing({ at: new Date() as never })],
  ['undefined among the facts', thing({ a: [undefined as never] })],
  ['a number that JSON cannot say', thing({ a: Number.NaN })],
  ['half a surrogate pair', thing({ a: '\ud800' })],
  ['facts that are a list', thing([] as never)],
  ['evidence that was not recorded', thing({}, { evidence: ['http-001.txt'] })],
  ['a moment that is none', thing({}, { collected: 'yesterday' as never })],
])('yielding %s is a bug', async (_, wrong) => {
  const collection = await run(
    collectorThat(async function* () {
      yield thing()
      yield wrong
    }),
  )
  expect(collection.failure?.code).toBe('bug')
  expect(collection.observations).toHaveLength(1)
})

test('a reach that cannot be told is a bug of the collector, and nothing is collected', async () => {
  const collect = vi.fn()
  const collector: Collector = {
    ...collectorThat(async function* () {
      collect()
      yield thing()
    }),
    reach: () => {
      throw new TypeError('no reach')
    },
  }
  expect((await run(collector)).failure).toMatchObject({ code: 'bug', message: expect.stringContaining('no reach') })
  expect(collect).not.toHaveBeenCalled()
})

test('facts that contain themselves are a bug and not an endless loop', async () => {
  const facts: Record<string, unknown> = {}
  facts.self = facts
  const collection = await run(
    collectorThat(async function* () {
      yield thing(facts as never)
    }),
  )
  expect(collection.failure?.code).toBe('bug')
})

test('what a collector does to its facts after yielding them changes nothing', async () => {
  const facts = { list: ['a'] }
  const collection = await run(
    collectorThat(async function* () {
      yield thing(facts)
      facts.list.push('b')
    }),
  )
  expect(collection.observations[0]?.facts).toEqual({ list: ['a'] })
})

test('a collector that never comes back ends when its time is up, and keeps what it had', async () => {
  let cleanedUp = false
  const running = run(
    collectorThat(async function* () {
      try {
        yield thing()
        await new Promise(() => undefined)
      } finally {
        cleanedUp = true
      }
    }),
    { limits: { timeout: '10s' } },
  )
  await vi.advanceTimersByTimeAsync(9_999)
  expect(await Promise.race([running, 'still running'])).toBe('still running')
  await vi.advanceTimersByTimeAsync(251)
  const collection = await running
  expect(collection.failure?.code).toBe('timeout')
  expect(collection.observations).toHaveLength(1)
  expect(cleanedUp).toBe(false)
})

test('a collector that ends its wait with the signal runs its own clean-up', async () => {
  let cleanedUp = false
  const running = run(
    collectorThat(async function* (context) {
      try {
        yield thing()
        await new Promise((_, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason))
        })
      } finally {
        cleanedUp = true
      }
    }),
    { limits: { timeout: '10s' } },
  )
  await vi.advanceTimersByTimeAsync(10_000)
  expect((await running).failure?.code).toBe('timeout')
  expect(cleanedUp).toBe(true)
})

test('what a collector can still say when its time is up is kept, and it stays a timeout', async () => {
  const running = run(
    collectorThat(async function* (context) {
      const late = new Promise((_, reject) => {
        context.signal.addEventListener('abort', () => reject(context.signal.reason))
      })
      try {
        await late
      } catch {
        yield thing({ seen: 'undetermined' })
        yield thing({ sent: await context.http({ url: 'http://127.0.0.1:1/' }).then(() => 'yes') })
      }
    }),
    { limits: { timeout: '10s' } },
  )
  await vi.advanceTimersByTimeAsync(10_000)
  const collection = await running
  expect(collection.failure?.code).toBe('timeout')
  expect(collection.observations.map(({ facts }) => facts)).toEqual([{ seen: 'undetermined' }])
})

test('a collector that ends as if nothing had happened when its time is up has timed out all the same', async () => {
  const running = run(
    collectorThat(async function* (context) {
      yield thing()
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve))
    }),
    { limits: { timeout: '10s' } },
  )
  await vi.advanceTimersByTimeAsync(10_000)
  expect((await running).failure?.code).toBe('timeout')
})

test('aborting ends a collection as interrupted', async () => {
  const controller = new AbortController()
  const running = run(
    collectorThat(async function* () {
      yield thing()
      controller.abort()
      await new Promise(() => undefined)
    }),
    {},
    controller.signal,
  )
  await vi.advanceTimersByTimeAsync(250)
  expect((await running).failure?.code).toBe('interrupted')
})

test('a collection that is aborted before it begins does nothing', async () => {
  const collect = vi.fn()
  const collection = await run(
    collectorThat(async function* () {
      collect()
      yield thing()
    }),
    {},
    AbortSignal.abort(),
  )
  expect(collection.failure?.code).toBe('interrupted')
  expect(collect).not.toHaveBeenCalled()
})

test('after the end every member of the context refuses', async () => {
  const late: Promise<unknown>[] = []
  await run(
    collectorThat(async function* (context, { host, port }) {
      yield thing()
      const afterwards = (use: () => Promise<unknown>) =>
        late.push(new Promise((resolve) => setTimeout(() => use().catch(resolve), 1)))
      afterwards(() => context.http({ url: `http://${host}:${port}/` }))
      afterwards(() => context.connect({ host, port }))
      afterwards(() => context.files.stat('/etc/hostname'))
      afterwards(() => context.secret('env:X' as never))
    }),
  )
  await vi.advanceTimersByTimeAsync(10)
  for (const error of await Promise.all(late)) expect(error).toMatchObject({ failure: 'interrupted' })
})

test('secrets are redacted from facts, names of facts, subjects, artefacts, failures and what was left out', async () => {
  const value = 'value of env:TOKEN'
  const collection = await run(
    collectorThat(async function* (context) {
      const early = context.record('early.txt', 'text/plain', `before: ${value}`)
      await context.secret('env:TOKEN' as never)
      context.leaveOut('probe', `needs ${value}`)
      yield thing({ [`key ${value}`]: [{ deep: `is ${value}` }] }, { subject: `at ${value}`, evidence: [early] })
      throw new CollectionError('refused', `no ${value}`, { hint: `not ${value}` })
    }),
  )
  const kept = JSON.stringify({
    ...collection,
    artefacts: collection.artefacts.map(({ bytes }) => String.fromCharCode(...bytes)),
  })
  expect(kept).not.toContain(value)
  expect(kept.match(/\[redacted:secret\]/g)).toHaveLength(7)
})

test('a value that a collector conceals is redacted under its own kind', async () => {
  const collection = await run(
    collectorThat(async function* (context) {
      context.conceal('issued-token', 'token')
      yield thing({ a: context.redact('x issued-token y'), b: 'issued-token' })
    }),
  )
  expect(collection.observations[0]?.facts).toEqual({ a: 'x [redacted:token] y', b: '[redacted:token]' })
})

test('artefacts with the same name are told apart', async () => {
  const collection = await run(
    collectorThat(async function* (context) {
      const names = ['a.txt', 'a.txt', 'a.txt', '../../etc/passwd', '...'].map((name) =>
        context.record(name, 'text/plain', name),
      )
      yield thing({ names }, { evidence: names })
    }),
  )
  expect(collection.artefacts.map(({ name }) => name)).toEqual([
    'a.txt',
    'a-2.txt',
    'a-3.txt',
    'etc-passwd',
    'artefact',
  ])
})

test('a target permits its class and those below it', async () => {
  const permitted = async (permit: string) => {
    const collection = await run(
      collectorThat(async function* (context) {
        const classes = (['passive', 'test-identity', 'staging'] as const).filter((safety) => context.permits(safety))
        yield thing({ classes })
      }),
      { permit },
    )
    return collection.observations[0]?.facts.classes
  }
  expect(await permitted('passive')).toEqual(['passive'])
  expect(await permitted('test-identity')).toEqual(['passive', 'test-identity'])
  expect(await permitted('staging')).toEqual(['passive', 'test-identity', 'staging'])
})

test('a probe of a class that the target does not permit is refused before anything is sent', async () => {
  const collection = await run(
    collectorThat(async function* (context, { host, port }) {
      yield thing()
      await context.http({ url: `http://${host}:${port}/`, class: 'staging' })
    }),
    { permit: 'test-identity' },
  )
  expect(collection.failure?.code).toBe('not-permitted')
  expect(collection.usage.requests).toBe(0)
})

test('the target’s limits stand in for the collector’s', async () => {
  const collection = await run(
    collectorThat(async function* (context) {
      yield thing({ ...context.limits })
    }),
    { limits: { timeout: '7s', requests: 3 } },
  )
  expect(collection.observations[0]?.facts).toEqual({
    timeoutMs: 7_000,
    concurrency: 2,
    connections: 20,
    requests: 3,
    bytes: 1_000_000,
  })
})

test('a parsed target is taken as well as a raw one', async () => {
  const collector = collectorThat(async function* (context) {
    yield thing({ timeoutMs: context.limits.timeoutMs })
  })
  const parsed = collector.target.parse({ limits: { timeout: '7s' } })
  expect((await run(collector, parsed)).observations[0]?.facts).toEqual({ timeoutMs: 7_000 })
})

test('a target that does not fit the schema is the operator’s mistake and rejects', async () => {
  const collector = collectorThat(async function* () {
    yield thing()
  })
  await expect(run(collector, { unknown: 1 })).rejects.toThrow(ConfigError)
  await expect(run(collector, { port: 'x' })).rejects.toMatchObject({ code: 'AFD_COLLECT_TARGET' })
  await expect(run(collector, null)).rejects.toMatchObject({ code: 'AFD_COLLECT_TARGET' })
})
