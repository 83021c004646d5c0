import { appendFileSync, chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { makeFolder } from '../../src/disk/make-folder.ts'
import type { AuditRecord } from './api-handler.ts'

/** How the audit log is kept. */
export type LogSettings = {
  /** Days that the records go back. */
  readonly days: number
  /** Days without a record, counted back from now: from the older to the younger end; null for none. */
  readonly gap: { readonly fromDaysAgo: number; readonly toDaysAgo: number } | null
  /** Permission bits of every log file. */
  readonly mode: number
  readonly period: 'daily' | 'weekly'
  /** logrotate's `rotate`. */
  readonly rotate: number
}

export const soundLogs: LogSettings = { days: 400, gap: null, mode: 0o640, period: 'daily', rotate: 400 }

export const weakLogs: LogSettings = {
  days: 40,
  gap: { fromDaysAgo: 19, toDaysAgo: 14 },
  mode: 0o644,
  period: 'weekly',
  rotate: 7,
}

/** The audit log of the Customer Data API on disk: the current file, its rotated predecessors, logrotate's rule. */
export type AuditLog = {
  /** Absolute; holds `audit.log`, `audit.log.1`, `audit.log.2.gz`, ... */
  readonly folder: string
  readonly logrotateFile: string
  append(record: AuditRecord): void
  /** Modes and the rule change at once; the records only where `days` or `gap` say otherwise. */
  change(settings: Partial<LogSettings>): void
}

const day = 86_400_000

/** Writes the files as logrotate would have left them (`delaycompress`), with two records an hour. */
export function createAuditLog(folder: string, settings: LogSettings): AuditLog {
  const logs = join(folder, 'logs')
  const logrotateFile = join(folder, 'logrotate.conf')
  const currentFile = join(logs, 'audit.log')
  let current = settings
  makeFolder(logs, 0o750)
  writeRecords(logs, current)
  writeRule(logrotateFile, logs, current)
  return {
    folder: logs,
    logrotateFile,
    append: (record) => appendFileSync(currentFile, `${JSON.stringify(record)}\n`, { mode: current.mode }),
    change(wanted) {
      current = { ...current, ...wanted }
      if (wanted.days !== undefined || wanted.gap !== undefined) writeRecords(logs, current)
      for (const name of readdirSync(logs)) chmodSync(join(logs, name), current.mode)
      writeRule(logrotateFile, logs, current)
    },
  }
}

function writeRecords(logs: string, { days, gap, mode, period }: LogSettings): void {
  for (const name of readdirSync(logs)) rmSync(join(logs, name))
  const now = Date.now()
  const span = period === 'daily' ? day : 7 * day
  // logrotate runs soon after midnight: every file begins at a midnight, UTC here.
  const files = new Map<number, string[]>([[0, []]])
  const today = Math.floor(now / day) * day
  for (let at = now - days * day; at <= now; at += day / 48) {
    const daysAgo = (now - at) / day
    if (gap && daysAgo < gap.fromDaysAgo && daysAgo > gap.toDaysAgo) continue
    const number = at >= today ? 0 : Math.ceil((today - at) / span)
    const lines = files.get(number) ?? []
    lines.push(JSON.stringify(exampleRecord(at)))
    files.set(number, lines)
  }
  for (const [number, lines] of files) {
    const text = lines.map((line) => `${line}\n`).join('')
    const name = number === 0 ? 'audit.log' : number === 1 ? 'audit.log.1' : `audit.log.${number}.gz`
    const file = join(logs, name)
    writeFileSync(file, number > 1 ? gzipSync(text, { level: 1 }) : text)
    chmodSync(file, mode)
  }
}

const actions = [
  { who: 'customer-portal', action: 'GET', path: '/customers', status: 200, outcome: 'success' },
  { who: 'customer-portal', action: 'GET', path: '/customers/c-1001', status: 200, outcome: 'success' },
  { who: 'reporting-job', action: 'GET', path: '/reports', status: 200, outcome: 'success' },
  { who: 'unknown', action: 'GET', path: '/customers', status: 401, outcome: 'denied' },
  { who: 'reporting-job', action: 'GET', path: '/reports/r-2026-q2', status: 200, outcome: 'success' },
] as const satisfies readonly Omit<AuditRecord, 'time' | 'from'>[]

function exampleRecord(at: number): AuditRecord {
  const turn = Math.floor(at / (day / 48))
  const action = actions[turn % actions.length] ?? actions[0]
  return { time: new Date(at).toISOString(), ...action, from: `192.0.2.${(turn % 50) + 1}` }
}

function writeRule(file: string, logs: string, { mode, period, rotate }: LogSettings): void {
  const lines = [
    `${join(logs, 'audit.log')} {`,
    `    ${period}`,
    `    rotate ${rotate}`,
    '    compress',
    '    delaycompress',
    '    missingok',
    `    create ${mode.toString(8).padStart(4, '0')}`,
    '}',
  ]
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o644 })
}
