import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { placeOf, routeTo } from '../../../../collectors/tls/address.ts'
import type { Context } from '../../../../src/collect/contract.ts'
import { CollectionError, type FailureCode } from '../../../../src/model/errors.ts'

const endpoint = { host: 'several.example.test', port: 443 }

/** A host whose addresses answer connections each in its way: `open`, `never`, or with a failure. */
function host(answers: Readonly<Record<string, 'open' | 'never' | FailureCode>>) {
  const asked: string[] = []
  const addresses = async () => Object.keys(answers)
  const connect: Context['connect'] = async (_, { address = '', signal } = {}) => {
    asked.push(address)
    const answer = answers[address] ?? 'never'
    if (answer === 'open') return { remoteAddress: address } as Socket
    if (answer !== 'never') throw new CollectionError(answer, `${address}: ${answer}`)
    return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }
  const ports = { connect, resolve: { addresses } } as unknown as Pick<Context, 'connect' | 'resolve'>
  return { asked, route: routeTo(endpoint, ports, 100) }
}

test('a host with one address is connected to without a look before', async () => {
  const { asked, route } = host({ '192.0.2.1': 'open' })
  await Promise.all([route.connect(), route.connect()])
  expect(asked).toEqual(['192.0.2.1', '192.0.2.1'])
  expect(placeOf(route)).toBe('')
})

test('all connections go to the first address, by its text, however the DNS turns them', async () => {
  const { asked, route } = host({ '192.0.2.2': 'open', '192.0.2.1': 'open', '2001:db8::1': 'open' })
  await Promise.all([route.connect(), route.connect(), route.connect()])
  await route.connect()
  expect(asked).toEqual(Array(4).fill('192.0.2.1'))
  expect(route).toMatchObject({ address: '192.0.2.1', addresses: ['192.0.2.1', '192.0.2.2', '2001:db8::1'] })
})

test.each(['refused', 'reset', 'unreachable', 'timeout', 'never'] as const)(
  'an address whose connection ends as %s gives way to the next, once',
  async (answer) => {
    const { asked, route } = host({ '2001:db8::1': answer, '192.0.2.1': 'open' })
    await Promise.all([route.connect(), route.connect()])
    expect(asked).toEqual(['2001:db8::1', '192.0.2.1', '192.0.2.1'])
    expect(placeOf(route)).toContain('2001:db8::1')
  },
)

test('where no address takes a connection, one that answered is told, and all are tried again', async () => {
  const { asked, route } = host({ '192.0.2.1': 'refused', '192.0.2.2': 'unreachable' })
  await expect(Promise.all([route.connect(), route.connect()])).rejects.toMatchObject({ failure: 'refused' })
  await expect(route.connect()).rejects.toMatchObject({ failure: 'refused' })
  expect(asked).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.2'])
  expect(route.address).toBeNull()
})

test('an end that is ours leads to no other address', async () => {
  const { asked, route } = host({ '192.0.2.1': 'budget', '192.0.2.2': 'open' })
  await expect(route.connect()).rejects.toMatchObject({ failure: 'budget' })
  expect(asked).toEqual(['192.0.2.1'])
})
