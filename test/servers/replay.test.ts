import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { makeKeys } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import type { OmittedObservation, ReplayEvent, ReplayedEntry } from '../../src/app/replay/outcome.ts'
import type { ReplaySelection } from '../../src/app/replay/replay.ts'
import { startTally } from '../../src/app/replay/tally.ts'
import { verifyTheStore } from '../../src/app/verify.ts'
import { collectNow, openProject, replayStore } from '../../src/app.ts'
import type { Artefact, NewEntry } from '../../src/model/evidence.ts'
import { collectFrom } from '../helpers/collect.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { replayOf } from '../helpers/replay.ts'
import { everythingIn, writeStore } from '../helpers/rewritten-store.ts'
import { soundScripts, starttlsServer } from '../helpers/starttls-servers.ts'
import { issue } from '../helpers/tls-certificates.ts'
import { localCertificate, showing, tlsServer } from '../helpers/tls-servers.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const signal = AbortSignal.timeout(300_000)
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let project: Project
/** Everything in the store, as a person would append it who has the right to write and the key. */
let written: readonly NewEntry[]

beforeAll(async () => {
  folder = await temporaryFolder()
  await using server = await tlsServer(showing(localCertificate('RSA-2048'), localCertificate('P-256')))
  await writeFile(join(folder.path, 'anchor.pem'), issue({ commonName: 'Another Root', authority: true }).pem)
  project = await makeProject(folder.path, server.port)
  const { run } = await collectNow(project, { targets: project.config.plan, signal })
  expect(run.failed).toBe(0)
  written = await everythingIn(project)
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

test('every fact about a real TLS server follows again from its transcript', async () => {
  const { entries, omitted, tally } = await replayed(project)
  expect(entries.filter(({ outcome }) => outcome !== 'same')).toEqual([])
  expect(omitted).toEqual([])
  expect(entries.length).toBeGreaterThan(40)
  expect(tally).toMatchObject({ verdict: 'follows', derived: entries.length, contradictions: 0 })
})

describe('a store that verifies, and whose facts are not what the collector found', () => {
  test('names the entry and the fact that was written otherwise', async () => {
    const forged = await rewritten('forged', (entries) =>
      entries.map((entry) =>
        entry.kind === 'tls.protocol' && entry.facts.protocol === 'TLSv1.2'
          ? { ...entry, facts: { ...entry.facts, offered: 'no', suites: [] } }
          : entry,
      ),
    )
    expect((await verifyTheStore(forged, signal)).verdict).toBe('verified')
    const { entries, omitted, tally } = await replayed(forged)
    const differing = entries.filter(({ outcome }) => outcome !== 'same')
    expect(differing).toHaveLength(1)
    expect(differing[0]).toMatchObject({ kind: 'tls.protocol', outcome: 'differs' })
    expect(differing[0]?.differences).toContainEqual({ path: 'facts.offered', recorded: 'no', recomputed: 'yes' })
    expect(omitted).toEqual([])
    expect(tally.verdict).toBe('contradicted')
  })

  test('tells what was left out of a completed collection', async () => {
    const forged = await rewritten('left-out', (entries) =>
      entries.filter(({ kind, facts }) => kind !== 'tls.weakness' || facts.name !== 'lucky13'),
    )
    const { entries, omitted, tally } = await replayed(forged)
    expect(entries.every(({ outcome }) => outcome === 'same')).toBe(true)
    expect(omitted).toEqual([expect.objectContaining({ kind: 'tls.weakness' })])
    expect(tally).toMatchObject({ verdict: 'contradicted', contradictions: 1, omitted: 1 })
  })

  test('finds an observation that nobody made', async () => {
    const forged = await rewritten('invented', (entries) =>
      entries.flatMap((entry) =>
        entry.kind === 'tls.grade' ? [entry, { ...entry, facts: { grade: 'A+' } }] : [entry],
      ),
    )
    const { entries } = await replayed(forged)
    expect(entries.filter(({ outcome }) => outcome !== 'same')).toEqual([
      expect.objectContaining({ kind: 'tls.grade', outcome: 'unfounded' }),
    ])
  })

  test('finds evidence that was moved to another subject or another day', async () => {
    const forged = await rewritten('moved', (entries) =>
      entries.map((entry) => (entry.kind === 'tls.grade' ? { ...entry, subject: 'api.example.test:443' } : entry)),
    )
    const { entries } = await replayed(forged)
    const [moved] = entries.filter(({ outcome }) => outcome === 'differs')
    expect(moved?.differences.map(({ path }) => path)).toEqual(['subject'])
  })

  test('does not take bytes that are no transcript for evidence', async () => {
    const forged = await rewritten('garbage', (entries) =>
      entries.map((entry) => ({ ...entry, artefacts: entry.artefacts.map(spoilt) })),
    )
    const { entries } = await replayed(forged)
    expect(new Set(entries.map(({ outcome }) => outcome))).toEqual(new Set(['unreadable']))
  })
})

test('another version of the collector is said, and nothing is compared', async () => {
  const older = await rewritten('older', (entries) =>
    entries.map((entry) => ({ ...entry, collector: { ...entry.collector, version: entry.collector.version + 1 } })),
  )
  const { entries, tally } = await replayed(older)
  expect(new Set(entries.map(({ outcome }) => outcome))).toEqual(new Set(['other-version']))
  expect(tally).toMatchObject({ verdict: 'nothing-derived', derived: 0, contradictions: 0 })
})

test('single entries are replayed with their collection, and nothing else is told', async () => {
  const { entries } = await replayed(project)
  const chosen = entries.slice(3, 5).map(({ entry }) => entry)
  const some = await replayed(project, { sequences: chosen })
  expect(some.entries.map(({ entry }) => entry)).toEqual(chosen)
  expect((await replayed(project, { target: 'shop/api/other' })).entries).toEqual([])
})

function spoilt(artefact: Artefact): Artefact {
  return artefact.name.startsWith('tls-transcript') ? { ...artefact, bytes: Buffer.from('{}') } : artefact
}

async function makeProject(path: string, port: number): Promise<Project> {
  await makeKeys({ folder: join(path, 'keys'), organisation: 'Example Retail Ltd', passphrase: null })
  const file = join(path, 'affidavit.yaml')
  await writeFile(
    file,
    `version: 1
organisation: { name: Example Retail Ltd }
systems:
  - id: shop
    name: Shop
    components:
      - id: api
        targets: [{ collector: tls, target: { host: localhost, port: ${port}, trust: [anchor.pem] } }]
`,
  )
  return await openProject(file)
}

/** The store that a person makes who writes entries at will and signs them with the ledger's own key. */
async function rewritten(
  name: string,
  change: (entries: readonly NewEntry[]) => readonly NewEntry[],
): Promise<Project> {
  const path = join(folder.path, name)
  await mkdir(path)
  await writeFile(join(path, 'anchor.pem'), '')
  const other = await makeProject(path, 1)
  await writeStore(other, change(written))
  return other
}

async function replayed(of: Project, selection: ReplaySelection = {}) {
  const events: ReplayEvent[] = []
  const tally = startTally()
  for await (const event of replayStore(of, selection, signal)) {
    events.push(event)
    tally.add(event)
  }
  return {
    entries: events.flatMap((event): readonly ReplayedEntry[] => (event.type === 'entry' ? [event] : [])),
    omitted: events.flatMap((event): readonly OmittedObservation[] => (event.type === 'omitted' ? [event] : [])),
    tally: tally.result(),
  }
}

test('facts of servers that begin in plain text, by STARTTLS, follow again too', async () => {
  await using smtp = await starttlsServer(soundScripts.smtp)
  const collection = await collectFrom(tlsCollector, { host: 'localhost', port: smtp.port, starttls: 'smtp' })
  const { entries, omitted } = await replayOf(tlsCollector, collection)
  expect(entries.filter(({ outcome }) => outcome !== 'same')).toEqual([])
  expect(entries.length).toBeGreaterThan(40)
  expect(omitted).toEqual([])
})
