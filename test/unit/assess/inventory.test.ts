import { expect, test } from 'vitest'
import { collectionsFrom } from '../../../src/assess/collections.ts'
import { inventoryOf } from '../../../src/assess/inventory.ts'
import { sha256 } from '../../../src/model/digest.ts'
import type { Entry } from '../../../src/model/evidence.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { instant } from '../../../src/model/time.ts'

let sequence = 0

function seen(run: string, target: string, kind: string, facts: JsonObject, at = '2026-07-01T02:00:00Z'): Entry {
  return {
    version: 1,
    origin: 'example.test/ledger',
    sequence: sequence++,
    run,
    slot: null,
    collector: { id: kind.split('.')[0] ?? '', version: 1 },
    configuration: sha256('configuration'),
    component: target.split('/').slice(0, 2).join('/'),
    target,
    kind,
    subject: 'api.example.test:443',
    methods: ['TEST'],
    collected: instant(at),
    expires: null,
    facts,
    artefacts: [],
  }
}

function told(entries: readonly Entry[]): readonly string[] {
  return inventoryOf(collectionsFrom(entries)).map(
    ({ kind, target, facts }) => `${kind} ${target} ${facts.protocol ?? facts.serial ?? facts.provenDays}`,
  )
}

test('the inventory shows the newest collection of a target and nothing that only older ones saw', () => {
  const older = ['TLSv1.0', 'TLSv1.2'].map((protocol) => seen('one', 'shop/api/tls', 'tls.protocol', { protocol }))
  const newer = seen('two', 'shop/api/tls', 'tls.protocol', { protocol: 'TLSv1.2' }, '2026-07-02T02:00:00Z')
  expect(told([newer, ...older])).toEqual(['tls.protocol shop/api/tls TLSv1.2'])
})

test('a newer collection that brought nothing of a kind leaves the last that did', () => {
  const failed = { ...seen('two', 'shop/api/tls', 'collection.failed', {}, '2026-07-02T02:00:00Z') }
  expect(told([seen('one', 'shop/api/tls', 'tls.certificate', { serial: '1' }), failed])).toEqual([
    'tls.certificate shop/api/tls 1',
  ])
})

test('each kind stands together, with every target and every chain of it', () => {
  expect(
    told([
      seen('one', 'shop/log/log-retention', 'log.source', { provenDays: 90 }),
      seen('one', 'shop/api/tls', 'tls.certificate', { serial: 'RSA' }),
      seen('one', 'shop/api/tls', 'tls.certificate', { serial: 'EC' }),
      seen('one', 'shop/admin/tls', 'tls.certificate', { serial: 'admin' }),
      seen('one', 'shop/api/gateway', 'gateway.headers', {}),
    ]),
  ).toEqual([
    'tls.certificate shop/admin/tls admin',
    'tls.certificate shop/api/tls RSA',
    'tls.certificate shop/api/tls EC',
    'log.source shop/log/log-retention 90',
  ])
})
