import { afterEach, expect, test, vi } from 'vitest'
import { createResolver } from '../../../src/collect/resolver.ts'

const answers = vi.hoisted(() => ({ lookup: vi.fn() }))
vi.mock('node:dns/promises', async (original) => ({ ...(await original<object>()), lookup: answers.lookup }))
afterEach(() => answers.lookup.mockReset())

const found = (...addresses: readonly string[]) => addresses.map((address) => ({ address, family: 4 }))

test('a name keeps the addresses that it had first, however it is written', async () => {
  answers.lookup.mockResolvedValueOnce(found('192.0.2.1', '192.0.2.2')).mockResolvedValueOnce(found('127.0.0.1'))
  const resolver = createResolver(new AbortController().signal)
  expect(await resolver.addresses('api.example.test')).toEqual(['192.0.2.1', '192.0.2.2'])
  expect(await resolver.addresses('API.example.test.')).toEqual(['192.0.2.1', '192.0.2.2'])
  expect(answers.lookup).toHaveBeenCalledOnce()
})

test('connections are given the same pinned addresses', async () => {
  answers.lookup.mockResolvedValueOnce([...found('192.0.2.1'), { address: '2001:db8::1', family: 6 }])
  const resolver = createResolver(new AbortController().signal)
  const lookup = (options: object) =>
    new Promise((resolve, reject) => {
      resolver.lookup('api.example.test', options, (error, address) => (error ? reject(error) : resolve(address)))
    })
  expect(await lookup({ all: true })).toEqual([
    { address: '192.0.2.1', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ])
  expect(await lookup({ family: 6 })).toBe('2001:db8::1')
  expect(await lookup({})).toBe('192.0.2.1')
  expect(answers.lookup).toHaveBeenCalledOnce()
})

test('an address is its own answer', async () => {
  const resolver = createResolver(new AbortController().signal)
  expect(await resolver.addresses('[2001:DB8::0:1]')).toEqual(['2001:db8::1'])
  expect(answers.lookup).not.toHaveBeenCalled()
})

test('a name without an address is unresolved', async () => {
  answers.lookup.mockRejectedValue(Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' }))
  const resolver = createResolver(new AbortController().signal)
  await expect(resolver.addresses('x')).rejects.toMatchObject({ failure: 'unresolved' })
})

test('waiting for DNS ends with the signal', async () => {
  answers.lookup.mockReturnValue(new Promise(() => undefined))
  const controller = new AbortController()
  const waiting = createResolver(controller.signal).addresses('slow.example.test')
  controller.abort(new Error('over'))
  await expect(waiting).rejects.toThrow('over')
})
