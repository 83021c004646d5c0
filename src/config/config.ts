import * as z from 'zod'
import { digestOf, type Sha256 } from '../model/digest.ts'
import type { Exception } from '../model/finding.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { type KeyLocation, parseKeyLocation } from '../model/key-location.ts'
import { calendarPeriod, calendarPeriodById, type Period, type PeriodLength } from '../model/period.ts'
import type { PlannedTarget, System } from '../model/plan.ts'
import type { Retention } from '../model/retention.ts'
import type { Schedule } from '../model/schedule.ts'
import { type Instant, instant, later, parseDurationMs, startOfDay } from '../model/time.ts'
import { crossProblems } from './cross-check.ts'
import { InvalidFileError } from './problem.ts'
import { resolveRetention } from './retention.ts'
import { type CollectorFace, type ConfigFile, configSchema, isMoment } from './schema.ts'
import { parseYaml, type Source, zodProblems } from './source.ts'

/** A validated affidavit.yaml. Paths in it are still relative to the file's directory. */
export type Config = {
  readonly source: Source
  /** The values as written: references to secrets, never secrets. */
  readonly document: JsonObject
  readonly digest: Sha256
  readonly organisation: { readonly name: string; readonly timeZone: string }
  readonly systems: readonly System[]
  readonly plan: readonly PlannedTarget[]
  readonly schedules: readonly Schedule[]
  readonly periods: { readonly every: PeriodLength | null; readonly list: readonly Period[] }
  readonly controls: ConfigFile['controls']
  readonly systemParameters: ReadonlyMap<string, ConfigFile['controls']['parameters']>
  readonly exceptions: readonly Exception[]
  readonly store: ConfigFile['store']
  readonly keys: ConfigFile['keys']
  readonly signing: Omit<ConfigFile['signing'], 'key' | 'certificates'> & {
    readonly key: KeyLocation
    readonly certificates: readonly string[]
  }
  readonly reports: ConfigFile['reports']
  readonly daemon: { readonly host: string; readonly port: number; readonly catchUpMs: number }
  readonly retention: Retention
  readonly limits: ConfigFile['limits']
}

/** Parses affidavit.yaml; throws InvalidFileError that holds every problem with its line and column. */
export function parseConfig(text: string, file: string, collectors: readonly CollectorFace[]): Config {
  const source = parseYaml(text, file)
  const schema = configSchema(collectors)
  const result = schema.safeParse(source.value ?? {})
  if (!result.success) {
    throw new InvalidFileError('AFD_CONFIG_INVALID', zodProblems(source, result.error, configJsonSchema(collectors)))
  }
  const problems = crossProblems(result.data, source)
  if (problems.length > 0) throw new InvalidFileError('AFD_CONFIG_INVALID', problems)
  return resolve(result.data, source)
}

/** The JSON Schema (2020-12) of affidavit.yaml, for editors. */
export function configJsonSchema(collectors: readonly CollectorFace[]): JsonObject {
  return z.toJSONSchema(configSchema(collectors), { io: 'input', unrepresentable: 'any' }) as unknown as JsonObject
}

/** The period that an id or `from..to` names, or the one that an instant falls in; undefined where there is none. */
export function findPeriod(config: Pick<Config, 'periods' | 'organisation'>, name: string): Period | undefined {
  const { timeZone } = config.organisation
  const range = /^(.+?)\.\.(.+)$/.exec(name)
  if (range?.[1] && range[2]) {
    if (!isMoment(range[1]) || !isMoment(range[2])) return undefined
    const from = moment(range[1], timeZone)
    const to = moment(range[2], timeZone)
    return from < to ? { id: name, from, to } : undefined
  }
  return config.periods.list.find((period) => period.id === name) ?? calendarPeriodById(name, timeZone)
}

/** The configured period that an instant falls in; the calendar quarter where the list has none for it. */
export function periodAt(config: Pick<Config, 'periods' | 'organisation'>, at: Instant): Period {
  const listed = config.periods.list.find((period) => at >= period.from && at < period.to)
  return listed ?? calendarPeriod(config.periods.every ?? 'quarter', at, config.organisation.timeZone)
}

/** The period before another one: its neighbour in the list, or the calendar period that ends where it begins. */
export function periodBefore(config: Pick<Config, 'periods' | 'organisation'>, period: Period): Period | undefined {
  const index = config.periods.list.findIndex(({ id }) => id === period.id)
  if (index >= 0) return config.periods.list[index - 1]
  const calendar = calendarPeriodById(period.id, config.organisation.timeZone)
  if (!calendar) return undefined
  const length: PeriodLength = period.id.includes('Q') ? 'quarter' : period.id.includes('-') ? 'month' : 'year'
  return calendarPeriod(length, later(period.from, -1), config.organisation.timeZone)
}

function resolve(file: ConfigFile, source: Source): Config {
  const { timeZone } = file.organisation
  const schedules = Object.entries(file.schedules).map(([id, { cron, timeZone: zone }]) => ({
    id,
    cron,
    timeZone: zone ?? timeZone,
  }))
  return {
    source,
    document: source.value as JsonObject,
    digest: digestOf(source.value as Json),
    organisation: file.organisation,
    systems: file.systems.map(resolveSystem),
    plan: file.systems.flatMap((system) => planOf(system, schedules)),
    schedules,
    periods: {
      every: file.periods.every ?? (file.periods.list ? null : 'quarter'),
      list: (file.periods.list ?? []).map(({ id, from, to }) => ({
        id,
        from: moment(from, timeZone),
        to: moment(to, timeZone),
      })),
    },
    controls: file.controls,
    systemParameters: new Map(file.systems.map((system) => [system.id, system.parameters])),
    exceptions: file.exceptions.map((exception, index) => resolveException(exception, index, timeZone)),
    store: file.store,
    keys: file.keys,
    signing: resolveSigning(file.signing),
    reports: file.reports,
    daemon: { host: file.daemon.host, port: file.daemon.port, catchUpMs: parseDurationMs(file.daemon.catchUp) ?? 0 },
    retention: resolveRetention(file.retention, {
      moment: (text) => moment(text, timeZone),
      lastMoment: (text) => lastMoment(text, timeZone),
    }),
    limits: file.limits,
  }
}

function resolveSigning({ key, certificates, ...rest }: ConfigFile['signing']): Config['signing'] {
  const { location } = parseKeyLocation(key)
  if (!location) throw new TypeError('the schema lets a key pass that is none')
  const usual = location.kind === 'file' ? ['keys/report.cert.pem', 'keys/ca.cert.pem'] : []
  return { ...rest, key: location, certificates: certificates ?? usual }
}

type SystemFile = ConfigFile['systems'][number]

function resolveSystem(system: SystemFile): System {
  return {
    id: system.id,
    name: system.name,
    owner: system.owner ?? null,
    description: system.description ?? null,
    data: system.data,
    components: system.components.map((component) => ({
      ref: `${system.id}/${component.id}`,
      system: system.id,
      id: component.id,
      name: component.name ?? component.id,
      owner: component.owner ?? system.owner ?? null,
    })),
  }
}

function planOf(system: SystemFile, schedules: readonly Schedule[]): readonly PlannedTarget[] {
  return system.components.flatMap((component) =>
    component.targets.map((target) => ({
      id: `${system.id}/${component.id}/${target.id ?? target.collector}`,
      component: `${system.id}/${component.id}`,
      collector: target.collector,
      target: target.target,
      schedule: schedules.find(({ id }) => id === target.schedule) ?? null,
      validForMs: parseDurationMs(target.validFor) ?? 0,
    })),
  )
}

function resolveException(file: ConfigFile['exceptions'][number], index: number, timeZone: string): Exception {
  return {
    id: file.id ?? `X-${String(index + 1).padStart(2, '0')}`,
    control: file.control,
    component: file.component ?? null,
    reason: file.reason,
    approver: file.approver,
    approvedOn: moment(file.approvedOn, timeZone),
    expiresOn: lastMoment(file.expiresOn, timeZone),
    compensatingControl: file.compensatingControl ?? null,
  }
}

function moment(text: string, timeZone: string): Instant {
  return isDay(text) ? startOfDay(text, timeZone) : instant(text)
}

/** A day is meant to its end. */
function lastMoment(text: string, timeZone: string): Instant {
  return isDay(text) ? endOfDay(text, timeZone) : instant(text)
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text)
}

/** The last millisecond of a day, so that the date reads as written wherever it is printed. */
function endOfDay(day: string, timeZone: string): Instant {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
  return later(startOfDay(next, timeZone), -1)
}
