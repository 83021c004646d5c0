import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authCollector } from '../../collectors/auth/index.ts'
import { gatewayCollector } from '../../collectors/gateway/index.ts'
import { logRetentionCollector } from '../../collectors/log-retention/index.ts'
import { type DemoSystem, startSoundSystem, startWeakSystem } from '../../demo/servers/index.ts'
import type { Collection, Observation } from '../../src/model/evidence.ts'
import { collectFrom } from '../helpers/collect.ts'
import { replayOf } from '../helpers/replay.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each([
  ['sound', startSoundSystem],
  ['weak', startWeakSystem],
] as const)('the %s Customer Data API', (edition, start) => {
  let system: DemoSystem
  let gateway: Collection
  let auth: Collection
  beforeAll(async () => {
    system = await start(join(folder, edition))
    const common = { permit: 'test-identity', trust: [system.caFile] }
    auth = await collectFrom(authCollector, {
      ...common,
      issuer: system.issuer,
      api: { baseUrl: system.apiUrl, openapi: system.openApiFile },
      client: {
        id: system.clientId,
        secret: `file:${system.clientSecretFile}`,
        scope: system.scope,
        resource: system.audience,
      },
      expiredToken: `file:${system.expiredTokenFile}`,
    })
    await system.change({ api: { rateLimit: null } })
    gateway = await collectFrom(gatewayCollector, {
      ...common,
      url: system.apiUrl,
      http: system.httpUrl,
      paths: ['/customers', '/healthz'],
      cors: { trusted: ['https://portal.customer-data.example'] },
      rateLimit: { path: '/healthz' },
    })
  })
  afterAll(async () => await system.close())

  test('shows through its gateway what follows again from the recorded exchanges', async () => {
    expect(gateway.failure).toBeNull()
    const { entries } = await replayOf(gatewayCollector, gateway)
    expect(entries.filter(({ outcome }) => outcome !== 'same' && outcome !== 'partly')).toEqual([])
    expect(new Set(entries.filter(({ outcome }) => outcome === 'same').map(({ kind }) => kind))).toEqual(
      new Set(['gateway.redirect', 'gateway.headers', 'gateway.cors', 'gateway.method']),
    )
    const [burst] = entries.filter(({ kind }) => kind === 'gateway.rate-limit')
    expect(Object.keys(burst?.open ?? {}).sort()).toEqual(['facts.budget', 'facts.elapsedMs'])
  })

  test('issues and enforces what follows again, as far as it is kept', async () => {
    expect(auth.failure).toBeNull()
    const { entries } = await replayOf(authCollector, auth)
    expect(entries.filter(({ outcome }) => outcome !== 'same' && outcome !== 'partly')).toEqual([])
    const open = new Map(entries.map(({ kind, open }) => [kind, Object.keys(open).sort()]))
    expect(open.get('auth.discovery')).toEqual([])
    expect(open.get('auth.jwks')).toEqual([])
    expect(open.get('auth.token')).toEqual([
      'facts.algorithm',
      'facts.format',
      'facts.hasAudience',
      'facts.lifetimeSeconds',
    ])
  })

  test('is not believed where a fact was written otherwise', async () => {
    const differing = async (collection: Collection, kind: string, facts: Observation['facts']) => {
      const collector = kind.startsWith('auth') ? authCollector : gatewayCollector
      const { entries } = await replayOf<never>(collector as never, collection, (observation) =>
        observation.kind === kind ? { ...observation, facts: { ...observation.facts, ...facts } } : observation,
      )
      return new Set(entries.filter((each) => each.kind === kind).map(({ outcome }) => outcome))
    }
    const differs = new Set(['differs'])
    expect(await differing(gateway, 'gateway.headers', { hstsMaxAge: 63_072_001 })).toEqual(differs)
    expect(await differing(gateway, 'gateway.cors', { originKind: 'elsewhere' })).toEqual(differs)
    expect(await differing(gateway, 'gateway.method', { status: 405.5 })).toEqual(differs)
    expect(await differing(gateway, 'gateway.redirect', { location: 'https://elsewhere.example/' })).toEqual(differs)
    expect(await differing(gateway, 'gateway.rate-limit', { reason: 'it was said' })).toEqual(differs)
    expect(await differing(auth, 'auth.discovery', { grantTypes: [] })).toEqual(differs)
    expect(await differing(auth, 'auth.jwks', { smallestRsaBits: 4096.5 })).toEqual(differs)
    expect(await differing(auth, 'auth.token', { cacheControlNoStore: 'perhaps' })).toEqual(differs)
    expect(await differing(auth, 'auth.enforcement', { controlBefore: 299 })).toEqual(differs)
  })

  test('is not believed where an observation hides the exchanges that it rests on', async () => {
    const { entries } = await replayOf(gatewayCollector, gateway, (observation) => ({ ...observation, evidence: [] }))
    const outcomes = new Map(entries.map(({ kind, outcome }) => [kind, outcome]))
    expect(outcomes.get('gateway.headers')).toBe('unfounded')
    expect(outcomes.get('gateway.cors')).toBe('unfounded')
    expect(outcomes.get('gateway.redirect')).toBe('cannot')
  })

  test('cannot be said to refuse what its answers show to be served', async () => {
    const served = auth.observations.filter(({ kind, facts }) => kind === 'auth.enforcement' && facts.refused === 'no')
    expect(served.length > 0).toBe(edition === 'weak')
    const { entries } = await replayOf(authCollector, auth, (observation) =>
      served.includes(observation) ? { ...observation, facts: { ...observation.facts, refused: 'yes' } } : observation,
    )
    const told = entries.filter(({ outcome }) => outcome === 'differs')
    expect(told.every(({ differences }) => differences.every(({ path }) => path === 'facts.refused'))).toBe(true)
    expect(told.length).toBe(served.length)
  })
})

test('a log shows by its listing what follows again without its records', async () => {
  const file = join(folder, 'audit.log')
  writeFileSync(file, [60, 30, 1].map((ago) => `${new Date(Date.now() - ago * 60_000).toISOString()} said\n`).join(''))
  const collection = await collectFrom(logRetentionCollector, { logs: [{ id: 'audit', files: [file] }] })
  const { entries } = await replayOf(logRetentionCollector, collection)
  expect(entries).toEqual([expect.objectContaining({ outcome: 'partly', differences: [] })])
  const forged = await replayOf(logRetentionCollector, collection, (observation) => ({
    ...observation,
    facts: { ...observation.facts, oldest: '2020-01-01T00:00:00.000Z', worldReadable: 'perhaps' },
  }))
  expect(forged.entries[0]?.differences.map(({ path }) => path)).toEqual(['facts.oldest', 'facts.worldReadable'])
})
