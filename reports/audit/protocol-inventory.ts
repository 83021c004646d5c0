import type { InventoryItem } from '../../src/model/assessment.ts'
import type { Chart } from '../../src/render/chart.ts'
import type { Inventory } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import { erasedBehind, evidenceLinksTo } from './evidence.ts'
import type { JudgedTone } from './judged-tone.ts'

type Dot = Extract<Chart, { kind: 'dots' }>['dots'][number]

/** Protocol versions as the facts name them, oldest first, and as people do. */
const versions = {
  SSLv2: 'SSL 2.0',
  SSLv3: 'SSL 3.0',
  'TLSv1.0': 'TLS 1.0',
  'TLSv1.1': 'TLS 1.1',
  'TLSv1.2': 'TLS 1.2',
  'TLSv1.3': 'TLS 1.3',
} as const

/** Which versions each target speaks. */
export function drawProtocols(
  context: Context,
  items: readonly InventoryItem[],
  tone: JudgedTone,
): Inventory['protocols'] {
  if (items.length === 0) return null
  const rows = Map.groupBy(items, ({ target, subject }) => `${target}\n${subject}`)
  return {
    versions: Object.values(versions),
    rows: [...rows.values()].map((own) => row(context, own, tone)),
  }
}

function row(
  context: Context,
  own: readonly InventoryItem[],
  tone: JudgedTone,
): NonNullable<Inventory['protocols']>['rows'][number] {
  const [first] = own
  const subject = first?.subject ?? ''
  const entries = own.map(({ entry }) => entry)
  const dots = Object.keys(versions).map((version) => {
    const item = own.find(({ facts }) => facts.protocol === version)
    return item ? dot(item, tone) : ({ state: 'unasked', tone: 'empty', count: null } as const)
  })
  const told = Object.values(versions).map((version, index) => `${version} ${dots[index]?.state ?? 'unasked'}`)
  return {
    subject,
    component: context.component(first?.component ?? ''),
    dots: { kind: 'dots', label: `${subject}: ${told.join(', ')}`, dots },
    evidence: evidenceLinksTo(context, entries),
    erased: erasedBehind(context, entries),
  }
}

function dot({ entry, facts }: InventoryItem, tone: JudgedTone): Dot {
  const judged = tone(entry)
  const suites = Array.isArray(facts.cipherSuites) ? facts.cipherSuites.length : null
  switch (facts.offered) {
    case 'yes':
      return { state: 'offered', tone: judged === 'empty' ? 'none' : judged, count: suites }
    case 'no':
      // Refusing is what most rules ask for: colour is kept for where it is not.
      return { state: 'refused', tone: judged === 'bad' || judged === 'warn' ? judged : 'none', count: null }
    default:
      return { state: 'undetermined', tone: 'none', count: null }
  }
}
