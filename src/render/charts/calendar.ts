import { range } from 'd3-array'
import { scaleBand } from 'd3-scale'
import { utcDay, utcMonday } from 'd3-time'
import type { Chart } from '../chart.ts'
import { colours, rect, round, svg, text } from './svg.ts'

type Calendar = Extract<Chart, { kind: 'calendar' }>
type Day = Calendar['days'][number]

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const weekdays = ['Mon', '', 'Wed', '', 'Fri', '', 'Sun']
const weeksInRow = 27
/** A quarter's columns: a shorter period is drawn no larger. */
const fewestColumns = 14
const left = 24
const top = 12

/** A column a week, a square a day; long periods go on in further rows. */
export function calendar({ label, days }: Calendar): string {
  const [first] = days
  if (!first) return svg({ width: 10, height: 10, label, body: [], className: 'calendar' })
  const start = utcMonday.floor(utc(first.day))
  const weekOf = (day: string) => utcMonday.count(start, utcMonday.floor(utc(day)))
  const weeks = weekOf(days.at(-1)?.day ?? first.day) + 1
  const columns = Math.min(weeks, weeksInRow)
  const step = columns <= fewestColumns ? 13 : 8.75
  const x = scaleBand(range(weeksInRow), [left, left + weeksInRow * step]).paddingInner(0.15)
  const y = scaleBand(range(7), [top, top + 7 * step]).paddingInner(0.15)
  const size = y.bandwidth()
  const height = top + 7 * step + 4
  const rowOf = (day: string) => Math.floor(weekOf(day) / weeksInRow) * height
  const at = (day: string) => ({
    x: x(weekOf(day) % weeksInRow) ?? 0,
    y: rowOf(day) + (y(weekday(day)) ?? 0),
  })
  const rows = range(Math.ceil(weeks / weeksInRow)).map((row) => row * height)
  const width = left + Math.max(columns * step, fewestColumns * 13)
  const body = [
    ...days.flatMap((day) => square(day, at(day.day), size)),
    ...days
      .filter((day) => labelled(day, first))
      .map((day) => text(monthOf(day.day), { x: at(day.day).x, y: rowOf(day.day) + top - 4, size: 7.6 })),
    ...rows.flatMap((row) =>
      weekdays.map((name, index) =>
        text(name, {
          x: left - 5,
          y: row + (y(index) ?? 0) + size * 0.75,
          size: Math.min(7, size * 0.85),
          anchor: 'end',
        }),
      ),
    ),
  ]
  return svg({ width: round(width), height: round(rows.length * height), label, body, className: 'calendar' })
}

const fills: { readonly [state in Day['state']]: string } = {
  complete: colours.held,
  partial: colours.warn,
  none: colours.bad,
  idle: colours.empty,
  ahead: '#ffffff',
}

function square({ state }: Day, { x, y }: { x: number; y: number }, size: number): string[] {
  const box = rect({ x, y, width: size, height: size }, fills[state], 1.3)
  const [from, to, middle] = [round(x + size * 0.28), round(x + size * 0.72), round(y + size / 2)]
  const line = (stroke: string) => `<path d="M${from} ${middle}H${to}" stroke="${stroke}" stroke-width="1.3"/>`
  // A mark beside the colour, so that the states differ without it.
  if (state === 'none') return [box, line('#ffffff')]
  if (state === 'partial')
    return [box, `<circle cx="${round(x + size / 2)}" cy="${middle}" r="${round(size * 0.13)}" fill="#ffffff"/>`]
  if (state === 'ahead')
    return [
      `<rect x="${round(x + 0.3)}" y="${round(y + 0.3)}" width="${round(size - 0.6)}" height="${round(size - 0.6)}" rx="1.2" fill="none" stroke="${colours.line}" stroke-width="0.6"/>`,
    ]
  return [box]
}

/** The month's name stands over the first week that begins in it. */
function labelled(day: Day, first: Day): boolean {
  const date = Number(day.day.slice(8))
  if (day === first) return date <= 21
  return date <= 7 && weekday(day.day) === 0 ? !(first.day.slice(0, 7) === day.day.slice(0, 7)) : false
}

function monthOf(day: string): string {
  return months[Number(day.slice(5, 7)) - 1] ?? ''
}

/** 0 on a Monday. */
function weekday(day: string): number {
  return utcDay.count(utcMonday.floor(utc(day)), utc(day))
}

/** A calendar day knows no zone: midnight UTC stands for it. */
function utc(day: string): Date {
  return new Date(`${day}T00:00:00Z`)
}
