import { scaleUtc } from 'd3-scale'
import { DateTime } from 'luxon'
import { type Instant, millis } from '../../model/time.ts'

/** A mark on an axis of time; `at` in milliseconds since 1970. */
export type TimeTick = { readonly at: number; readonly name: string }

const dayMs = 86_400_000

/**
 * About `count` round moments between two, round by the clocks of a zone (d3 knows UTC and the machine's zone only), each
 * named as finely as its neighbours need: `Sep`, `9 Sep`, `14:30`, `14:30:05`.
 */
export function timeTicks(from: Instant, to: Instant, timeZone: string, count: number): readonly TimeTick[] {
  const begin = DateTime.fromMillis(millis(from), { zone: timeZone })
  const end = DateTime.fromMillis(millis(to), { zone: timeZone })
  const wall = (at: DateTime) => at.setZone('utc', { keepLocalTime: true }).toMillis()
  const all = scaleUtc([wall(begin), wall(end)], [0, 1]).ticks(count)
  // d3 takes `count` for a hint; on paper it is as many as there is room for.
  const every = Math.ceil(all.length / (count + 1))
  const ticks = all.filter((_, index) => index % every === 0)
  const step = ticks[0] && ticks[1] ? ticks[1].getTime() - ticks[0].getTime() : dayMs
  return ticks.map((tick) => {
    const local = DateTime.fromMillis(tick.getTime(), { zone: 'utc' }).setZone(timeZone, { keepLocalTime: true })
    return { at: local.toMillis(), name: local.toFormat(formatFor(step), { locale: 'en-US' }) }
  })
}

/** Names of moments, as coarse as still tells them apart: days, minutes, seconds. */
export function momentNames(moments: readonly Instant[], timeZone: string): readonly string[] {
  const local = moments.map((at) => DateTime.fromMillis(millis(at), { zone: timeZone, locale: 'en-US' }))
  const named = (format: string) => local.map((at) => at.toFormat(format))
  return ['d LLL', 'HH:mm'].map(named).find((names) => new Set(names).size === names.length) ?? named('HH:mm:ss')
}

function formatFor(step: number): string {
  if (step < 60_000) return 'HH:mm:ss'
  if (step < dayMs) return 'HH:mm'
  if (step < 28 * dayMs) return 'd LLL'
  return step < 360 * dayMs ? 'LLL yyyy' : 'yyyy'
}
