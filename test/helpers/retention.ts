import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeKeys } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import { openLedger, openProject } from '../../src/app.ts'
import type { Sha256 } from '../../src/model/digest.ts'
import type { Entry, NewEntry } from '../../src/model/evidence.ts'
import { instant, later } from '../../src/model/time.ts'

/** Days of 24 hours before now, on the machine's clock. */
export function daysAgo(days: number) {
  return later(instant(Date.now()), -days * 86_400_000)
}

/** A project with keys, a log to collect, and the given retention section. */
export async function retentionProject(folder: string, retention: string): Promise<Project> {
  await mkdir(folder, { recursive: true })
  await makeKeys({ folder: join(folder, 'keys'), organisation: 'Example Retail Ltd', passphrase: null })
  await writeFile(join(folder, 'audit.log'), `${JSON.stringify({ time: new Date().toISOString() })}\n`)
  return await retentionConfigured(folder, retention)
}

/** The same project with another retention section. */
export async function retentionConfigured(folder: string, retention: string): Promise<Project> {
  const file = join(folder, 'affidavit.yaml')
  await writeFile(
    file,
    `version: 1
organisation: { name: Example Retail Ltd, timeZone: Europe/Zurich }
systems:
  - id: shop
    name: Shop
    data: [personal]
    components:
      - id: log
        targets:
          - collector: log-retention
            schedule: hourly
            target: { logs: [{ id: audit, files: [audit.log] }] }
      - { id: old, targets: [] }
schedules: { hourly: { cron: "0 * * * *" } }
daemon: { port: 0 }
${retention}`,
  )
  return await openProject(file)
}

/** An entry with one artefact, as a collection so many days ago left it. */
export function oldEntry(days: number, text: string, change: Partial<NewEntry> = {}): NewEntry {
  return {
    run: '20260101T020000Z-abcd',
    slot: null,
    collector: { id: 'log-retention', version: 1 },
    configuration: '0'.repeat(64) as Sha256,
    component: 'shop/log',
    target: 'shop/log/log-retention',
    kind: 'log.source',
    subject: 'audit',
    methods: ['EXAMINE'],
    collected: daysAgo(days),
    expires: null,
    facts: { logId: 'audit' },
    artefacts: [{ name: `${text}.txt`, mediaType: 'text/plain', bytes: Buffer.from(text) }],
    ...change,
  }
}

/** Writes entries into the project's store. */
export async function record(project: Project, entries: readonly NewEntry[]): Promise<readonly Entry[]> {
  await using store = await openLedger(project, 'create')
  return await store.append(entries)
}
