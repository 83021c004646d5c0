import { type AssessmentInput, assess } from '../../../src/assess/assess.ts'
import type { Plan, RecordedTarget } from '../../../src/assess/plans.ts'
import { plansFrom } from '../../../src/assess/plans.ts'
import type { Assessment } from '../../../src/model/assessment.ts'
import type { Control, Rule } from '../../../src/model/control.ts'
import { sha256 } from '../../../src/model/digest.ts'
import type { Entry } from '../../../src/model/evidence.ts'
import type { Exception, Finding } from '../../../src/model/finding.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Period } from '../../../src/model/period.ts'
import type { System } from '../../../src/model/plan.ts'
import { type Instant, instant, later } from '../../../src/model/time.ts'

/** Ten nights in UTC, for stories that fit on a page. */
export const period: Period = { id: 'ten', from: instant('2026-07-01T00:00:00Z'), to: instant('2026-07-11T00:00:00Z') }

/** Two in the morning of a July day. */
export function night(day: number): Instant {
  return instant(`2026-07-${String(day).padStart(2, '0')}T02:00:00Z`)
}

export const hour = 3_600_000
export const day = 24 * hour

export const oldTls: Rule = {
  kind: 'tls.protocol',
  where: 'facts.protocol in ["TLSv1.0", "TLSv1.1"]',
  undetermined: 'facts.offered == "undetermined"',
  expect: 'facts.offered == "no"',
  quantifier: 'every',
  absent: 'not-measured',
  failure: '"Protocol " + facts.protocol + " is offered by " + subject',
  success: '"Protocol " + facts.protocol + " is refused by " + subject',
}

export function control(rule: Partial<Rule> = {}, rest: Partial<Control> = {}): Control {
  return {
    id: 'TLS-01',
    title: 'Old TLS is off',
    objective: 'confidentiality',
    statement: 'TLS 1.0 and 1.1 are not offered.',
    severity: 'high',
    risk: { area: 'man-in-the-middle', likelihood: 'medium', impact: 'high', why: 'Old versions can be broken.' },
    parameters: {},
    rule: { ...oldTls, ...rule },
    remediation: 'Turn them off.',
    references: {},
    reperform: ['openssl s_client -connect {host}:{port} -tls1'],
    examples: [],
    source: 'controls/tls.yaml:1',
    ...rest,
  }
}

export function target(id = 'shop/gateway/tls', rest: Partial<RecordedTarget> = {}): RecordedTarget {
  return {
    id,
    component: id.split('/').slice(0, 2).join('/'),
    collector: 'tls',
    schedule: { id: 'nightly', cron: '0 2 * * *', timeZone: 'UTC' },
    validForMs: 36 * hour,
    subject: 'api.example.test:443',
    emits: ['tls.protocol'],
    ...rest,
  }
}

/** What one collection of a target brought. */
export type Brought =
  | {
      readonly observations: readonly {
        readonly facts: JsonObject
        readonly subject?: string
        readonly kind?: string
      }[]
    }
  | {
      readonly failed: string
      readonly code?: string
      readonly observations?: readonly { readonly facts: JsonObject }[]
    }
  | { readonly cut: true; readonly observations?: readonly { readonly facts: JsonObject }[] }

export function offered(protocol: string, answer: string): { facts: JsonObject } {
  return { facts: { protocol, offered: answer, reason: null } }
}

/** Facts of TLS 1.0, 1.1 and 1.2; the first two as given. */
export function protocols(tls10: string, tls11 = 'no'): Brought {
  return { observations: [offered('TLSv1.0', tls10), offered('TLSv1.1', tls11), offered('TLSv1.2', 'yes')] }
}

/** A ledger in the making: entries get their sequence as they come. */
export function ledger() {
  const entries: Entry[] = []
  let runs = 0
  const write = (entry: Partial<Entry> & Pick<Entry, 'kind' | 'collected' | 'run'>): void => {
    entries.push({
      version: 1,
      origin: 'example.test/ledger',
      sequence: entries.length,
      slot: null,
      collector: { id: 'affidavit', version: 1 },
      configuration: sha256('configuration'),
      component: null,
      target: null,
      subject: 'affidavit',
      methods: ['EXAMINE'],
      expires: null,
      facts: {},
      artefacts: [],
      ...entry,
    })
  }
  const configure = (at: Instant, targets: readonly RecordedTarget[]): void =>
    write({
      kind: 'configuration.recorded',
      collected: at,
      run: 'configuration',
      facts: { targets: targets as never, systems: [] },
    })

  const run = (
    at: Instant,
    brought: readonly (readonly [RecordedTarget, Brought])[],
    options: {
      slot?: Instant | null
      late?: boolean
      ends?: 'finished' | 'interrupted' | 'never'
      reason?: string
      version?: number
    } = {},
  ): string => {
    const { slot = at, late = false, ends = 'finished', version = 1 } = options
    const id = `run-${++runs}`
    const base = { run: id, slot }
    const trigger = slot === null ? 'by-hand' : late ? 'catch-up' : 'schedule'
    write({
      ...base,
      kind: 'run.started',
      collected: at,
      facts: { trigger, late, targets: brought.map(([{ id: name }]) => name) },
    })
    let [completed, failed] = [0, 0]
    brought.forEach(([each, result], index) => {
      const collected = later(at, (index + 1) * 1000)
      const place = { ...base, target: each.id, component: each.component, collector: { id: each.collector, version } }
      const subject = each.subject
      const expires = later(collected, each.validForMs)
      for (const observation of result.observations ?? []) {
        write({ ...place, kind: 'tls.protocol', subject, collected, expires, ...observation })
      }
      if ('cut' in result) return
      if ('failed' in result) {
        failed += 1
        const facts = { code: result.code ?? 'timeout', message: result.failed, leftOut: [] }
        write({ ...place, kind: 'collection.failed', subject, collected, expires, facts })
      } else {
        completed += 1
        write({ ...place, kind: 'collection.completed', subject, collected, expires, facts: { leftOut: [] } })
      }
    })
    const end = later(at, 60_000)
    if (ends === 'finished') {
      write({ ...base, kind: 'run.finished', collected: end, facts: { completed, failed, targets: brought.length } })
    } else if (ends === 'interrupted') {
      write({ ...base, kind: 'run.interrupted', collected: end, facts: { reason: options.reason ?? 'SIGTERM' } })
    }
    return id
  }
  return { entries, configure, run, write, plans: (): readonly Plan[] => plansFrom(entries) }
}

export function systemOf(...components: readonly string[]): System {
  return {
    id: 'shop',
    name: 'Shop',
    owner: null,
    description: null,
    data: [],
    components: components.map((id) => ({ ref: `shop/${id}`, system: 'shop', id, name: id, owner: null })),
  }
}

export function exception(rest: Partial<Exception> = {}): Exception {
  return {
    id: 'EX-1',
    control: 'TLS-01',
    component: null,
    reason: 'An old client remains until autumn',
    approver: 'Head of security',
    approvedOn: instant('2026-06-01T00:00:00Z'),
    expiresOn: instant('2026-12-01T00:00:00Z'),
    compensatingControl: null,
    ...rest,
  }
}

/** An assessment of a ledger, by default of one TLS control after the period. */
export function judged(book: ReturnType<typeof ledger>, rest: Partial<AssessmentInput> = {}): Assessment {
  return assess({
    organisation: 'Example',
    timeZone: 'UTC',
    period,
    now: instant('2026-07-20T00:00:00Z'),
    systems: [systemOf('gateway')],
    catalogue: { controls: [control()] },
    scope: () => ({ applies: true, parameters: {} }),
    exceptions: [],
    plans: book.plans(),
    entries: book.entries,
    ledger: { origin: 'example.test/ledger', size: book.entries.length, root: sha256('root'), checkpoint: null },
    catalogueDigest: sha256('catalogue'),
    ...rest,
  })
}

/** The one finding of an assessment. */
export function only(assessment: Assessment): Finding {
  const [finding, ...others] = assessment.findings
  if (!finding || others.length > 0) throw new Error(`expected one finding, found ${assessment.findings.length}`)
  return finding
}
