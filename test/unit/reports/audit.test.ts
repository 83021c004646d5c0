import { expect, test } from 'vitest'
import { auditDocument } from '../../../reports/audit/document.ts'
import { auditJson } from '../../../reports/audit/json.ts'
import type { Assessment } from '../../../src/model/assessment.ts'
import { instant } from '../../../src/model/time.ts'
import type { AuditDocument, FindingsOfObjective } from '../../../src/render/document.ts'
import { drawAssessment, drawComparison, quarter, type Shape } from '../../helpers/assessment.ts'
import { drawIssue } from '../../helpers/report.ts'

const many: Shape = {
  ...quarter,
  systems: [
    { name: 'Customer Data API', components: ['Gateway', 'API', 'Identity provider', 'Log store'] },
    { name: 'Payments', components: ['Gateway', 'API'] },
  ],
  standings: [...quarter.standings, 'not-applicable'],
}

const assessments = new Map<Shape, Assessment>()

/** Drawing is slower than what is tested here, and the same for the same shape. */
function drawnOnce(shape: Shape): Assessment {
  const assessment = assessments.get(shape) ?? drawAssessment(shape)
  assessments.set(shape, assessment)
  return assessment
}

function drawn(shape: Shape, compare = true, issue: Parameters<typeof drawIssue>[1] = {}): AuditDocument {
  const assessment = drawnOnce(shape)
  return auditDocument({
    assessment,
    comparison: compare ? drawComparison(assessment) : null,
    issue: drawIssue(assessment, issue),
  })
}

function indexed({ evidence }: AuditDocument) {
  return evidence.groups.flatMap(({ entries }) => entries)
}

function rows(objective: FindingsOfObjective) {
  return objective.compact.flatMap(({ controls }) => controls.flatMap(({ findings }) => findings))
}

test('every finding is told exactly once, whatever it stands like', () => {
  const assessment = drawnOnce(many)
  const told = drawn(many).findings.objectives.flatMap((objective) => [
    ...objective.full.flatMap((finding) => finding.components.map(({ id }) => id)),
    ...objective.closed.map((finding) => finding.id),
    ...rows(objective).map((finding) => finding.id),
  ])
  expect(told).toHaveLength(assessment.findings.length)
  expect(new Set(told).size).toBe(assessment.findings.length)
})

test('within an objective what is not satisfied comes first and what is undetermined last', () => {
  for (const objective of drawn(many).findings.objectives) {
    const tones = objective.full.map((finding) => ['bad', 'warn', 'none'].indexOf(finding.tone))
    expect(tones).toEqual(tones.toSorted((a, b) => a - b))
  }
})

test('every link to evidence leads to an entry of the index', () => {
  const document = drawn(many)
  const index = new Set(indexed(document).map((entry) => `#${entry.id}`))
  const links = document.findings.objectives.flatMap((objective) => [
    ...objective.full.flatMap((finding) =>
      finding.components
        .flatMap(({ observations, healed }) => [observations, healed])
        .flatMap((table) => table?.rows.map((row) => row.href) ?? []),
    ),
    ...objective.closed.flatMap((finding) => finding.evidence.map((link) => link.href)),
    ...rows(objective).flatMap((finding) => finding.evidence.map((link) => link.href)),
  ])
  expect(links.length).toBeGreaterThan(50)
  expect(links.filter((href) => !index.has(href))).toEqual([])
})

test('an entry that decided several findings stands in the index once', () => {
  const assessment = drawnOnce(quarter)
  const issue = drawIssue(assessment)
  const document = auditDocument({
    assessment,
    comparison: null,
    issue: { ...issue, evidence: [...issue.evidence, ...issue.evidence] },
  })
  expect(indexed(document)).toHaveLength(new Set(issue.evidence.map((entry) => entry.entry)).size)
})

test('a long index stands in groups of about the same length, each named by its first and last entry', () => {
  const drawnIssue = drawIssue(drawnOnce(quarter))
  const [entry] = drawnIssue.evidence
  if (!entry) throw new Error('no entry was drawn')
  const groups = (count: number) =>
    drawn(quarter, false, {
      evidence: Array.from({ length: count }, (_, index) => ({ ...entry, entry: 500 + index })),
    }).evidence.groups.map(({ title, entries }) => [title, entries.length])
  expect(groups(0)).toEqual([])
  expect(groups(200)).toEqual([[null, 200]])
  expect(groups(401)).toEqual([
    ['E-500 to E-633', 134],
    ['E-634 to E-767', 134],
    ['E-768 to E-900', 133],
  ])
})

test('an open failure makes the result not satisfied, an excepted one only satisfied with exceptions', () => {
  const result = (standings: Shape['standings']) => drawn({ ...quarter, standings }, false).cover.figures[0]
  expect(result(['satisfied', 'not-satisfied'])).toMatchObject({ tone: 'bad', value: 'Not satisfied' })
  expect(result(['satisfied', 'excepted'])).toMatchObject({ tone: 'warn', note: 'with exceptions' })
  expect(result(['satisfied', 'undetermined', 'excepted'])).toMatchObject({ tone: 'none', value: 'Undetermined' })
  expect(result(['satisfied', 'closed'])).toMatchObject({ tone: 'good', value: 'Satisfied', note: null })
})

test('where nothing has a schedule, the collections are counted against one of each target', () => {
  const shown = (collected: number, expected: number) => {
    const assessment = drawnOnce(quarter)
    const coverage = { ...assessment.coverage, days: [], collected, expected }
    const issue = drawIssue(assessment)
    return auditDocument({ assessment: { ...assessment, coverage }, comparison: null, issue }).summary
  }
  expect(shown(9, 9).calendar).toBeNull()
  expect(shown(9, 9).figures.at(-1)).toMatchObject({
    value: '9 / 9',
    note: expect.stringContaining('one of each target'),
  })
  expect(shown(8, 9).figures.at(-1)).toMatchObject({ value: '8 / 9', note: expect.stringContaining('section 7') })
  expect(shown(0, 0).figures.at(-1)).toMatchObject({ value: '0 / 0', note: 'none was due' })
})

test('a control that nothing measures keeps the result from being satisfied without a reservation', () => {
  const document = drawn({ ...quarter, controls: 5, standings: ['satisfied'] }, false)
  expect(document.cover.figures[0]).toMatchObject({ value: 'Satisfied', note: 'as far as measured' })
  expect(document.population.unmeasured).toHaveLength(2)
})

test('the panel says which level and time are asked for, whatever comes of it', () => {
  const untimed = drawn(quarter, false, { level: 'B-B', timestampAuthority: null })
  expect(untimed.cover.time).toContain('No time stamp')
  expect(untimed.verification.timed).toBe(false)
  const timed = drawn(quarter, false, { level: 'B-LTA' })
  expect(timed.cover.level).toContain('B-LTA')
  expect(timed.cover.time).toContain('is asked of tsa.example.test')
  expect(timed.verification.timed).toBe(true)
})

test('the signer is named with the organisation, once', () => {
  const signer = { name: 'Jo Doe', organisation: 'Example AG', algorithm: 'ECDSA', fingerprint: '00' }
  expect(drawn(quarter, false, { signer }).cover.signer).toBe('Jo Doe, Example AG')
  const named = { ...signer, name: 'Example AG report signing' }
  expect(drawn(quarter, false, { signer: named }).cover.signer).toBe('Example AG report signing')
})

test('a period that is still running is said to be so', () => {
  const document = drawn({ ...quarter, asOf: instant('2026-08-20T10:00:00Z') })
  expect(document.cover.running).toContain('20 Aug 2026, 12:00 UTC+2')
  expect(drawn(quarter).cover.running).toBeNull()
})

test('without an earlier period the comparison says that there is none and takes no page of its own', () => {
  const { comparison, population, summary } = drawn(quarter, false)
  expect(comparison).toMatchObject({ before: null, groups: [] })
  expect(population.heading.flows).toBe(true)
  expect(summary.since.more).toContain('no earlier period')
})

test('the comparison lists every change but the unchanged, with its reason', () => {
  const assessment = drawnOnce(many)
  const comparison = drawComparison(assessment)
  const section = drawn(many).comparison
  const listed = section.groups.flatMap((group) => group.changes)
  const components = listed.flatMap((change) => change.components)
  const asBefore = section.groups.flatMap((group) => group.asBefore.flatMap(({ controls }) => controls))
  expect(asBefore.length).toBeGreaterThan(0)
  expect(components.length + asBefore.length).toBe(comparison.changes.length - comparison.counts.unchanged)
  expect(listed.filter((change) => change.reason === '' && change.facts.length === 0)).toEqual([])
})

test('what fails as before is named by component, each with a link to its finding', () => {
  const document = drawn(many)
  const ids = new Set(
    document.findings.objectives.flatMap(({ full }) =>
      full.flatMap((finding) => finding.components.map(({ id }) => id)),
    ),
  )
  const [persisting] = document.comparison.groups.filter(({ asBefore }) => asBefore.length > 0)
  expect(persisting?.title).toContain('Persisting')
  const links = persisting?.asBefore.flatMap(({ controls }) => controls.map(({ href }) => href.slice(1))) ?? []
  expect(links.filter((id) => !ids.has(id))).toEqual([])
  expect(new Set(persisting?.asBefore.map(({ component }) => component)).size).toBe(persisting?.asBefore.length)
})

test('where the target changed, the facts that differ are told by subject, with their part', () => {
  const assessment = drawnOnce(quarter)
  const comparison = drawComparison(assessment)
  const changes = comparison.changes.map((change) => ({
    ...change,
    facts: change.facts.map((fact) => ({ ...fact, part: 'TLSv1.0' })),
  }))
  const section = auditDocument({
    assessment,
    comparison: { ...comparison, changes },
    issue: drawIssue(assessment),
  }).comparison
  const [change] = section.groups.find((group) => group.title.startsWith('New'))?.changes ?? []
  expect(change).toMatchObject({
    cause: 'target changed',
    reason: '',
    facts: [{ subjects: ['api.example.test:443 TLSv1.0'], changes: ['offered was no, is yes'] }],
  })
})

test('a gap that every target shares is told once, another one by target', () => {
  const gaps = drawn(quarter).population.gaps
  expect(gaps.map((gap) => gap.targets)).toEqual([
    ['every target'],
    ['system-1/component-1/tls'],
    ['system-1/component-1/tls'],
  ])
})

test('an assessment of nothing still makes a whole document', () => {
  const document = drawn({ ...quarter, systems: [], controls: 0, standings: [], nightly: false }, false)
  expect(document.cover.figures[0]).toMatchObject({ value: 'Nothing judged' })
  expect(document.findings.objectives).toEqual([])
  expect(document.summary.calendar).toBeNull()
  expect(document.summary.trend).toBeNull()
})

test('observations of several subjects each name theirs, and none is lost', () => {
  const shape: Shape = { ...quarter, controls: 1, standings: ['not-satisfied'], subjects: 60 }
  const assessment = drawnOnce(shape)
  const [finding] = drawn(shape, false).findings.objectives[0]?.full ?? []
  const table = finding?.components[0]?.observations
  expect(table?.subjects).toBe(true)
  expect(new Set(table?.rows.flatMap(({ subject }) => subject ?? [])).size).toBe(60)
  expect(table?.rows).toHaveLength(assessment.findings[0]?.decisions.length ?? 0)
})

test('a control that fails at several components is told once, and each component says what was seen there', () => {
  const shape: Shape = { ...quarter, controls: 1, standings: ['not-satisfied'] }
  const everywhere = ['Customer API', 'Gateway', 'Identity provider']
  const full = drawn(shape, false).findings.objectives.flatMap((objective) => objective.full)
  expect(full).toHaveLength(1)
  expect(full[0]?.components.map(({ component }) => component).toSorted()).toEqual(everywhere)
  const commands = full[0]?.reperform.flatMap(({ components }) => components?.split(', ') ?? []) ?? []
  expect(commands.toSorted()).toEqual(everywhere)
})

test('the same assessment makes the same document and is not changed by it', () => {
  const assessment = drawnOnce(quarter)
  const before = JSON.stringify(assessment)
  expect(drawn(quarter)).toEqual(drawn(quarter))
  auditDocument({ assessment, comparison: drawComparison(assessment), issue: drawIssue(assessment) })
  expect(JSON.stringify(assessment)).toBe(before)
})

test('the JSON edition carries issue, assessment and comparison under a version', () => {
  const assessment = drawnOnce(quarter)
  const comparison = drawComparison(assessment)
  const issue = drawIssue(assessment)
  const text = auditJson({ assessment, comparison, issue })
  expect(text.endsWith('}\n')).toBe(true)
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ version: 1, issue, assessment, comparison })))
  expect(Object.keys(JSON.parse(text))).toEqual(['version', 'issue', 'assessment', 'comparison'])
})

test('entries whose raw bytes were erased keep their place and say so: in findings, in the index and as acts', () => {
  const assessment = drawnOnce(quarter)
  const issue = drawIssue(assessment)
  const victim = issue.evidence.find(({ artefacts }) => artefacts.length > 0)
  const [artefact] = victim?.artefacts ?? []
  if (!victim || !artefact) throw new Error('no drawn entry has artefacts')
  const act = {
    entry: 90_000,
    at: instant('2026-09-20T10:00:00Z'),
    policy: 'raw-personal',
    basis: 'storage limitation',
  }
  const document = auditDocument({
    assessment,
    comparison: null,
    issue: {
      ...issue,
      evidence: issue.evidence.map((entry) =>
        entry.entry === victim.entry
          ? { ...entry, erased: [{ commitment: artefact.commitment, entry: act.entry }] }
          : entry,
      ),
      retention: {
        erasures: [{ ...act, reason: null, artefacts: 1, behind: [[victim.entry]] }],
        policies: [],
        holds: [],
      },
    },
  })
  const noted = indexed(document).filter(({ erased }) => erased.length > 0)
  expect(noted.map(({ number }) => number)).toEqual([`E-${victim.entry}`])
  expect(noted[0]?.erased[0]).toContain('erased 20 Sep 2026, policy raw-personal, E-90000')
  expect(document.evidence.erased).toBe('1')
  expect(indexed(document)).toHaveLength(indexed(drawn(quarter)).length)
  const rowsOf = (
    table: { readonly rows: readonly { readonly evidence: string; readonly erased: boolean }[] } | null,
  ) => table?.rows ?? []
  const told = document.findings.objectives.flatMap((objective) => [
    ...objective.full.flatMap(({ components }) =>
      components.flatMap(({ observations, healed }) => [...rowsOf(observations), ...rowsOf(healed)]),
    ),
  ])
  for (const row of told) expect(row.erased).toBe(row.evidence === `E-${victim.entry}`)
  const links = linksOf(document).filter(({ text }) => text.includes('bytes erased'))
  const places = told.filter(({ erased }) => erased).length + links.length
  expect(places).toBeGreaterThan(0)
  expect(links.every(({ href }) => href === `#evidence-${victim.entry}`)).toBe(true)
  expect(document.population.retention?.erasures).toEqual([
    {
      ...{ number: 'E-90000', when: '20 Sep 2026, 12:00 UTC+2', policy: 'raw-personal', artefacts: '1' },
      why: 'storage limitation',
    },
  ])
})

test('a report of a period with nothing erased, no policy and no hold says so in one line', () => {
  expect(drawn(quarter).population.retention).toBeNull()
})

test('policies and legal holds are printed with their scope, term, basis and end', () => {
  const assessment = drawnOnce(many)
  const open = { data: null, collector: null, mediaType: null, component: null }
  const [system] = assessment.systems
  const document = auditDocument({
    assessment,
    comparison: null,
    issue: drawIssue(assessment, {
      retention: {
        erasures: [],
        policies: [
          { ...open, id: 'all', keep: { text: '7y', unit: 'years', count: 7 }, basis: 'a law' },
          {
            ...open,
            id: 'some',
            data: 'personal',
            collector: 'auth',
            keep: { text: '1mo', unit: 'months', count: 1 },
            basis: 'GDPR',
          },
        ],
        holds: [
          {
            ...{ id: 'H-1', reason: 'a claim', approver: 'counsel', component: system?.id ?? null, until: null },
            ...{ from: instant('2026-07-31T22:00:00Z'), collected: null },
          },
        ],
      },
    }),
  })
  expect(document.population.retention?.policies).toMatchObject([
    { id: 'all', scope: 'all that was collected', keep: '7 years' },
    { id: 'some', scope: 'systems with personal data, collector auth', keep: '1 month' },
  ])
  expect(document.population.retention?.holds).toMatchObject([
    { scope: 'Customer Data API', since: '1 Aug 2026', until: 'it is lifted' },
  ])
})

function linksOf(document: AuditDocument) {
  return document.findings.objectives.flatMap((objective) => [
    ...objective.closed.flatMap(({ evidence }) => evidence),
    ...rows(objective).flatMap(({ evidence }) => evidence),
  ])
}
