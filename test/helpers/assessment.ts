import type {
  Assessment,
  Change,
  ChangeKind,
  Comparison,
  Coverage,
  Gap,
  RunRecord,
  Tally,
  TrendPoint,
} from '../../src/model/assessment.ts'
import { sha256 } from '../../src/model/digest.ts'
import type { ArtefactReference } from '../../src/model/evidence.ts'
import type {
  Decision,
  Disposition,
  Finding,
  Freshness,
  HistoryPoint,
  Outcome,
  ResolvedException,
  Standing,
} from '../../src/model/finding.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { calendarPeriodById, type Period } from '../../src/model/period.ts'
import type { Component, System } from '../../src/model/plan.ts'
import { riskLevel } from '../../src/model/risk.ts'
import { slotsBetween } from '../../src/model/schedule.ts'
import { dayOf, type Instant, instant, later } from '../../src/model/time.ts'
import { type DrawnControl, drawnControls } from './assessment-controls.ts'

/** What kind of assessment to draw. */
export type Shape = {
  readonly period: string
  readonly timeZone: string
  readonly organisation: string
  readonly systems: readonly { readonly name: string; readonly components: readonly string[] }[]
  /** Controls taken from the drawn ones, each applied to every component. */
  readonly controls: number
  /** How findings stand, taken in turn; the rest is satisfied. */
  readonly standings: readonly Standing[]
  /** Subjects an observation is made of. */
  readonly subjects: number
  readonly host: string
  readonly nightly: boolean
  /** Moment of judgement where the period is still running. */
  readonly asOf?: Instant
  /** Nights without any evidence, as ordinals of the period. */
  readonly missedNights: readonly number[]
}

export const quarter: Shape = {
  period: '2026-Q3',
  timeZone: 'Europe/Berlin',
  organisation: 'Example Retail Ltd',
  systems: [{ name: 'Customer Data API', components: ['Gateway', 'Customer API', 'Identity provider'] }],
  controls: 13,
  standings: [
    'not-satisfied',
    'satisfied',
    'satisfied',
    'closed',
    'satisfied',
    'excepted',
    'satisfied',
    'undetermined',
  ],
  subjects: 1,
  host: 'api.example.test:443',
  nightly: true,
  missedNights: [23],
}

/** A plausible judgement of a period: the same for the same shape. */
export function drawAssessment(shape: Shape): Assessment {
  const period = periodOf(shape)
  const asOf = shape.asOf ?? period.to
  const systems = shape.systems.map((system, index) => drawSystem(system, index))
  const components = systems.flatMap((system) => system.components)
  const controls = drawnControls.slice(0, shape.controls)
  const nights = shape.nightly
    ? slotsBetween({ id: 'nightly', cron: '0 2 * * *', timeZone: shape.timeZone }, period.from, asOf)
    : components.length > 0
      ? [later(asOf, -86_400_000)]
      : []
  const slots = nights.filter((_, index) => !shape.missedNights.includes(index))
  let entry = 40_100
  let turn = 0
  const findings = components.flatMap((component) =>
    controls.map((drawn) => {
      const standing = shape.standings[turn % Math.max(1, shape.standings.length)] ?? 'satisfied'
      turn += 1
      const finding = drawFinding({ shape, component, drawn, standing, slots, entry, asOf, nights: nights.length })
      entry += finding.decisions.length + 1
      return finding
    }),
  )
  return {
    version: 1,
    organisation: shape.organisation,
    timeZone: shape.timeZone,
    period,
    asOf,
    systems,
    controls: controls.map((drawn) => drawn.control),
    findings,
    unmeasured: systems.slice(0, 1).flatMap((system) =>
      drawnControls.slice(shape.controls, shape.controls + 2).map((drawn) => ({
        control: drawn.control.id,
        system: system.id,
        reason: `No target of ${system.name} yields ${drawn.control.rule.kind}.`,
      })),
    ),
    exceptions: findings.flatMap((finding) => (finding.exception ? [finding.exception] : [])),
    coverage: drawCoverage(shape, period, asOf, components, nights, slots),
    runs: slots.map((slot, index) => drawRun(slot, index, components.length)),
    trend: slots.map((slot, index) => drawTrend(slot, index, slots.length, findings)),
    tally: tallyOf(findings),
    catalogue: sha256(`catalogue ${shape.controls}`),
    ledger: {
      origin: 'affidavit.example.test/ledger',
      size: entry + 1_000,
      root: sha256(`root ${entry}`),
      checkpoint: `affidavit.example.test/ledger\n${entry + 1_000}\n${Buffer.from(sha256(`root ${entry}`), 'hex').toString('base64')}\n\n— affidavit.example.test/ledger hJ9PZx5SjzWcQ2zCFGZPvZ0ZxVq3y1wJrS8l4p7m1Wn2b0kQ6bWgkS0sVdYB8b1Q6uE0m5cQ1c2Yj5a9WwQ7Dk3m8A4=\n`,
    },
  }
}

/** A plausible comparison with the period before. */
export function drawComparison(assessment: Assessment): Comparison {
  const from = instant(Date.parse(assessment.period.from) - 91 * 86_400_000)
  const changes = assessment.findings.map((finding, index): Change => drawChange(finding, index))
  const counts = Object.fromEntries(
    (['fixed', 'regressed', 'persisting', 'new', 'no-longer-measured', 'unchanged'] as const).map((kind) => [
      kind,
      changes.filter((change) => change.change === kind).length,
    ]),
  ) as { [kind in ChangeKind]: number }
  return {
    before: { id: '2026-Q2', from, to: assessment.period.from },
    after: assessment.period,
    changes,
    counts,
  }
}

function drawChange(finding: Finding, index: number): Change {
  const base = { finding: finding.id, control: finding.control, component: finding.component }
  const failing = finding.standing === 'not-satisfied' || finding.standing === 'excepted'
  if (failing && index % 2 === 0) {
    return {
      ...base,
      change: 'new',
      before: 'satisfied',
      after: finding.standing,
      cause: 'target',
      reason: 'The target changed: the fact offered was no and is yes.',
      facts: [{ kind: 'tls.protocol', subject: 'api.example.test:443', path: 'offered', before: 'no', after: 'yes' }],
    }
  }
  if (failing) {
    const reason = 'The same facts fail the same rule.'
    return {
      ...base,
      change: 'persisting',
      before: 'not-satisfied',
      after: finding.standing,
      cause: 'none',
      reason,
      facts: [],
    }
  }
  if (finding.standing === 'satisfied' && index % 7 === 1) {
    return {
      ...base,
      change: 'fixed',
      before: 'not-satisfied',
      after: 'satisfied',
      cause: 'target',
      reason: 'The target changed: hstsMaxAge was 86400 and is 63072000.',
      facts: [
        {
          kind: 'gateway.headers',
          subject: 'https://api.example.test/customers',
          path: 'hstsMaxAge',
          before: 86400,
          after: 63072000,
        },
      ],
    }
  }
  return {
    ...base,
    change: 'unchanged',
    before: finding.standing,
    after: finding.standing,
    cause: 'none',
    reason: 'Nothing changed.',
    facts: [],
  }
}

function periodOf(shape: Shape): Period {
  const period = calendarPeriodById(shape.period, shape.timeZone)
  if (!period) throw new RangeError(`not a period: ${shape.period}`)
  return period
}

function drawSystem(system: Shape['systems'][number], index: number): System {
  const id = `system-${index + 1}`
  const components = system.components.map((name, position): Component => {
    const component = `component-${position + 1}`
    const owner = position % 3 === 2 ? null : 'Platform engineering'
    return { ref: `${id}/${component}`, system: id, id: component, name, owner }
  })
  return {
    id,
    name: system.name,
    owner: 'Retail technology',
    description: 'Serves customer records to the shop, the mobile application and the call centre.',
    data: ['personal', 'payment'],
    components,
  }
}

type Draw = {
  readonly shape: Shape
  readonly component: Component
  readonly drawn: DrawnControl
  readonly standing: Standing
  readonly slots: readonly Instant[]
  readonly entry: number
  readonly asOf: Instant
  readonly nights: number
}

function drawFinding(draw: Draw): Finding {
  const { shape, component, drawn, standing, slots, asOf } = draw
  const { control } = drawn
  const axes = axesOf(standing)
  const failed = standing === 'not-satisfied' || standing === 'excepted'
  const history = slots.map((at, index): HistoryPoint => {
    const since = Math.floor(slots.length * 0.75)
    const outcome: Outcome =
      standing === 'closed'
        ? index > 10 && index < 18
          ? 'not-satisfied'
          : 'satisfied'
        : failed && index < since
          ? 'satisfied'
          : axes.outcome
    return { run: runName(at), at, outcome }
  })
  const failures = history.filter((point) => point.outcome === 'not-satisfied')
  const subjects = Array.from({ length: shape.subjects }, (_, index) =>
    index === 0 ? shape.host : `node-${index + 1}.${shape.host}`,
  )
  const last = slots.at(-1) ?? null
  const facts = axes.outcome === 'satisfied' ? drawn.holding : failed ? [...drawn.failing, ...drawn.holding] : []
  const decisions =
    last === null
      ? []
      : subjects.flatMap((subject, row) =>
          facts.map((fact, column) =>
            drawDecision(
              draw,
              subject,
              fact,
              draw.entry + row * facts.length + column,
              failed && column < drawn.failing.length,
              last,
            ),
          ),
        )
  const exception = standing === 'excepted' ? drawException(control.id, component.ref, asOf) : null
  return {
    id: `${control.id}@${component.ref}`,
    control: control.id,
    component: component.ref,
    ...axes,
    standing,
    reason: reasonOf(draw, decisions),
    decisions: decisions.toSorted((a, b) => Number(a.outcome === 'satisfied') - Number(b.outcome === 'satisfied')),
    healed:
      standing === 'closed' && last
        ? [drawDecision(draw, shape.host, drawn.failing[0] ?? {}, draw.entry - 900, true, slots[17] ?? last)]
        : [],
    history: standing === 'not-applicable' ? [] : history,
    firstFailed: failures[0]?.at ?? null,
    lastFailed: failures.at(-1)?.at ?? null,
    lastCollected: axes.freshness === 'missing' ? null : last,
    exception,
    risk: {
      area: control.risk.area,
      likelihood: control.risk.likelihood,
      impact: control.risk.impact,
      level: riskLevel(control.risk.likelihood, control.risk.impact),
    },
    parameters: Object.fromEntries(
      Object.entries(control.parameters).map(([name, { default: value }]) => [name, value]),
    ),
    reperform: control.reperform.map((command) => command.replaceAll('{subject}', shape.host)),
    coverage: { expected: draw.nights, collected: slots.length },
  }
}

function axesOf(standing: Standing): { outcome: Outcome; freshness: Freshness; disposition: Disposition } {
  switch (standing) {
    case 'satisfied':
      return { outcome: 'satisfied', freshness: 'fresh', disposition: 'closed' }
    case 'not-satisfied':
      return { outcome: 'not-satisfied', freshness: 'fresh', disposition: 'open' }
    case 'excepted':
      return { outcome: 'not-satisfied', freshness: 'fresh', disposition: 'excepted' }
    case 'closed':
      return { outcome: 'satisfied', freshness: 'fresh', disposition: 'closed' }
    case 'undetermined':
      return { outcome: 'not-measured', freshness: 'stale', disposition: 'open' }
    case 'not-applicable':
      return { outcome: 'not-applicable', freshness: 'fresh', disposition: 'closed' }
    default:
      return standing satisfies never
  }
}

function reasonOf({ drawn, standing, shape }: Draw, decisions: readonly Decision[]): string {
  const failing = decisions.filter((decision) => decision.outcome === 'not-satisfied')
  if (failing.length > 0)
    return `${failing.length} of ${decisions.length} observations fail. ${failing[0]?.reason ?? ''}`
  if (standing === 'undetermined')
    return `The newest evidence of ${shape.host} is older than 36 hours, so nothing can be said.`
  if (standing === 'not-applicable') return 'The component offers no such operation.'
  return drawn.success
}

function drawDecision(
  draw: Draw,
  subject: string,
  facts: JsonObject,
  entry: number,
  fails: boolean,
  collected: Instant,
): Decision {
  const { drawn, component } = draw
  const artefact: ArtefactReference = {
    name: `exchange-${entry % 100}.txt`,
    mediaType: 'text/plain',
    size: 1_200 + (entry % 700),
    commitment: sha256(`artefact ${entry}`),
  }
  return {
    entry,
    kind: drawn.control.rule.kind,
    subject,
    target: `${component.ref}/${drawn.collector}`,
    methods: [drawn.method],
    collected,
    outcome: fails ? 'not-satisfied' : 'satisfied',
    facts,
    reason: fails ? drawn.failure : drawn.success,
    artefacts: [artefact],
  }
}

function drawException(control: string, component: string, asOf: Instant): ResolvedException {
  return {
    id: `EX-2026-${String(sha256(control + component)).slice(0, 3)}`,
    control,
    component,
    reason: 'The log store is replaced in the fourth quarter; the present one cannot keep more.',
    approver: 'Head of information security',
    approvedOn: later(asOf, -60 * 86_400_000),
    expiresOn: later(asOf, 92 * 86_400_000),
    compensatingControl: 'A copy of the audit log is written to the archive every night.',
    state: 'active',
  }
}

function drawCoverage(
  shape: Shape,
  period: Period,
  asOf: Instant,
  components: readonly Component[],
  nights: readonly Instant[],
  slots: readonly Instant[],
): Coverage {
  const collectors = [...new Set(drawnControls.slice(0, shape.controls).map((drawn) => drawn.collector))]
  const targets = components.flatMap((component) => collectors.map((collector) => ({ component, collector })))
  const partial = new Set([41, 42])
  const missing = nights.length - slots.length
  const gaps: Gap[] = targets.flatMap(({ component, collector }, index) => {
    const gap = (ordinal: number, state: Gap['state'], explanation: string): Gap[] => {
      const from = nights[ordinal]
      return from
        ? [
            {
              target: `${component.ref}/${collector}`,
              component: component.ref,
              from,
              to: later(from, 86_400_000),
              slots: 1,
              state,
              explanation,
            },
          ]
        : []
    }
    const none = shape.missedNights.flatMap((ordinal) =>
      gap(
        ordinal,
        'missing',
        'No run was recorded for this slot: the daemon was stopped from 23 Jul 2026, 18:04 until 24 Jul 2026, 09:12.',
      ),
    )
    return index === 0
      ? [
          ...none,
          ...[...partial].flatMap((ordinal) =>
            gap(ordinal, 'failed', 'The connection timed out after 20 seconds (AFD_COLLECT_TIMEOUT).'),
          ),
        ]
      : none
  })
  const days: { day: string; expected: number; collected: number }[] = []
  for (let at = period.from; at < period.to; at = later(at, 86_400_000)) {
    const day = dayOf(later(at, 43_200_000), shape.timeZone)
    const ordinal = nights.findIndex((night) => dayOf(night, shape.timeZone) === day)
    const expected = ordinal < 0 ? 0 : targets.length
    const collected = shape.missedNights.includes(ordinal)
      ? 0
      : expected - (partial.has(ordinal) && expected > 0 ? 1 : 0)
    days.push({ day, expected, collected })
  }
  return {
    expected: days.reduce((sum, day) => sum + day.expected, 0),
    collected: days.reduce((sum, day) => sum + day.collected, 0),
    days,
    targets: targets.map(({ component, collector }, index) => {
      const failed = index === 0 ? [...partial].filter((ordinal) => ordinal < nights.length).length : 0
      return {
        target: `${component.ref}/${collector}`,
        component: component.ref,
        collector,
        subject: shape.host,
        expectation: shape.nightly ? 'nightly (0 2 * * *)' : 'once a period',
        expected: nights.length,
        collected: slots.length - failed,
        late: index === 1 ? 1 : 0,
        failed,
        missing,
        byHand: index === 0 ? 2 : 0,
        first: slots[0] ?? null,
        last: slots.at(-1) ?? null,
      }
    }),
    gaps: components.length > 0 && asOf > period.from ? gaps : [],
  }
}

function drawRun(slot: Instant, index: number, targets: number): RunRecord {
  const failed = index === 41 ? 1 : 0
  return {
    run: runName(slot),
    slot,
    late: index === 24,
    started: later(slot, 4_000),
    finished: later(slot, 96_000),
    state: 'finished',
    targets,
    completed: targets - failed,
    failed,
  }
}

function runName(at: Instant): string {
  return `run-${at.slice(0, 10)}-${sha256(at).slice(0, 6)}`
}

function drawTrend(at: Instant, index: number, count: number, findings: readonly Finding[]): TrendPoint {
  const point = findings.map((finding) => finding.history[index]?.outcome)
  const undetermined = point.filter((outcome) => outcome === 'not-measured' || outcome === 'error').length
  const notSatisfied = point.filter((outcome) => outcome === 'not-satisfied').length
  return {
    run: runName(at),
    at,
    satisfied: findings.length - notSatisfied - undetermined,
    notSatisfied,
    undetermined: Math.round((undetermined * (index + 1)) / count),
  }
}

function tallyOf(findings: readonly Finding[]): Tally {
  const count = (standing: Standing) => findings.filter((finding) => finding.standing === standing).length
  return {
    satisfied: count('satisfied'),
    'not-satisfied': count('not-satisfied'),
    excepted: count('excepted'),
    closed: count('closed'),
    undetermined: count('undetermined'),
    'not-applicable': count('not-applicable'),
  }
}
