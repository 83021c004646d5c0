import { expect, test } from 'vitest'
import { createResolver } from '../../src/collect/resolver.ts'
import { alpn, caa, dnsServer, https } from '../helpers/dns-server.ts'

const resolver = () => createResolver(new AbortController().signal)

test('HTTPS records come as in a zone file, whatever strays come before them', async () => {
  const record = https(1, { 1: alpn('h3', 'h2'), 4: Buffer.of(192, 0, 2, 1), 5: Buffer.from('keys') })
  await using _ = await dnsServer({ 'api.example.test 65': [record] })
  expect(await resolver().records('API.example.test.', 'HTTPS')).toEqual([
    '1 . alpn="h3,h2" ipv4hint=192.0.2.1 ech="a2V5cw=="',
  ])
})

test('an answer that is cut on UDP is fetched whole over TCP', async () => {
  const records = Array.from({ length: 30 }, (_, index) => https(index + 1, { 1: alpn('h2', 'http/1.1') }))
  await using server = await dnsServer({ 'api.example.test 65': records })
  expect(await resolver().records('api.example.test', 'HTTPS')).toHaveLength(30)
  expect(server.asked).toEqual(['api.example.test 65', 'api.example.test 65 tcp'])
})

test('a name without such records has an empty list, and one that does not exist is unresolved', async () => {
  await using _ = await dnsServer({ 'api.example.test 65': [], 'api.example.test 257': [] })
  expect(await resolver().records('api.example.test', 'HTTPS')).toEqual([])
  expect(await resolver().records('api.example.test', 'CAA')).toEqual([])
  for (const type of ['HTTPS', 'CAA'] as const) {
    await expect(resolver().records('none.example.test', type)).rejects.toMatchObject({
      failure: 'unresolved',
      cause: { code: 'ENOTFOUND' },
    })
  }
})

test('CAA records come as in a zone file', async () => {
  const records = [caa('issue', 'ca.example'), caa('issuewild', ';'), caa('iodef', 'mailto:a@b.test', 128)]
  await using _ = await dnsServer({ 'example.test 257': records })
  expect((await resolver().records('example.test', 'CAA')).toSorted()).toEqual([
    '0 issue "ca.example"',
    '0 issuewild ";"',
    '128 iodef "mailto:a@b.test"',
  ])
})

test.each([
  ['SERVFAIL', 2],
  ['REFUSED', 5],
  ['NOTIMP', 4],
])('%s is a CollectionError, not a bug', async (_, code) => {
  await using _server = await dnsServer({ 'api.example.test 65': code, 'api.example.test 257': code })
  await expect(resolver().records('api.example.test', 'HTTPS')).rejects.toMatchObject({ failure: 'unresolved' })
  await expect(resolver().records('api.example.test', 'CAA')).rejects.toMatchObject({ failure: 'unresolved' })
})

test('a label that is too long for DNS is a CollectionError', async () => {
  await using _ = await dnsServer({})
  const long = `${'a'.repeat(64)}.example.test`
  await expect(resolver().records(long, 'HTTPS')).rejects.toMatchObject({ failure: 'unresolved' })
})

test('a malformed record is a CollectionError', async () => {
  await using _ = await dnsServer({ 'api.example.test 65': [Buffer.of(0, 1, 9, 1)] })
  await expect(resolver().records('api.example.test', 'HTTPS')).rejects.toMatchObject({ failure: 'unresolved' })
})

test('waiting for a silent DNS server ends with the signal', async () => {
  await using _ = await dnsServer({ 'api.example.test 65': 'silent' })
  const controller = new AbortController()
  const waiting = createResolver(controller.signal).records('api.example.test', 'HTTPS')
  setTimeout(() => controller.abort(new Error('over')), 50)
  await expect(waiting).rejects.toThrow('over')
})
