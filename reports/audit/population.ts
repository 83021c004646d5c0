import type { Gap, TargetCoverage } from '../../src/model/assessment.ts'
import type { Chart, ChartTone } from '../../src/render/chart.ts'
import type { Chip, Figure, Heading, Population } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import { placeIn } from './history.ts'
import { retention } from './retention.ts'
import { capital, grouped, orDash, percent } from './wording.ts'

/** What should have been collected against what was, target by target, with each gap explained. */
export function population(context: Context, heading: Heading): Population {
  const { assessment } = context
  const { coverage } = assessment
  const gapsOf = Map.groupBy(coverage.gaps, (gap) => gap.target)
  return {
    heading,
    figures: figures(context),
    targets: coverage.targets.map((target) => ({
      target: target.target,
      component: context.component(target.component),
      collector: target.collector,
      subject: target.subject,
      expectation: capital(target.expectation),
      expected: grouped(target.expected),
      collected: orDash(target.collected),
      late: orDash(target.late),
      failed: orDash(target.failed),
      missing: orDash(target.missing),
      byHand: orDash(target.byHand),
      strip: strip(context, target, gapsOf.get(target.target) ?? []),
    })),
    gaps: sharedGaps(context),
    unmeasured: assessment.unmeasured.map(({ control, system, reason }) => ({
      control,
      title: context.control(control)?.title ?? '',
      system: context.system(system),
      reason,
    })),
    retention: retention(context),
  }
}

function figures({ assessment: { coverage } }: Context): readonly Figure[] {
  const sum = (of: (target: TargetCoverage) => number) =>
    coverage.targets.reduce((total, target) => total + of(target), 0)
  const gaps = coverage.expected - coverage.collected
  return [
    { tone: 'plain', value: grouped(coverage.targets.length), label: 'targets', note: null },
    { tone: 'plain', value: grouped(coverage.expected), label: 'collections expected', note: null },
    {
      tone: 'plain',
      value: grouped(coverage.collected),
      label: 'collected',
      note: `${percent(coverage.collected, coverage.expected)}, ${grouped(sum((target) => target.late))} of them late`,
    },
    { tone: gaps > 0 ? 'warn' : 'plain', value: grouped(gaps), label: 'missing or failed', note: null },
  ]
}

const gapTones: { readonly [state in Gap['state']]: ChartTone } = {
  failed: 'warn',
  interrupted: 'warn',
  missing: 'bad',
}

/** Gaps of several targets with the same slots, state and explanation are one story, told once. */
function sharedGaps({ assessment, dates }: Context): Population['gaps'] {
  const { gaps, targets } = assessment.coverage
  const groups = Map.groupBy(gaps, (gap) => JSON.stringify([gap.from, gap.to, gap.slots, gap.state, gap.explanation]))
  return [...groups.values()]
    .flatMap((group) => {
      const [gap] = group
      if (!gap) return []
      const names = group.map(({ target }) => target)
      return [{ gap, names: targets.length > 2 && names.length === targets.length ? ['every target'] : names }]
    })
    .toSorted((a, b) => a.gap.from.localeCompare(b.gap.from))
    .map(({ gap, names }) => ({
      targets: names,
      when: gap.slots === 1 ? dates.moment(gap.from) : `${dates.moment(gap.from)} until ${dates.moment(gap.to)}`,
      slots: grouped(gap.slots),
      state: gapChip(gap),
      explanation: gap.explanation,
    }))
}

function gapChip({ state }: Gap): Chip {
  return { tone: state === 'missing' ? 'bad' : 'warn', text: state }
}

/** The period of one target as a line: collected, with its gaps. */
function strip({ assessment, dates }: Context, target: TargetCoverage, gaps: readonly Gap[]): Chart {
  const { period, asOf } = assessment
  const place = placeIn(period.from, period.to)
  const made = target.collected + target.late + target.byHand > 0
  const end = place(asOf)
  const told = gaps.map((gap) => `${gap.state} on ${dates.day(gap.from)}`)
  return {
    kind: 'strip',
    label: `${target.target}: ${made ? `collected ${target.collected} of ${target.expected}` : 'never collected'}${told.length > 0 ? `; ${told.join(', ')}` : ''}`,
    spans: [
      { from: 0, to: end, tone: made ? 'good' : 'empty' },
      ...gaps.map((gap) => ({
        from: place(gap.from),
        to: Math.max(place(gap.to), place(gap.from) + 0.008),
        tone: gapTones[gap.state],
      })),
    ],
  }
}
