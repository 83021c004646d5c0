import type { InventoryItem } from '../../src/model/assessment.ts'
import type { Json } from '../../src/model/json.ts'
import { type Instant, instant, millis } from '../../src/model/time.ts'
import type { Chart } from '../../src/render/chart.ts'
import type { Inventory } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import { erasedBehind, evidenceLinksTo } from './evidence.ts'
import type { JudgedTone } from './judged-tone.ts'
import { counted, grouped } from './wording.ts'

type Log = NonNullable<Extract<Chart, { kind: 'retention' }>['log']>

/** How far each log is meant to reach back, how far its records do, and how far they must. */
export function drawLogs(context: Context, items: readonly InventoryItem[], tone: JudgedTone): Inventory['logs'] {
  if (items.length === 0) return null
  const logs = items.map((item) => ({
    item,
    log: logOf(item, tone(item.entry, ['provenDays', 'configuredDays'])),
    required: requiredDays(context, item.component),
  }))
  const reached = logs.flatMap(({ log, required }) => [
    required ?? 0,
    log.oldestDays,
    typeof log.configuredDays === 'number' ? log.configuredDays : 0,
  ])
  // A log kept for ten years would press the others against the edge: it reaches beyond the axis instead.
  const mostRequired = Math.max(90, ...logs.map(({ required }) => required ?? 0))
  const days = Math.min(Math.max(...reached, 30) * 1.04, mostRequired * 2)
  return {
    axis: {
      kind: 'retention',
      label: `From the collection ${Math.round(days)} days back`,
      days,
      requiredDays: null,
      log: null,
    },
    rows: logs.map(({ item, log, required }) => ({
      subject: item.subject,
      component: context.component(item.component),
      configured: configuredText(log.configuredDays),
      proven: counted(log.provenDays, 'day'),
      required: required === null ? '–' : counted(required, 'day'),
      gaps: log.gaps.length === 0 ? 'none' : grouped(log.gaps.length),
      chart: {
        kind: 'retention',
        label: `${item.subject}: configured ${configuredText(log.configuredDays)}, proven ${counted(log.provenDays, 'day')}, required ${required === null ? 'nothing' : counted(required, 'day')}`,
        days,
        requiredDays: required,
        log,
      },
      evidence: evidenceLinksTo(context, [item.entry]),
      erased: erasedBehind(context, [item.entry]),
    })),
  }
}

/** The longest time that a control over logs asks of this component. */
function requiredDays({ assessment, control }: Context, component: string): number | null {
  const asked = assessment.findings
    .filter((finding) => finding.component === component && control(finding.control)?.rule.kind === 'log.source')
    .map(({ parameters }) => parameters.minimumDays)
    .filter((days) => typeof days === 'number')
  return asked.length > 0 ? Math.max(...asked) : null
}

function logOf({ facts, collected }: InventoryItem, tone: Log['tone']): Log {
  const { configuredDays, provenDays } = facts
  const proven = typeof provenDays === 'number' ? provenDays : 0
  const oldest = momentOf(facts.oldest ?? null)
  return {
    configuredDays: configuredDays === 'forever' || typeof configuredDays === 'number' ? configuredDays : null,
    provenDays: proven,
    oldestDays: oldest ? Math.max(proven, daysBack(oldest, collected)) : proven,
    gaps: (Array.isArray(facts.gaps) ? facts.gaps : []).flatMap((gap) => gapOf(gap, collected)),
    tone: tone === 'empty' ? 'none' : tone,
  }
}

function gapOf(gap: Json, collected: Instant): Log['gaps'] {
  if (gap === null || typeof gap !== 'object' || !('from' in gap) || !('to' in gap)) return []
  const [from, to] = [momentOf(gap.from ?? null), momentOf(gap.to ?? null)]
  return from && to ? [{ fromDays: daysBack(from, collected), toDays: Math.max(0, daysBack(to, collected)) }] : []
}

function momentOf(value: Json): Instant | null {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? instant(new Date(value)) : null
}

function daysBack(at: Instant, collected: Instant): number {
  return (millis(collected) - millis(at)) / 86_400_000
}

function configuredText(days: Log['configuredDays']): string {
  if (days === 'forever') return 'for ever'
  return days === null ? 'no limit found' : counted(days, 'day')
}
