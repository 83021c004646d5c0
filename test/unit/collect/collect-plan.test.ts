import { expect, test } from 'vitest'
import { collectPlan, type PlanEvent, type PlanOptions } from '../../../src/collect/collect-plan.ts'
import type { Collector } from '../../../src/collect/contract.ts'
import type { PlannedTarget } from '../../../src/model/plan.ts'
import { instant } from '../../../src/model/time.ts'
import { collectorThat, thing } from '../../helpers/collector-that.ts'

/** Collections that end when the test says so. */
function gates() {
  const open = new Map<string, () => void>()
  const collector = collectorThat(async function* (context, { host }) {
    await new Promise<void>((resolve, reject) => {
      open.set(host, resolve)
      context.signal.addEventListener('abort', () => reject(context.signal.reason))
    })
    yield thing()
  })
  return { open, collector }
}

function planned(id: string, host = id, collector = 'test'): PlannedTarget {
  return { id, component: 's/c', collector, target: { host, port: 1 }, schedule: null, validForMs: 1 }
}

function options(collector: Collector, plan: readonly PlannedTarget[], more: Partial<PlanOptions> = {}): PlanOptions {
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined }
  return {
    plan,
    collectors: new Map([['test', collector]]),
    concurrency: 2,
    clock: { now: () => instant('2026-09-09T02:00:00.000Z') },
    signal: new AbortController().signal,
    log,
    baseDirectory: '/nowhere',
    ...more,
  }
}

const told = (event: PlanEvent): string => `${event.type} ${event.target.id}`

test('no more targets are under way than allowed, and each is told when it starts and ends', async () => {
  const { open, collector } = gates()
  const events: string[] = []
  for await (const event of collectPlan(
    options(
      collector,
      ['a', 'b', 'c'].map((id) => planned(id)),
    ),
  )) {
    events.push(told(event))
    if (told(event) === 'started b') open.get('b')?.()
    if (told(event) === 'started c') for (const end of open.values()) end()
  }
  expect(events.slice(0, 4)).toEqual(['started a', 'started b', 'collected b', 'started c'])
  expect(events.slice(4).sort()).toEqual(['collected a', 'collected c'])
})

test('targets on the same host follow each other while other hosts are looked at', async () => {
  const { open, collector } = gates()
  const events: string[] = []
  const plan = [planned('a1', 'a'), planned('a2', 'A.'), planned('b1', 'b')]
  for await (const event of collectPlan(options(collector, plan, { concurrency: 3 }))) {
    events.push(told(event))
    if (told(event) === 'started b1') open.get('a')?.()
    if (told(event) === 'started a2') for (const end of open.values()) end()
  }
  expect(events.slice(0, 4)).toEqual(['started a1', 'started b1', 'collected a1', 'started a2'])
})

test('a failing target is told like any other and ends nothing', async () => {
  const collector = collectorThat(async function* (_, { host }) {
    if (host === 'bad') throw new TypeError('bug')
    yield thing()
  })
  const codes: Record<string, string | undefined> = {}
  for await (const event of collectPlan(options(collector, [planned('bad'), planned('good')]))) {
    if (event.type === 'collected') codes[event.target.id] = event.collection.failure?.code
  }
  expect(codes).toEqual({ bad: 'bug', good: undefined })
})

test('after an abort nothing starts, and what was under way is told as interrupted', async () => {
  const { collector } = gates()
  const controller = new AbortController()
  const events: string[] = []
  const plan = ['a', 'b', 'c'].map((id) => planned(id))
  for await (const event of collectPlan(options(collector, plan, { signal: controller.signal }))) {
    events.push(event.type === 'collected' ? `${told(event)} ${event.collection.failure?.code}` : told(event))
    if (events.length === 2) controller.abort()
  }
  expect(events.slice(0, 2)).toEqual(['started a', 'started b'])
  expect(events.slice(2).sort()).toEqual(['collected a interrupted', 'collected b interrupted'])
})

test('leaving the loop ends what is under way', async () => {
  let aborted = false
  const collector = collectorThat(async function* (context) {
    yield thing()
    await new Promise((_, reject) => {
      context.signal.addEventListener('abort', () => {
        aborted = true
        reject(context.signal.reason)
      })
    })
  })
  for await (const _ of collectPlan(options(collector, [planned('a')]))) break
  expect(aborted).toBe(true)
})

test('an unknown collector and a wrong target are refused before anything starts', async () => {
  const { collector } = gates()
  const first = (plan: readonly PlannedTarget[]) => collectPlan(options(collector, plan))[Symbol.asyncIterator]().next()
  await expect(first([planned('a'), planned('b', 'b', 'none')])).rejects.toMatchObject({
    code: 'AFD_COLLECT_COLLECTOR',
  })
  await expect(first([{ ...planned('a'), target: { nonsense: 1 } }])).rejects.toMatchObject({
    code: 'AFD_COLLECT_TARGET',
  })
})

test('an empty plan ends at once', async () => {
  const { collector } = gates()
  for await (const _ of collectPlan(options(collector, []))) expect.unreachable()
})
