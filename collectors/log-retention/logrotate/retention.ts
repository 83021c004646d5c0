import type { Directive } from './parse.ts'

/** What retention was computed from. */
export type Basis = { readonly field: string; readonly value: string; readonly at: string }

/** How long logrotate keeps a log; null where only sizes bound it, so that no time can be told. */
export type Retention = {
  readonly days: number | 'forever' | null
  readonly basis: readonly Basis[]
  /** What a reader must know beside the figure, as plain clauses. */
  readonly remarks: readonly string[]
  readonly olddir: string | null
}

const periods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly', 'minutes'] as const
type Period = (typeof periods)[number]

/**
 * The days that directives promise, globals first and a block's own after them, as logrotate reads them: the later one
 * counts, `size` and a period replace each other, `rotate` times the period is bounded by `maxage`. Months and years are
 * counted at their shortest.
 */
export function retentionOf(directives: readonly Directive[]): Retention {
  const last = (...names: readonly string[]): Directive | undefined =>
    directives.findLast(({ name }) => names.includes(name))
  const rotate = last('rotate')
  const criterion = last('size', ...periods)
  const maxage = last('maxage')
  const minsize = last('minsize')
  const maxsize = last('maxsize')
  const olddir = last('olddir', 'noolddir')
  const count = rotate === undefined ? 0 : integer(rotate.value)
  const age = maxage === undefined ? 0 : integer(maxage.value)
  const basis = [
    rotate === undefined ? { field: 'rotate', value: '0', at: 'logrotate’s default' } : basisOf(rotate),
    criterion === undefined
      ? { field: 'size', value: '1M', at: 'logrotate’s default' }
      : isPeriod(criterion.name)
        ? { field: 'period', value: `${criterion.name} ${criterion.value}`.trim(), at: criterion.at }
        : basisOf(criterion),
    ...[maxage, minsize, maxsize].flatMap((directive) => (directive === undefined ? [] : [basisOf(directive)])),
  ]
  const remarks: string[] = []
  if (maxsize !== undefined) remarks.push(`maxsize (${maxsize.at}) may rotate earlier, so that fewer days are kept`)
  const directory = olddir?.name === 'olddir' ? olddir.value : null
  if (count === undefined || count < -1 || age === undefined || age < 0) {
    const wrong = count === undefined || count < -1 ? rotate : maxage
    remarks.push(`logrotate refuses ${wrong?.name} ${wrong?.value} (${wrong?.at}) and leaves the log alone`)
    return { days: null, basis, remarks, olddir: directory }
  }
  const period = criterion !== undefined && isPeriod(criterion.name) ? criterion : undefined
  const days = daysKept(count, age, period)
  if (days === null) remarks.push('it is rotated by size, and nothing tells how many days that is')
  return { days, basis, remarks, olddir: directory }
}

function daysKept(count: number, age: number, period: Directive | undefined): number | 'forever' | null {
  if (count === 0) return 0
  if (count === -1) return age > 0 ? age : 'forever'
  if (period === undefined) return null
  const counted = periodDays(period, count)
  return age > 0 ? Math.min(age, counted) : counted
}

function periodDays({ name, value }: Directive, count: number): number {
  switch (name as Period) {
    case 'minutes':
      return rounded((count * (integer(value) ?? 0)) / 1440)
    case 'hourly':
      return rounded(count / 24)
    case 'daily':
      return count
    case 'weekly':
      return count * 7
    case 'monthly':
      return Math.floor(count / 12) * 365 + fewestDays(count % 12)
    case 'yearly':
      return count * 365
    default:
      return name as never
  }
}

/** The fewest days that so many months in a row, fewer than 12, can have. */
function fewestDays(months: number): number {
  const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  const twice = [...lengths, ...lengths]
  const sums = lengths.map((_, start) => twice.slice(start, start + months).reduce((sum, days) => sum + days, 0))
  return Math.min(...sums)
}

/** A number as strtol(3) reads it with base 0; undefined where it is none. */
function integer(text: string): number | undefined {
  if (/^-?0[0-7]+$/.test(text)) return Number.parseInt(text, 8)
  if (/^-?0[xX][0-9a-fA-F]+$/.test(text)) return Number.parseInt(text, 16)
  return /^[-+]?\d{1,9}$/.test(text) ? Number(text) : undefined
}

function isPeriod(name: string): name is Period {
  return periods.some((period) => period === name)
}

function basisOf({ name, value, at }: Directive): Basis {
  return { field: name, value, at }
}

function rounded(days: number): number {
  return Math.round(days * 100) / 100
}
