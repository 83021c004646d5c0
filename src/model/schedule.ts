import { CronExpressionParser } from 'cron-parser'
import { type Instant, instant } from './time.ts'

/** When a collection should happen: five-field cron in an IANA time zone. */
export type Schedule = { readonly id: string; readonly cron: string; readonly timeZone: string }

/** The slots of a schedule in [from, to), oldest first; at most `limit` of them. */
export function slotsBetween(schedule: Schedule, from: Instant, to: Instant, limit = 100_000): readonly Instant[] {
  const end = Date.parse(to)
  const cursor = CronExpressionParser.parse(schedule.cron, {
    currentDate: new Date(Date.parse(from) - 1),
    tz: schedule.timeZone,
  })
  const slots: Instant[] = []
  while (slots.length < limit) {
    const next = cursor.next().getTime()
    if (next >= end) break
    slots.push(instant(next))
  }
  return slots
}

/** The newest slot at or before an instant. */
export function latestSlot(schedule: Schedule, at: Instant): Instant {
  const cursor = CronExpressionParser.parse(schedule.cron, {
    currentDate: new Date(Date.parse(at) + 1),
    tz: schedule.timeZone,
  })
  return instant(cursor.prev().getTime())
}

/** The first slot after an instant. */
export function nextSlot(schedule: Schedule, at: Instant): Instant {
  const cursor = CronExpressionParser.parse(schedule.cron, { currentDate: new Date(at), tz: schedule.timeZone })
  return instant(cursor.next().getTime())
}

/** What is wrong with a cron expression, or undefined where it is sound. */
export function cronProblem(cron: string): string | undefined {
  if (cron.trim().split(/\s+/).length !== 5) return 'a cron expression has five fields: minute hour day month weekday'
  try {
    CronExpressionParser.parse(cron)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
