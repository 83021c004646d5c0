import type { Level, Objective } from '../../src/model/control.ts'
import type { Freshness, Outcome, Standing } from '../../src/model/finding.ts'
import type { Chip, Tone } from '../../src/render/document.ts'

export const objectiveTitles: { readonly [objective in Objective]: string } = {
  confidentiality: 'Data confidentiality',
  integrity: 'Data integrity',
  'authentication-authorisation': 'Authentication and authorisation',
  availability: 'Availability',
  'non-repudiation': 'Non-repudiation',
}

export const standingChips: { readonly [standing in Standing]: Chip } = {
  satisfied: { tone: 'good', text: 'satisfied' },
  'not-satisfied': { tone: 'bad', text: 'not satisfied' },
  excepted: { tone: 'warn', text: 'excepted' },
  closed: { tone: 'held', text: 'closed' },
  undetermined: { tone: 'none', text: 'undetermined' },
  'not-applicable': { tone: 'plain', text: 'not applicable' },
}

export const outcomeChips: { readonly [outcome in Outcome]: Chip } = {
  satisfied: { tone: 'good', text: 'satisfied' },
  'not-satisfied': { tone: 'bad', text: 'not satisfied' },
  error: { tone: 'none', text: 'could not be judged' },
  'not-measured': { tone: 'none', text: 'not measured' },
  'not-applicable': { tone: 'plain', text: 'not applicable' },
}

export const freshnessTexts: { readonly [freshness in Freshness]: string } = {
  fresh: 'fresh evidence',
  stale: 'stale evidence',
  missing: 'no evidence',
}

const riskTones: { readonly [level in Level]: Tone } = { low: 'plain', medium: 'plain', high: 'plain' }

/** A risk's level as a chip: in ink, because the colours of standing mean standing only. */
export function riskChip(level: Level): Chip {
  return { tone: riskTones[level], text: level }
}

const words =
  'no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')

/** A number in words up to ninety-nine, in digits above. */
export function inWords(count: number): string {
  if (count < 20) return words[count] ?? String(count)
  if (count > 99) return grouped(count)
  const unit = count % 10
  return `${tens[Math.floor(count / 10) - 2]}${unit === 0 ? '' : `-${words[unit]}`}`
}

/** A number with its thousands apart: `41,208`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/** `1 finding`, `1,200 findings`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** The text with a capital at its start. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A share in per cent, never rounded up to 100 nor down to 0; `–` of nothing. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–'
  const exact = (part / whole) * 100
  if (exact === 100 || exact === 0) return `${exact} %`
  return `${Math.min(99.9, Math.max(0.1, exact)).toFixed(1)} %`
}

/** A digest in groups of four digits: `9f2c 41ab …`. */
export function digitGroups(digest: string): string {
  return digest.replace(/(.{4})(?=.)/g, '$1 ')
}

/** A count, or an en dash for none. */
export function orDash(count: number): string {
  return count === 0 ? '–' : grouped(count)
}
