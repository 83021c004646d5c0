import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant } from '../../../src/model/time.ts'
import type { Chart } from '../../../src/render/chart.ts'
import { drawChart } from '../../../src/render/charts/draw.ts'

type Calendar = Extract<Chart, { kind: 'calendar' }>

function days(from: string, count: number): Calendar['days'] {
  return Array.from({ length: count }, (_, index) => ({
    day: new Date(Date.parse(from) + index * 86_400_000).toISOString().slice(0, 10),
    state: 'complete',
  }))
}

test('a calendar draws every day of its period, also of several years', () => {
  for (const count of [1, 30, 92, 366, 1_000]) {
    const drawn = drawChart({ kind: 'calendar', label: 'days', days: days('2026-07-01', count) })
    expect(drawn.match(/<rect/g)).toHaveLength(count)
  }
})

test('no two days of a calendar lie on each other', () => {
  const drawn = drawChart({ kind: 'calendar', label: 'days', days: days('2025-12-29', 400) })
  const places = [...drawn.matchAll(/<rect x="([\d.]+)" y="([\d.]+)"/g)].map((match) => `${match[1]},${match[2]}`)
  expect(new Set(places).size).toBe(400)
})

test('a calendar tells missing and partial days by a mark and not by colour alone', () => {
  const [first, second] = days('2026-07-01', 2)
  if (!first || !second) throw new Error('no days')
  const drawn = drawChart({
    kind: 'calendar',
    label: 'days',
    days: [
      { ...first, state: 'none' },
      { ...second, state: 'partial' },
    ],
  })
  expect(drawn).toContain('<path')
  expect(drawn).toContain('<circle')
})

test('the parts of a bar fill it in the order given', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 500 }), { minLength: 1, maxLength: 4 }), (counts) => {
      const tones = ['good', 'bad', 'warn', 'none'] as const
      const parts = counts.map((count, index) => ({ tone: tones[index] ?? 'none', count }))
      const drawn = drawChart({ kind: 'bar', label: 'bar', parts })
      const starts = [...drawn.matchAll(/<rect x="([\d.]+)"/g)].map((match) => Number(match[1]))
      expect(starts).toEqual(starts.toSorted((a, b) => a - b))
      expect(starts).toHaveLength(Math.max(1, counts.filter((count) => count > 0).length))
    }),
  )
})

test('a matrix prints a number only where findings lie', () => {
  const cells = [
    { likelihood: 'high', impact: 'high', level: 'high', count: 12 },
    { likelihood: 'low', impact: 'low', level: 'low', count: 0 },
  ] as const
  const drawn = drawChart({ kind: 'matrix', label: 'risk', cells })
  expect(drawn).toContain('>12</text>')
  expect(drawn).not.toContain('>0</text>')
})

test('a trend has whole numbers on its axis, however few or many findings there are', () => {
  fc.assert(
    fc.property(fc.nat({ max: 20_000 }), fc.nat({ max: 20_000 }), (notSatisfied, undetermined) => {
      const points = ['2026-07-02T00:00:00Z', '2026-09-02T00:00:00Z'].map((at) => ({
        at: instant(at),
        notSatisfied,
        undetermined,
      }))
      const drawn = drawChart({
        kind: 'trend',
        label: 'trend',
        timeZone: 'Europe/Berlin',
        from: instant('2026-06-30T22:00:00Z'),
        to: instant('2026-09-30T22:00:00Z'),
        points,
      })
      const ticks = [...drawn.matchAll(/text-anchor="end"[^>]*>([^<]+)</g)].map((match) => Number(match[1]))
      expect(ticks.every(Number.isInteger)).toBe(true)
      expect(ticks.length).toBeLessThanOrEqual(6)
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(Math.max(1, notSatisfied + undetermined))
    }),
  )
})

test('a label with markup stays a label', () => {
  const drawn = drawChart({ kind: 'strip', label: '"><script>', spans: [{ from: 0, to: 1, tone: 'good' }] })
  expect(drawn).not.toContain('<script>')
})

type Dots = Extract<Chart, { kind: 'dots' }>

test('a version that is offered, one that is refused and one that is undetermined differ without colour', () => {
  const draw = (state: Dots['dots'][number]['state']) =>
    drawChart({ kind: 'dots', label: 'dots', dots: [{ state, tone: 'none', count: null }] }).replace(
      /(?:fill|stroke)="#[^"]*"/g,
      '',
    )
  const drawn = (['offered', 'refused', 'undetermined', 'unasked'] as const).map(draw)
  expect(new Set(drawn).size).toBe(4)
})

test('the dots of one row stand under each other with those of another, whatever they say', () => {
  const row = (state: Dots['dots'][number]['state']) =>
    drawChart({
      kind: 'dots',
      label: 'dots',
      dots: Array.from({ length: 6 }, () => ({ state, tone: 'good', count: 12 })),
    })
  const places = (drawn: string) => [...drawn.matchAll(/cx="([\d.]+)"/g)].map((match) => Number(match[1]))
  expect(places(row('offered'))).toHaveLength(6)
  expect(places(row('offered'))).toEqual(places(row('refused')))
})

const axis = {
  kind: 'timeline',
  timeZone: 'Europe/Berlin',
  from: instant('2026-08-31T22:00:00Z'),
  to: instant('2027-10-31T23:00:00Z'),
  now: instant('2026-09-30T22:00:00Z'),
} as const

test('a certificate that ended long ago or ends in ten years stays within its row', () => {
  for (const [from, to] of [
    ['2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z'],
    ['2026-01-01T00:00:00Z', '2036-01-01T00:00:00Z'],
  ] as const) {
    const spans = [{ from: instant(from), to: instant(to), tone: 'good' as const }]
    const drawn = drawChart({ ...axis, label: 'certificate', spans })
    const [, x, width] = /<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/.exec(drawn) ?? []
    expect(Number(x)).toBeGreaterThanOrEqual(0)
    expect(Number(width)).toBeGreaterThan(0)
    expect(Number(x) + Number(width)).toBeLessThanOrEqual(202)
  }
})

test('the axis of time names months by the clocks of the zone', () => {
  const drawn = drawChart({ ...axis, label: 'axis', spans: [] })
  const names = [...drawn.matchAll(/>([^<]+)<\/text>/g)].map((match) => match[1])
  expect(names.length).toBeGreaterThan(1)
  expect(names.length).toBeLessThan(5)
  expect(names.every((name) => /^(?:Jan|Apr|Jul|Oct) 202[67]$/.test(name ?? ''))).toBe(true)
})

type Log = NonNullable<Extract<Chart, { kind: 'retention' }>['log']>

const log: Log = {
  configuredDays: 400,
  provenDays: 52,
  oldestDays: 212,
  gaps: [{ fromDays: 60, toDays: 52 }],
  tone: 'bad',
}

function retention(changes: Partial<Log>): string {
  return drawChart({ kind: 'retention', label: 'log', days: 420, requiredDays: 365, log: { ...log, ...changes } })
}

test('a log shows what is proven, what a gap cuts off, and the gap', () => {
  expect(retention({}).match(/<rect/g)).toHaveLength(3)
  expect(retention({ gaps: [], oldestDays: 52 }).match(/<rect/g)).toHaveLength(1)
  expect(retention({ gaps: [], oldestDays: 0, provenDays: 0 })).not.toContain('<rect')
})

test('what is kept for ever has an open outline, and what nothing bounds by time has none', () => {
  expect(retention({})).toContain('stroke-dasharray')
  expect(retention({ configuredDays: 'forever' })).toContain('stroke-dasharray')
  expect(retention({ configuredDays: 'forever' })).not.toBe(retention({ configuredDays: 5_000 }))
  expect(retention({ configuredDays: null })).not.toContain('stroke-dasharray')
})

test('a handful of runs is drawn as bars, each with its number', () => {
  const points = [39, 36].map((notSatisfied, index) => ({
    at: instant(`2026-11-24T03:56:3${index}Z`),
    notSatisfied,
    undetermined: 2,
  }))
  const drawn = drawChart({
    kind: 'trend',
    label: 'trend',
    timeZone: 'UTC',
    from: instant('2026-11-24T03:56:29Z'),
    to: instant('2026-11-24T03:56:44Z'),
    points,
  })
  expect(drawn).toContain('>41</text>')
  expect(drawn).toContain('>38</text>')
  expect(drawn).toContain('>03:56:30</text>')
})

test('a long trend is drawn over time, with no coordinate missing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 90 }), fc.nat({ max: 40 })), { minLength: 9, maxLength: 60 }),
      (counts) => {
        const from = Date.parse('2026-06-30T22:00:00Z')
        const drawn = drawChart({
          kind: 'trend',
          label: 'trend',
          timeZone: 'Europe/Berlin',
          from: instant(from),
          to: instant('2026-09-30T22:00:00Z'),
          points: counts.map(([notSatisfied, undetermined], index) => ({
            at: instant(from + index * 86_400_000),
            notSatisfied,
            undetermined,
          })),
        })
        expect(drawn).not.toMatch(/NaN|undefined|Infinity/)
        expect(drawn).toContain('>Aug 2026</text>')
      },
    ),
  )
})
