import { expect, test } from 'vitest'
import { auditDocument } from '../../../reports/audit/document.ts'
import type { Assessment, InventoryItem } from '../../../src/model/assessment.ts'
import { instant } from '../../../src/model/time.ts'
import type { Inventory } from '../../../src/render/document.ts'
import { drawAssessment, quarter } from '../../helpers/assessment.ts'
import { drawInventory } from '../../helpers/inventory.ts'
import { drawIssue } from '../../helpers/report.ts'

const plain = drawAssessment({ ...quarter, controls: 1, standings: ['satisfied'] })
const components = plain.systems.flatMap((system) => system.components.map(({ ref }) => ref))

function inventoryWith(items: readonly InventoryItem[], changes: Partial<Assessment> = {}): Inventory | null {
  const assessment = { ...plain, inventory: items, ...changes }
  return auditDocument({ assessment, comparison: null, issue: drawIssue(assessment) }).inventory
}

const items = drawInventory(60, components, plain.asOf)

test('every target, every chain and every log has its row', () => {
  const inventory = inventoryWith(items)
  expect(inventory?.protocols?.rows).toHaveLength(60)
  expect(inventory?.certificates?.rows).toHaveLength(60)
  expect(inventory?.logs?.rows).toHaveLength(15)
})

test('without such observations there is no annex of them, and the numbers of the sections have no hole', () => {
  const { inventory: _, ...older } = { ...plain, inventory: items }
  for (const assessment of [older, { ...plain, inventory: [] }]) {
    const document = auditDocument({ assessment, comparison: null, issue: drawIssue(assessment) })
    expect(document.inventory).toBeNull()
    expect(document.contents.map(({ number }) => number)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10])
  }
})

test('the certificate that ends first stands first', () => {
  const rows = inventoryWith(items)?.certificates?.rows ?? []
  expect(rows[0]).toMatchObject({ left: 'expired', ends: '27 Sep 2026' })
  expect(rows.at(-1)).toMatchObject({ left: '700 days left' })
})

test('a certificate that only clients without a host name get is marked as one', () => {
  const [certificate] = items.filter(({ kind }) => kind === 'tls.certificate')
  if (!certificate) throw new Error('no certificate was drawn')
  const named = ['served', 'default'].map((role) => ({ ...certificate, facts: { ...certificate.facts, role } }))
  expect(inventoryWith(named)?.certificates?.rows.map(({ withoutName }) => withoutName)).toEqual([false, true])
})

test.each([
  [{}, null],
  [{ sctCount: 0, sctCheck: 'done', sctLogs: 0, sctInvalid: 0 }, null],
  [{ sctCount: 1 }, '1 timestamp, not verified'],
  [{ sctCount: 2, sctCheck: 'none', sctLogs: null, sctInvalid: null }, '2 timestamps, not verified'],
  [{ sctCount: 2, sctCheck: 'done', sctLogs: 2, sctInvalid: 0 }, '2 timestamps, of 2 logs verified'],
  [{ sctCount: 3, sctCheck: 'done', sctLogs: 1, sctInvalid: 2 }, '3 timestamps, of 1 log verified, 2 invalid'],
])('of the timestamps %o a certificate’s row says %s', (facts, said) => {
  const [certificate] = items.filter(({ kind }) => kind === 'tls.certificate')
  if (!certificate) throw new Error('no certificate was drawn')
  expect(inventoryWith([{ ...certificate, facts }])?.certificates?.rows[0]?.timestamps).toBe(said)
})

test('facts that are missing leave a gap in the row and not an error', () => {
  const bare = items.map((item) => ({ ...item, facts: {} }))
  const inventory = inventoryWith(bare)
  expect(inventory?.certificates?.rows[0]).toMatchObject({
    name: 'no name',
    issuer: 'unknown',
    ends: '–',
    timeline: null,
  })
  expect(inventory?.logs?.rows[0]).toMatchObject({ configured: 'no limit found', proven: '0 days' })
})

/** The first finding, not satisfied by an entry that is also in the inventory. */
function failing(entry: number, standing: 'not-satisfied' | 'excepted'): Partial<Assessment> {
  const [finding] = plain.findings
  const [decision] = finding?.decisions ?? []
  if (!finding || !decision) throw new Error('no finding was drawn')
  const failed = { ...decision, entry, outcome: 'not-satisfied' as const, facts: { offered: 'yes', provenDays: 52 } }
  return { findings: [{ ...finding, standing, outcome: 'not-satisfied', decisions: [failed] }] }
}

test('a colour is that of the findings: nothing is judged by the picture itself', () => {
  const [first] = items
  const old = { ...first, facts: { protocol: 'TLSv1.0', offered: 'yes', cipherSuites: ['A', 'B'] } } as InventoryItem
  const dot = (changes: Partial<Assessment>) => {
    const chart = inventoryWith([old], changes)?.protocols?.rows[0]?.dots
    return chart?.kind === 'dots' ? chart.dots[2] : undefined
  }
  expect(dot({ findings: [] })).toEqual({ state: 'offered', tone: 'none', count: 2 })
  expect(dot(failing(old.entry, 'not-satisfied'))).toMatchObject({ tone: 'bad' })
  expect(dot(failing(old.entry, 'excepted'))).toMatchObject({ tone: 'warn' })
})

test('a log is red only where a rule about its reach fails, and shows the longest time that is asked for', () => {
  const log = items.find(({ kind }) => kind === 'log.source')
  if (!log) throw new Error('no log was drawn')
  const [control] = plain.controls
  const [finding] = plain.findings
  if (!control || !finding) throw new Error('nothing was drawn')
  const { findings } = failing(log.entry, 'not-satisfied')
  const asked = { ...finding, control: control.id, component: log.component, parameters: { minimumDays: 365 } }
  const controls = [{ ...control, rule: { ...control.rule, kind: 'log.source' } }]
  const chart = inventoryWith([log], { findings: [...(findings ?? []), asked], controls })?.logs?.rows[0]?.chart
  expect(chart).toMatchObject({ requiredDays: 365, log: { tone: 'bad' } })
  const other = (findings ?? []).map((each) => ({
    ...each,
    decisions: each.decisions.map((decision) => ({ ...decision, facts: { worldReadable: 'yes' } })),
  }))
  expect(inventoryWith([log], { findings: other })?.logs?.rows[0]?.chart).toMatchObject({ log: { tone: 'none' } })
})

test('a row says which artefacts behind it were erased, when, under which policy and as which entry', () => {
  const [protocol] = items
  const log = items.find(({ kind }) => kind === 'log.source')
  if (!protocol || !log) throw new Error('nothing was drawn')
  const act = { entry: 90_500, at: instant('2026-09-20T10:00:00Z'), basis: 'storage limitation', reason: null }
  const erasures = [
    { ...act, policy: 'raw-personal', artefacts: 3, behind: [[log.entry], [log.entry, 7], [protocol.entry]] },
    { ...act, entry: 90_501, policy: null, artefacts: 1, behind: [[7]] },
  ]
  const assessment = { ...plain, inventory: items }
  const { inventory } = auditDocument({
    assessment,
    comparison: null,
    issue: drawIssue(assessment, { retention: { erasures, policies: [], holds: [] } }),
  })
  expect(inventory?.protocols?.rows[0]?.erased).toEqual(['1 artefact erased 20 Sep 2026, policy raw-personal, E-90500'])
  expect(inventory?.logs?.rows[0]?.erased).toEqual(['2 artefacts erased 20 Sep 2026, policy raw-personal, E-90500'])
  const parts = [inventory?.protocols, inventory?.certificates, inventory?.logs]
  const notes = parts.flatMap((part) => part?.rows.flatMap(({ erased }) => erased) ?? [])
  expect(notes).toHaveLength(2)
})

test('an entry that no judgement rests on is named without a link', () => {
  const links = inventoryWith(items)?.certificates?.rows.flatMap(({ evidence }) => evidence) ?? []
  expect(links).toHaveLength(60)
  expect(links.every(({ href, text }) => href === '' && /^E-\d+$/.test(text))).toBe(true)
})
