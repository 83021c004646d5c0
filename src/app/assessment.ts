import { assess } from '../assess/assess.ts'
import { compare } from '../assess/compare.ts'
import { plansFrom } from '../assess/plans.ts'
import { findPeriod, periodAt, periodBefore } from '../config/config.ts'
import type { Store } from '../ledger/store.ts'
import type { Assessment, Comparison, LedgerState } from '../model/assessment.ts'
import type { Control } from '../model/control.ts'
import { ConfigError } from '../model/errors.ts'
import type { Entry } from '../model/evidence.ts'
import type { JsonObject } from '../model/json.ts'
import type { Period } from '../model/period.ts'
import { later } from '../model/time.ts'
import type { Project } from './project.ts'

/** Slots of the period's end may be caught up until so long after it; `assess` sorts out what counts. */
const catchUpMs = 86_400_000

/**
 * Judges a period from what the ledger holds of it: all of it, or what it held at an earlier state, so that a report and
 * the checkpoint that it rests on speak of the same entries.
 */
export async function assessPeriod(
  project: Project,
  store: Store,
  period: Period,
  at?: LedgerState,
): Promise<Assessment> {
  const { config, catalogue, catalogueDigest } = project
  const ledger = at ?? (await store.state())
  const populations = await collect(store.entries({ kinds: ['configuration.recorded'], to: period.to }))
  return assess({
    organisation: config.organisation.name,
    timeZone: config.organisation.timeZone,
    period,
    now: project.clock.now(),
    systems: config.systems,
    catalogue,
    catalogueDigest,
    scope: (control, component) => scopeOf(project, control, component),
    exceptions: config.exceptions,
    plans: plansFrom(populations),
    entries: (await collect(store.entries({ from: period.from, to: later(period.to, catchUpMs) }))).filter(
      ({ sequence }) => sequence < ledger.size,
    ),
    ledger,
  })
}

/** A period beside the one before it; null where the earlier one holds no evidence. */
export async function compareWithPrevious(
  project: Project,
  store: Store,
  assessment: Assessment,
): Promise<Comparison | null> {
  const previous = periodBefore(project.config, assessment.period)
  if (!previous) return null
  const before = await assessPeriod(project, store, previous)
  return before.runs.length > 0 ? compare(before, assessment) : null
}

/** Two assessed periods side by side; throws ConfigError where the later one was named first. */
export function comparePeriods(before: Assessment, after: Assessment): Comparison {
  if (after.period.from < before.period.from) {
    const [first, second] = [before.period.id, after.period.id]
    throw new ConfigError('AFD_PERIOD_ORDER', `${second} begins before ${first}: the earlier period comes first`, {
      hint: `affidavit compare ${second} ${first}`,
    })
  }
  return compare(before, after)
}

/** The period that a person names; throws ConfigError that tells which there are. */
export function periodNamed(project: Project, name: string | undefined): Period {
  if (name === undefined) return periodAt(project.config, project.clock.now())
  const period = findPeriod(project.config, name)
  if (period) return period
  const [from = '', to = ''] = name.split('..')
  if (findPeriod(project.config, `${to}..${from}`)) {
    throw new ConfigError('AFD_PERIOD_UNKNOWN', `the period "${name}" ends before it begins`, {
      hint: `the other way round: ${to}..${from}`,
    })
  }
  const listed = project.config.periods.list.map(({ id }) => id)
  throw new ConfigError('AFD_PERIOD_UNKNOWN', `there is no assessment period "${name}"`, {
    hint:
      listed.length > 0
        ? `known periods: ${listed.join(', ')}; or from..to, as in 2026-07-01..2026-10-01`
        : 'name a quarter (2026-Q3), a month (2026-07), a year (2026), or from..to, as in 2026-07-01..2026-10-01',
  })
}

function scopeOf(project: Project, control: Control, component: string) {
  const { controls, systemParameters } = project.config
  const [system = ''] = component.split('/')
  const exclude = controls.exclude.find(
    (item) => item.control === control.id && [undefined, system, component].includes(item.component),
  )
  if (exclude) return { applies: false as const, reason: exclude.reason }
  const defaults = Object.fromEntries(
    Object.entries(control.parameters).map(([name, { default: value }]) => [name, value]),
  )
  const parameters = {
    ...defaults,
    ...controls.parameters[control.id],
    ...systemParameters.get(system)?.[control.id],
  } as JsonObject
  return { applies: true as const, parameters }
}

async function collect(entries: AsyncIterable<{ readonly entry: Entry }>): Promise<readonly Entry[]> {
  const all: Entry[] = []
  for await (const { entry } of entries) all.push(entry)
  return all
}
