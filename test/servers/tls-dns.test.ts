import { expect, test } from 'vitest'
import { dnsFacts } from '../../collectors/tls/dns/facts.ts'
import { readDnsAnswers } from '../../collectors/tls/dns/lookup.ts'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { alpn, caa, dnsServer, https } from '../helpers/dns-server.ts'
import { tlsServer } from '../helpers/tls-servers.ts'

test('a target with a name is looked up in the DNS, and the recorded answers lead to the same facts', async () => {
  await using server = await tlsServer()
  await using _ = await dnsServer({
    'api.example.test 257': [],
    'example.test 257': [caa('issue', 'ca.example'), caa('iodef', 'mailto:security@example.test')],
    'test 257': [],
    [`_${server.port}._https.api.example.test 65`]: [https(1, { 1: alpn('h2'), 5: Buffer.from('ech') })],
  })
  const target = { host: '127.0.0.1', serverName: 'api.example.test', port: server.port }
  const collection = await collectFrom(tlsCollector, target)
  expect(collection.failure).toBeNull()
  const [dns] = observed(collection, 'tls.dns')
  expect(dns).toMatchObject({
    subject: 'api.example.test',
    methods: ['EXAMINE'],
    evidence: ['tls-dns.json'],
    facts: {
      caa: 'yes',
      caaDomain: 'example.test',
      caaIssue: ['ca.example'],
      caaIodef: ['mailto:security@example.test'],
      https: 'yes',
      httpsAlpn: ['h2'],
      ech: 'yes',
    },
  })
  const artefact = collection.artefacts.find(({ name }) => name === 'tls-dns.json')
  expect(dnsFacts(readDnsAnswers(Buffer.from(artefact?.bytes ?? []).toString()))).toEqual(dns?.facts)
})

test('a DNS server that fails leaves the facts open and fails nothing', async () => {
  await using server = await tlsServer()
  await using _ = await dnsServer({ 'api.example.test 257': 2, [`_${server.port}._https.api.example.test 65`]: 5 })
  const target = { host: '127.0.0.1', serverName: 'api.example.test', port: server.port }
  const collection = await collectFrom(tlsCollector, target)
  expect(collection.failure).toBeNull()
  expect(observed(collection, 'tls.protocol')).toHaveLength(6)
  expect(observed(collection, 'tls.dns')[0]?.facts).toMatchObject({
    caa: 'undetermined',
    https: 'undetermined',
    ech: 'undetermined',
  })
})

test('a silent DNS server does not hold the collection up for longer than its patience', async () => {
  await using server = await tlsServer()
  await using _ = await dnsServer({
    'api.example.test 257': 'silent',
    'example.test 257': 'silent',
    'test 257': 'silent',
    [`_${server.port}._https.api.example.test 65`]: 'silent',
  })
  const target = { host: '127.0.0.1', serverName: 'api.example.test', port: server.port, limits: { timeout: '12s' } }
  const started = performance.now()
  const collection = await collectFrom(tlsCollector, target)
  expect(collection.failure).toBeNull()
  expect(observed(collection, 'tls.dns')[0]?.facts).toMatchObject({ caa: 'undetermined', https: 'undetermined' })
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('an address and this machine’s own name are never asked about', async () => {
  await using server = await tlsServer()
  await using dns = await dnsServer({})
  for (const host of ['127.0.0.1', 'localhost']) {
    const collection = await collectFrom(tlsCollector, { host, port: server.port })
    expect(observed(collection, 'tls.dns')).toEqual([])
  }
  expect(dns.asked).toEqual([])
})
