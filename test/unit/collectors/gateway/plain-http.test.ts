import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { observePlainHttp } from '../../../../collectors/gateway/plain-http.ts'
import { GatewayTarget } from '../../../../collectors/gateway/target.ts'
import type { Context, NewObservation } from '../../../../src/collect/contract.ts'
import { CollectionError } from '../../../../src/model/errors.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const unasked = () => Promise.reject(new Error('nothing may be asked of a port that takes no connection'))

/** What is observed of a plain http address whose connections come to this. */
async function observed(connect: Context['connect'], http?: string): Promise<unknown> {
  const target = GatewayTarget.parse({ url: 'https://api.example.test', ...(http === undefined ? {} : { http }) })
  const context = { connect, signal: new AbortController().signal } as unknown as Context
  const behaviours = behavioursOf(observePlainHttp(target, context, unasked))
  await vi.advanceTimersByTimeAsync(8_000)
  return await behaviours
}

async function behavioursOf(observations: AsyncIterable<NewObservation>): Promise<readonly unknown[]> {
  const behaviours: unknown[] = []
  for await (const { facts } of observations) behaviours.push(facts.behaviour)
  return behaviours
}

const never: Context['connect'] = () => new Promise(() => undefined)

test('a port whose packets are dropped refuses, since the same host answers https', async () => {
  expect(await observed(never)).toEqual(['refuses'])
})

test('another host that does not answer at all may as well be down', async () => {
  expect(await observed(never, 'http://www.example.test')).toEqual(['undetermined'])
})

test.each([
  ['refused', 'refuses'],
  ['unreachable', 'undetermined'],
  ['unresolved', 'undetermined'],
] as const)('a connection that ends as %s is read as %s', async (failure, behaviour) => {
  expect(await observed(() => Promise.reject(new CollectionError(failure, 'no connection')))).toEqual([behaviour])
})

test('a connection that the collection’s own limits forbid ends the collection', async () => {
  const target = GatewayTarget.parse({ url: 'https://api.example.test' })
  const connect = () => Promise.reject(new CollectionError('budget', 'the limit of 0 connections is reached'))
  const context = { connect, signal: new AbortController().signal } as unknown as Context
  const first = observePlainHttp(target, context, unasked)[Symbol.asyncIterator]().next()
  await expect(first).rejects.toMatchObject({ code: 'AFD_COLLECT_BUDGET' })
})
