import { describe, expect, test } from 'vitest'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { starttlsProtocols } from '../../collectors/tls/starttls/protocols.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { missingFor, products, startProduct } from '../helpers/starttls-products.ts'

test('every protocol that begins in plain text has a product to be tried with', () => {
  expect(new Set(products.map(({ protocol }) => protocol))).toEqual(new Set(starttlsProtocols))
})

describe.each(products)('$name over $protocol', (product) => {
  const missing = missingFor(product)
  if (missing) process.stderr.write(`SKIPPED: ${product.name} over ${product.protocol}: ${missing}\n`)

  test.skipIf(missing)(
    'is found to offer what its configuration allows, and nothing else',
    async () => {
      await using server = await startProduct(product)
      const collection = await collectFrom(tlsCollector, {
        host: 'localhost',
        port: server.port,
        starttls: product.protocol,
      })
      expect(collection.failure).toBeNull()
      const offered = observed(collection, 'tls.protocol', { offered: 'yes' })
      const found = offered.map(({ facts }) => [facts.protocol, new Set(facts.cipherSuites as readonly string[])])
      const allowed = Object.entries(product.offers).map(([version, suites]) => [version, new Set(suites)])
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(allowed))
      for (const { facts } of offered) {
        expect(facts).toMatchObject({ cipherSuitesComplete: 'yes', groupsComplete: 'yes' })
      }
      expect(observed(collection, 'tls.protocol', { offered: 'undetermined' }).map(({ facts }) => facts)).toEqual([])
      expect(observed(collection, 'tls.certificate')[0]?.facts).toMatchObject({ keyType: 'RSA', keyBits: 2048 })
      expect(observed(collection, 'tls.weakness', { status: 'vulnerable' }).map(({ facts }) => facts.name)).toEqual([])
    },
    60_000,
  )
})
