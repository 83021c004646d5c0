import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { makeKeys } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import { collectNow, exportEvidence } from '../../src/app.ts'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { everythingIn, writeStore } from '../helpers/rewritten-store.ts'
import { openShop } from '../helpers/shop.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const honest = () => join(folder.path, 'honest')
const forged = () => join(folder.path, 'forged')
const elsewhere = () => join(folder.path, 'elsewhere')

beforeAll(async () => {
  folder = await temporaryFolder()
  for (const place of [honest(), forged(), elsewhere()]) await mkdir(place)
  const project = await shopIn(honest())
  await collectNow(project, { targets: project.config.plan, signal: AbortSignal.timeout(60_000) })
  await bundle(project, 'honest.zip')
  const other = await shopIn(forged())
  const written = await everythingIn(project)
  await writeStore(
    other,
    written.map((entry) =>
      entry.kind === 'log.source' ? { ...entry, facts: { ...entry.facts, records: 4_000_000 } } : entry,
    ),
  )
  await bundle(other, 'forged.zip')
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

test('evidence replay says what follows and what stays open, and why', async () => {
  const { code, stdout, stderr } = await affidavit(['evidence', 'replay'], { cwd: honest() })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^collector {6}same in part\nlog-retention {2}1\n/)
  expect(stdout).toContain('Open in what was derived')
  expect(stdout).toMatch(/provenDays, gaps, gapCount, zone: /)
  const one = await affidavit(['evidence', 'replay', 'E-3'], { cwd: honest() })
  expect(one.code).toBe(0)
  expect(one.stdout).toMatch(/^same in part {2}E-3 {2}log\.source {2}audit\n/)
})

test('a fact that was written otherwise, and signed, ends with 4 and is named', async () => {
  const { code, stdout } = await affidavit(['evidence', 'replay'], { cwd: forged() })
  expect(code).toBe(4)
  expect(stdout).toMatch(
    /^differs {2}E-3 {2}log\.source {2}audit\n {2}facts\.records\n {4}recorded {4}4000000\n {4}recomputed {2}1\n/,
  )
  expect((await affidavit(['verify', '--store'], { cwd: forged() })).code).toBe(0)
  expect((await affidavit(['verify', '--store', '--replay'], { cwd: forged() })).code).toBe(4)
})

test('whoever has the bundle alone needs no configuration', async () => {
  const at = (name: string) => join(folder.path, name)
  const cwd = elsewhere()
  expect((await affidavit(['verify', at('forged.zip')], { cwd })).code).toBe(0)
  const told = await affidavit(['verify', at('forged.zip'), '--replay'], { cwd })
  expect(told.code).toBe(4)
  expect(told.stdout).toMatch(/^ACCEPTED[\s\S]*differs {2}E-3/)
  const json = await affidavit(['verify', at('forged.zip'), '--replay', '--json'], { cwd })
  expect(JSON.parse(json.stdout)).toMatchObject({
    verdict: 'accepted',
    replay: {
      verdict: 'contradicted',
      events: [{ entry: 3, differences: [{ path: 'facts.records', recorded: 4_000_000, recomputed: 1 }] }],
    },
  })
  expect((await affidavit(['verify', at('honest.zip'), '--replay'], { cwd })).code).toBe(0)
  const whole = await affidavit(['evidence', 'replay', '--bundle', at('honest.zip'), '--json'], { cwd })
  expect(whole.code).toBe(0)
  expect(JSON.parse(whole.stdout)).toMatchObject({
    events: [{ type: 'entry', entry: 3, outcome: 'partly' }],
    tally: { verdict: 'follows', entries: 1, contradictions: 0 },
  })
})

test('what cannot be chosen is refused before anything is read', async () => {
  const code = async (...args: string[]) => (await affidavit(['evidence', 'replay', ...args], { cwd: honest() })).code
  expect(await code('E-1x')).toBe(2)
  expect(await code('99')).toBe(2)
  expect(await code('E-3', '--target', 'shop/log/log-retention')).toBe(2)
  expect(await code('--target', 'shop/none')).toBe(2)
  expect((await affidavit(['verify', 'report.pdf', '--replay'], { cwd: honest() })).code).toBe(2)
})

async function shopIn(place: string): Promise<Project> {
  await makeKeys({ folder: join(place, 'keys'), organisation: 'Example Retail Ltd', passphrase: null })
  const project = await openShop(place)
  await writeFile(join(place, 'report.pdf'), '%PDF-')
  return project
}

async function bundle(project: Project, name: string): Promise<void> {
  await exportEvidence(project, { period: null, output: join(folder.path, name), signal: AbortSignal.timeout(60_000) })
}
