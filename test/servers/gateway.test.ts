import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gatewayCollector } from '../../collectors/gateway/index.ts'
import { type DemoSystem, startSoundSystem, startWeakSystem } from '../../demo/servers/index.ts'
import { judge } from '../../src/assess/rule.ts'
import { parseCatalogue } from '../../src/config/catalogue.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, evidenceText, observed } from '../helpers/collect.ts'

const { controls } = parseCatalogue(
  readFileSync(join(import.meta.dirname, '../../controls/gateway.yaml'), 'utf8'),
  'controls/gateway.yaml',
)
const folder = mkdtempSync(join(tmpdir(), 'affidavit-gateway-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each([
  ['sound', startSoundSystem],
  ['weak', startWeakSystem],
] as const)('the %s Customer Data API', (edition, start) => {
  let system: DemoSystem
  let collection: Collection
  beforeAll(async () => {
    system = await start(join(folder, edition))
    collection = await collectFrom(gatewayCollector, {
      url: system.apiUrl,
      http: system.httpUrl,
      paths: ['/customers', '/healthz'],
      cors: { trusted: ['https://portal.customer-data.example'] },
      rateLimit: { path: '/healthz' },
      permit: 'test-identity',
      trust: [system.caFile],
    })
  })
  afterAll(async () => await system.close())

  test('is looked at completely, and what is said rests on recorded exchanges', () => {
    expect(collection.failure).toBeNull()
    expect(collection.leftOut).toEqual([])
    expect(new Set(collection.observations.map(({ kind }) => kind))).toEqual(new Set(gatewayCollector.emits))
    for (const { evidence } of collection.observations) expect(evidence.length).toBeGreaterThan(0)
    expect(evidenceText(collection)).not.toContain('harbour-lights.example')
  })

  test('is judged as it was built', () => {
    const outcomes = controls.map((control) => [control.id, judge(control, collection.observations, {}).outcome])
    const built = edition === 'sound' ? 'satisfied' : 'not-satisfied'
    // Where no limit was met nothing can be said of how it is told.
    const expected = (id: string) => (edition === 'weak' && id === 'GW-14' ? 'not-applicable' : built)
    expect(outcomes).toEqual(controls.map(({ id }) => [id, expected(id)]))
  })
})

test('a certificate that is not trusted ends the collection after plain http was looked at', async () => {
  const system = await startWeakSystem(join(folder, 'untrusted'))
  try {
    const collection = await collectFrom(gatewayCollector, {
      url: system.apiUrl,
      http: system.httpUrl,
      paths: ['/healthz'],
    })
    expect(collection.failure?.code).toBe('untrusted-certificate')
    expect(observed(collection, 'gateway.redirect', { behaviour: 'serves' })).toHaveLength(1)
    expect(collection.observations).toHaveLength(1)
  } finally {
    await system.close()
  }
})
