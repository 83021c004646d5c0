import type { InventoryItem } from '../../src/model/assessment.ts'
import { daysBetween, type Instant, instant, later, millis } from '../../src/model/time.ts'
import type { Chart } from '../../src/render/chart.ts'
import type { Heading, Inventory } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import { erasedBehind, evidenceLinksTo } from './evidence.ts'
import { type JudgedTone, judgedTones } from './judged-tone.ts'
import { drawLogs } from './log-inventory.ts'
import { drawProtocols } from './protocol-inventory.ts'
import { counted, grouped } from './wording.ts'

/** Every target side by side, as its newest collection showed it; null where none reports such things. */
export function inventory(context: Context, heading: Heading): Inventory | null {
  const items = context.assessment.inventory ?? []
  if (items.length === 0) return null
  const of = (kind: InventoryItem['kind']) => items.filter((item) => item.kind === kind)
  const tone = judgedTones(context)
  return {
    heading,
    protocols: drawProtocols(context, of('tls.protocol'), tone),
    certificates: drawCertificates(context, of('tls.certificate'), tone),
    logs: drawLogs(context, of('log.source'), tone),
  }
}

const dayMs = 86_400_000
/** The axis of certificates begins shortly before the moment of judgement and ends within a good year after it. */
const axisDays = { before: 30, fewest: 120, most: 400 }

function drawCertificates(
  context: Context,
  items: readonly InventoryItem[],
  tone: JudgedTone,
): Inventory['certificates'] {
  const { assessment, dates } = context
  const { asOf, timeZone } = assessment
  const certificates = items
    .map((item) => ({ item, begins: moment(item, 'notBefore'), ends: moment(item, 'notAfter') }))
    .toSorted((a, b) => (a.ends ?? '').localeCompare(b.ends ?? '') || a.item.entry - b.item.entry)
  const last = certificates.at(-1)
  if (!last) return null
  const days = last.ends ? daysBetween(asOf, last.ends) * 1.06 : 0
  const axis = {
    kind: 'timeline',
    timeZone,
    from: later(asOf, -axisDays.before * dayMs),
    to: later(asOf, Math.min(axisDays.most, Math.max(axisDays.fewest, days)) * dayMs),
    now: asOf,
  } as const
  return {
    axis: { ...axis, label: `From ${dates.day(axis.from)} to ${dates.day(axis.to)}`, spans: [] },
    rows: certificates.map(({ item, begins, ends }) => ({
      subject: item.subject,
      component: context.component(item.component),
      name: text(item, 'commonName') ?? text(item, 'subjectName') ?? 'no name',
      issuer: issuerName(text(item, 'issuerName')),
      withoutName: text(item, 'role') === 'default',
      timestamps: timestampsOf(item),
      key: [text(item, 'keyType'), number(item, 'keyBits')].filter((part) => part !== null).join(' ') || '–',
      signature: text(item, 'signatureAlgorithm') ?? '–',
      ends: ends ? dates.day(ends) : '–',
      left: ends ? daysLeft(asOf, ends) : '',
      problems: listOf(item, 'problems'),
      timeline: timeline(axis, begins, ends, judged(tone(item.entry, ['daysRemaining', 'notAfter'])), item.subject),
      evidence: evidenceLinksTo(context, [item.entry]),
      erased: erasedBehind(context, [item.entry]),
    })),
  }
}

function timeline(
  axis: Omit<Extract<Chart, { kind: 'timeline' }>, 'label' | 'spans'>,
  begins: Instant | null,
  ends: Instant | null,
  tone: ReturnType<JudgedTone>,
  subject: string,
): Chart | null {
  if (!ends) return null
  const from = begins && millis(begins) > millis(axis.from) ? begins : axis.from
  return { ...axis, label: `${subject}: ends on ${ends.slice(0, 10)}`, spans: [{ from, to: ends, tone }] }
}

/** A bar that nothing judged is still to be seen. */
function judged(tone: ReturnType<JudgedTone>): ReturnType<JudgedTone> {
  return tone === 'empty' ? 'none' : tone
}

function daysLeft(asOf: Instant, ends: Instant): string {
  if (ends < asOf) return 'expired'
  const days = daysBetween(asOf, ends)
  return days === 1 ? '1 day left' : `${grouped(days)} days left`
}

/** What became of the certificate's timestamps; null where it has none. */
function timestampsOf(item: InventoryItem): string | null {
  const all = number(item, 'sctCount') ?? 0
  if (all === 0) return null
  const timestamps = counted(all, 'timestamp')
  if (text(item, 'sctCheck') !== 'done') return `${timestamps}, not verified`
  const invalid = number(item, 'sctInvalid') ?? 0
  const verified = `${timestamps}, of ${counted(number(item, 'sctLogs') ?? 0, 'log')} verified`
  return invalid > 0 ? `${verified}, ${grouped(invalid)} invalid` : verified
}

/** The common name where there is one: the rest is in the evidence. */
function issuerName(name: string | null): string {
  if (name === null) return 'unknown'
  return /(?:^|,\s*)CN=([^,]+)/.exec(name)?.[1] ?? name
}

function moment({ facts }: InventoryItem, name: string): Instant | null {
  const value = facts[name]
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? instant(new Date(value)) : null
}

function text({ facts }: InventoryItem, name: string): string | null {
  const value = facts[name]
  return typeof value === 'string' && value !== '' ? value : null
}

function number({ facts }: InventoryItem, name: string): number | null {
  const value = facts[name]
  return typeof value === 'number' ? value : null
}

function listOf({ facts }: InventoryItem, name: string): readonly string[] {
  const value = facts[name]
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
