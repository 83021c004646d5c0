import { expect, test } from 'vitest'
import { runPage } from '../../../src/cli/run-page.ts'
import type { Entry } from '../../../src/model/evidence.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { instant } from '../../../src/model/time.ts'

function entry(sequence: number, kind: string, target: string | null, facts: JsonObject = {}): Entry {
  return {
    version: 1,
    origin: 'example/affidavit',
    sequence,
    run: 'R',
    slot: null,
    target,
    component: target === null ? null : 'shop/api',
    collector: { id: target === null ? 'affidavit' : 'tls', version: 1 },
    configuration: '0'.repeat(64) as Entry['configuration'],
    subject: target ?? 'R',
    kind,
    methods: ['TEST'],
    collected: instant('2026-11-29T19:01:46.230Z'),
    expires: null,
    facts,
    artefacts: [],
  }
}

const targets = ['shop/api/tls', 'shop/api/auth', 'shop/api/gateway']
const entries = [
  entry(1, 'run.started', null, { targets }),
  entry(2, 'tls.protocol', 'shop/api/tls'),
  entry(3, 'tls.grade', 'shop/api/tls'),
  entry(4, 'collection.completed', 'shop/api/tls', {
    durationMs: 640,
    leftOut: [{ probe: 'tls.dns', reason: 'no resolver' }],
  }),
  entry(5, 'auth.discovery', 'shop/api/auth'),
  entry(6, 'collection.failed', 'shop/api/auth', { message: 'it refused', hint: 'check the port', durationMs: 5 }),
  entry(7, 'run.finished', null),
]

test('a run tells of each target what it brought, what it left out, and why it failed', () => {
  const page = runPage('R', entries)
  expect(page).toContain('2 observations in 0.6 s, between E-2 and E-3')
  expect(page).toContain('tls.dns: no resolver')
  expect(page).toMatch(/failed +it refused\n +check the port\n +1 observation in 0\.0 s: E-5/)
  expect(page).toMatch(/finished +2026-11-29T19:01:46\.230Z/)
})

test('a planned target that left nothing behind is told, and so is a run without an end', () => {
  expect(runPage('R', entries)).toMatch(/shop\/api\/gateway\n +nothing/)
  expect(runPage('R', entries.slice(0, 3))).toContain('not yet')
  expect(runPage('R', entries.slice(0, 3))).toMatch(/interrupted +2 observations/)
})
