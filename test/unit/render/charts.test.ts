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
