import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { starttlsProtocols } from '../../collectors/tls/starttls/protocols.ts'
import { reperform } from '../../src/assess/reperform.ts'
import { parseCatalogue } from '../../src/config/catalogue.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { missingFor, products, startProduct } from '../helpers/starttls-products.ts'

const run = promisify(execFile)
const catalogue = readFileSync(join(import.meta.dirname, '../../controls/tls.yaml'), 'utf8')
const currentVersion = parseCatalogue(catalogue, 'controls/tls.yaml').controls.find(({ id }) => id === 'TLS-03')

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
      for (const { subject, facts } of offered.filter(({ facts }) => facts.protocol === 'TLSv1.2')) {
        // What the report tells an auditor to type shows the same, typed as it stands.
        const [command = ''] = currentVersion?.reperform ?? []
        const { stderr } = await run('sh', ['-c', reperform(command, { subject, facts, params: {} })])
        expect(stderr).toContain('Protocol version: TLSv1.2')
      }
      expect(observed(collection, 'tls.protocol', { offered: 'undetermined' }).map(({ facts }) => facts)).toEqual([])
      expect(observed(collection, 'tls.certificate')[0]?.facts).toMatchObject({ keyType: 'RSA', keyBits: 2048 })
      expect(observed(collection, 'tls.weakness', { status: 'vulnerable' }).map(({ facts }) => facts.name)).toEqual([])
    },
    60_000,
  )
})
