import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { importBundle } from '../../src/app/bundle/import.ts'
import { verifyBundle } from '../../src/app/bundle/verify.ts'
import { demandedErasure, eraseOnDemand } from '../../src/app/erase-on-demand.ts'
import { openLedgerKey } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import { applyRetention } from '../../src/app/retention-apply.ts'
import { planRetention } from '../../src/app/retention-plan.ts'
import { verifyTheStore } from '../../src/app/verify.ts'
import { exportEvidence, openLedger } from '../../src/app.ts'
import { StoreError } from '../../src/model/errors.ts'
import type { Period } from '../../src/model/period.ts'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { tamper } from '../helpers/ledger-tamper.ts'
import { daysAgo, oldEntry, record, retentionConfigured, retentionProject } from '../helpers/retention.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const signal = AbortSignal.timeout(600_000)
const policy = '{ id: raw-personal, data: personal, keep: 60d, basis: storage limitation }'
const policies = `retention: { policies: [${policy}] }\n`
const hold = '{ id: H-1, reason: a claim, approver: counsel, component: shop/old, from: 2026-01-01 }'
const withHold = `retention: { policies: [${policy}], holds: [${hold}] }\n`

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let number = 0
const here = () => join(folder.path, String(number))

beforeAll(async () => {
  folder = await temporaryFolder()
})
beforeEach(() => {
  number += 1
})
afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

/** Old, shared between old and young, old and of another component, young, and an entry of today. */
async function filled(retention: string): Promise<Project> {
  const project = await retentionProject(here(), retention)
  await record(project, [
    oldEntry(120, 'old'),
    oldEntry(110, 'shared'),
    oldEntry(100, 'held', { component: 'shop/old', target: 'shop/old/log-retention' }),
    oldEntry(10, 'shared'),
    oldEntry(9, 'young'),
    oldEntry(0, 'today'),
  ])
  return project
}

const names = (artefacts: readonly { readonly name: string }[]) => artefacts.map(({ name }) => name)

async function apply(project: Project, only?: ReadonlySet<never>) {
  await using store = await openLedger(project, 'write')
  return await applyRetention(project, store, await openLedgerKey(project), {
    ...{ trigger: 'by-hand' as const, signal },
    ...(only ? { only } : {}),
  })
}

test('a plan tells what is due, what a hold keeps, what is kept and what no policy speaks of, and changes nothing', async () => {
  const project = await filled(withHold)
  await using store = await openLedger(project, 'read')
  const before = await store.state()
  const plan = await planRetention(project, store)
  expect(names(plan.due)).toEqual(['old.txt'])
  expect(plan.held).toMatchObject([{ name: 'held.txt', ruling: { policy: 'raw-personal', holds: ['H-1'] } }])
  expect(names(plan.kept)).toEqual(['shared.txt', 'young.txt', 'today.txt'])
  expect(plan.kept[0]?.uses.map(({ entry }) => entry)).toEqual([1, 3])
  expect(plan.ahead).toBeNull()
  expect(await store.state()).toEqual(before)
})

test('applying erases what is due as an entry that says why, signs for it, and leaves the rest', async () => {
  const project = await filled(withHold)
  const applied = await apply(project)
  expect(applied).toMatchObject({ artefacts: 1, size: 3, unscrubbed: null, erasures: [{ policy: 'raw-personal' }] })
  await using store = await openLedger(project, 'read')
  const erased = (await store.entry(applied.erasures[0]?.entry ?? -1))?.entry
  const commitment = (await store.entry(0))?.entry.artefacts[0]?.commitment
  expect(erased).toMatchObject({
    kind: 'artefact.erased',
    facts: {
      ...{ policy: 'raw-personal', basis: 'storage limitation', keep: '60d', reason: null, trigger: 'by-hand' },
      ...{ holds: ['H-1'], artefacts: [{ commitment, size: 3, entries: [0] }] },
    },
  })
  // What was in force can be read in the ledger before it.
  const kinds: string[] = []
  for await (const { entry } of store.entries({ after: 5 })) kinds.push(entry.kind)
  expect(kinds).toEqual(['configuration.recorded', 'catalogue.recorded', 'artefact.erased'])
  expect((await store.checkpoints()).at(-1)?.size).toBe((await store.state()).size)
  expect(await verifyTheStore(project, signal)).toMatchObject({
    ...{ verdict: 'verified', unsigned: 0, remnants: false },
    erasures: [{ policy: 'raw-personal', artefacts: 1 }],
  })
  expect(await apply(project)).toMatchObject({ artefacts: 0, erasures: [], unscrubbed: null })
})

test('a hold wins over a policy and over a demand, until it is lifted', async () => {
  const project = await filled(withHold)
  await apply(project)
  const demand = { entry: 'E-2', artefact: undefined, reason: 'asked', policy: undefined, basis: 'GDPR Art. 17' }
  {
    await using store = await openLedger(project, 'write')
    await expect(demandedErasure(project, store, demand)).rejects.toMatchObject({ code: 'AFD_ERASE_HELD', exitCode: 2 })
  }
  const lifted = await retentionConfigured(
    here(),
    withHold.replace('from: 2026-01-01', 'from: 2026-01-01, until: 2026-02-01'),
  )
  expect(await apply(lifted)).toMatchObject({ artefacts: 1, size: 4 })
})

test('very much of one policy becomes several entries', async () => {
  const project = await retentionProject(here(), policies)
  await record(
    project,
    Array.from({ length: 450 }, (_, n) => oldEntry(100, `text ${n}`)),
  )
  await record(project, [oldEntry(0, 'today')])
  const { erasures } = await apply(project)
  expect(erasures.map(({ artefacts }) => artefacts)).toEqual([200, 200, 50])
  expect(await verifyTheStore(project, signal)).toMatchObject({ verdict: 'verified', artefacts: 3 })
})

test('only what somebody saw in a plan is erased', async () => {
  const project = await filled(policies)
  expect(await apply(project, new Set())).toMatchObject({ artefacts: 0, erasures: [] })
})

test('a run that goes on keeps retention waiting', async () => {
  const project = await filled(policies)
  await using store = await openLedger(project, 'write')
  await using _ = await store.lockRuns()
  await expect(apply(project)).rejects.toMatchObject({ code: 'AFD_STORE_RUN_IN_PROGRESS' })
})

test('a clock set forward erases nothing early, one set back makes nothing look old', async () => {
  const project = await filled(policies)
  const planAt = async (days: number) => {
    await using store = await openLedger(project, 'read')
    return await planRetention({ ...project, clock: { now: () => daysAgo(-days) } }, store)
  }
  // In ten years by the machine's clock; by the ledger's newest entry it is still today.
  expect(names((await planAt(3650)).due)).toEqual(['old.txt', 'held.txt'])
  expect(names((await planAt(-115)).due)).toEqual([])
  const back = await planAt(-115)
  expect(back.ahead).toMatchObject({ entry: 1 })
  // An entry that says 1970, written behind one of today.
  await record(project, [oldEntry(20_000, 'clock was wrong')])
  expect(names((await planAt(0)).due)).toEqual(['old.txt', 'held.txt'])
})

test('a time stamp that is believed shows that evidence is no younger than it, whatever a clock said', async () => {
  const project = await retentionProject(here(), policies)
  await record(project, [oldEntry(-400, 'clock was wrong'), oldEntry(120, 'old'), oldEntry(0, 'today')])
  await using store = await openLedger(project, 'read')
  const bound = { size: 2, time: daysAgo(119), accuracyMs: 1000, authority: 'CN=TSA', anchored: true }
  const unstamped = await planRetention(project, store, [])
  expect(unstamped).toMatchObject({ due: [], ahead: { entry: 0 } })
  const stamped = await planRetention(project, store, [bound])
  expect(names(stamped.due)).toEqual(['clock was wrong.txt', 'old.txt'])
  // A stamp from before the term does not make it end, and one from long ago does not lend its age to what came later.
  expect((await planRetention(project, store, [{ ...bound, time: daysAgo(30) }])).due).toEqual([])
  expect(names((await planRetention(project, store, [bound])).kept)).toEqual(['today.txt'])
})

test('what was erased is told as erased even where the files cannot be rewritten', async () => {
  const project = await filled(policies)
  await using store = await openLedger(project, 'write')
  const full = {
    ...store,
    scrub: async () => Promise.reject(new StoreError('AFD_STORE_FULL', 'there is no room left')),
  }
  const applied = await applyRetention(project, full, await openLedgerKey(project), { trigger: 'by-hand', signal })
  expect(applied).toMatchObject({ artefacts: 2, unscrubbed: expect.stringContaining('SQLITE_TMPDIR') })
  expect(await verifyTheStore(project, signal)).toMatchObject({ verdict: 'verified', remnants: true })
  expect(await apply(project)).toMatchObject({ artefacts: 0, unscrubbed: null })
  expect(await verifyTheStore(project, signal)).toMatchObject({ verdict: 'verified', remnants: false })
})

test('a demand erases one artefact, or all of an entry, or what a commitment names, for every entry that shares it', async () => {
  const project = await filled(policies)
  const key = await openLedgerKey(project)
  const basis = { policy: undefined, basis: 'GDPR Art. 17', reason: 'request 4711' }
  await using store = await openLedger(project, 'write')
  const erase = async (entry: string | undefined, artefact?: string) => {
    const demand = { ...basis, entry, artefact }
    return await eraseOnDemand(project, store, key, demand, await demandedErasure(project, store, demand))
  }
  const seen = await demandedErasure(project, store, { ...basis, entry: 'E-3', artefact: 'shared.txt' })
  expect(seen.artefacts).toMatchObject([{ name: 'shared.txt', early: { policy: 'raw-personal' } }])
  const { erasures } = await erase('E-3', 'shared.txt')
  expect((await store.entry(erasures[0]?.entry ?? -1))?.entry.facts).toMatchObject({
    ...{ policy: null, basis: 'GDPR Art. 17', reason: 'request 4711', trigger: 'demand' },
    artefacts: [{ entries: [1, 3] }],
  })
  const commitment = (await store.entry(4))?.entry.artefacts[0]?.commitment
  expect(await erase(undefined, commitment)).toMatchObject({ artefacts: 1, size: 5 })
  await expect(erase('E-3')).rejects.toMatchObject({ code: 'AFD_ERASE_NOTHING' })
  await expect(erase('E-0', 'none.txt')).rejects.toMatchObject({ code: 'AFD_ARTEFACT_UNKNOWN' })
  await expect(erase(undefined)).rejects.toMatchObject({ code: 'AFD_ERASE_NOTHING' })
  const both = { ...basis, entry: 'E-0', artefact: undefined, policy: 'raw-personal' }
  await expect(demandedErasure(project, store, both)).rejects.toMatchObject({ code: 'AFD_ERASE_BASIS' })
  const unknown = { ...both, policy: 'none', basis: undefined }
  await expect(demandedErasure(project, store, unknown)).rejects.toMatchObject({ code: 'AFD_ERASE_BASIS' })
  const under = { ...both, basis: undefined }
  expect(await demandedErasure(project, store, under)).toMatchObject({ basis: 'storage limitation' })
})

test('a bundle takes along what says that its bytes were erased, verifies, and is imported; bytes gone otherwise are refused', async () => {
  const project = await filled(policies)
  await apply(project)
  const out = (name: string) => join(here(), name)
  const whole = await exportEvidence(project, { period: null, output: out('whole.zip'), signal })
  expect(whole).toMatchObject({ whole: true })
  const verified = await verifyBundle(out('whole.zip'))
  expect(verified).toMatchObject({ verdict: 'accepted', whole: true })
  expect(verified.checks.map(({ sentence }) => sentence).join(' ')).toContain('under policy raw-personal (E-8)')
  // A period that is over when its bytes are erased has the later entry with it.
  const past: Period = { id: 'past', from: daysAgo(130), to: daysAgo(105) }
  await exportEvidence(project, { period: past, output: out('past'), signal })
  expect(await verifyBundle(out('past'))).toMatchObject({ verdict: 'accepted', whole: false })

  number += 1
  const other = await retentionProject(here(), policies)
  await cp(join(project.directory, 'keys'), join(here(), 'keys'), { recursive: true })
  expect(await importBundle(other, join(project.directory, 'whole.zip'))).toMatchObject({
    ...{ verdict: 'verified', erasures: [{ entry: 8, policy: 'raw-personal' }] },
  })
  // As if somebody had taken bytes away, and signed a bundle without them.
  tamper(join(here(), 'affidavit.db'), 'DELETE FROM blobs WHERE size = 5')
  await exportEvidence(other, { period: null, output: join(here(), 'robbed'), signal })
  const refused = await verifyBundle(join(here(), 'robbed'))
  expect(refused.verdict).toBe('refused')
  expect(refused.checks.find(({ holds }) => holds === false)?.sentence).toContain('no entry says that it was erased')
})

test('on the command line a plan is shown, confirmed, applied and told of afterwards', async () => {
  const project = await filled(withHold)
  const cli = (...args: string[]) => affidavit(args, { cwd: project.directory })
  const plan = await cli('retention', 'plan')
  expect(plan.code).toBe(0)
  const today = (at: string) => at.replaceAll(/\d{4}-\d{2}-\d{2}/g, 'DAY')
  expect(today(plan.stdout)).toBe(`As of DAY (Europe/Zurich), over 6 entries with 5 artefacts.

Due
  raw-personal: 1 artefact (3 bytes) kept for 60d. storage limitation
    E-0  old.txt  3 bytes  shop/log  due since DAY

Held: due, but nobody may erase it
  H-1: 1 artefact (4 bytes) until it is lifted. a claim (counsel)

Not due
  raw-personal: 3 artefacts (16 bytes) kept for 60d; the next is due on DAY
  no policy: 0 artefacts
`)
  const unasked = await cli('retention', 'apply')
  expect(unasked.code).toBe(2)
  expect(unasked.stderr).toContain('AFD_ERASE_CONFIRM')
  expect(JSON.parse((await cli('retention', 'plan', '--json')).stdout).due).toHaveLength(1)
  const applied = await cli('retention', 'apply', '--yes', '--json')
  expect(JSON.parse(applied.stdout)).toMatchObject({ artefacts: 1, unscrubbed: null })
  const gone = await cli('evidence', 'show', 'E-0', '--artefact', 'old.txt')
  expect(gone.code).toBe(3)
  expect(gone.stderr).toContain('under policy raw-personal (E-8) (AFD_ARTEFACT_ERASED)')
  expect((await cli('evidence', 'show', 'E-0')).stdout).toMatch(
    /erased {2}old\.txt on .* under policy raw-personal \(E-8\)/,
  )
  const verified = await cli('verify', '--store')
  expect(verified.code).toBe(0)
  expect(verified.stdout).toMatch(/erased {2}1 artefact on .* under policy raw-personal \(E-8\)/)
  const held = await cli('evidence', 'erase', 'E-2', '--reason', 'asked', '--basis', 'GDPR Art. 17', '--yes')
  expect(held.code).toBe(2)
  expect(held.stderr).toContain('AFD_ERASE_HELD')
  const demanded = await cli('evidence', 'erase', 'E-4', '--reason', 'asked', '--policy', 'raw-personal', '--yes')
  expect(demanded.code).toBe(0)
  expect(demanded.stdout).toContain('policy raw-personal would have kept young.txt until')
  expect((await cli('check')).stdout).toContain('the policy "raw-personal" keeps raw bytes for 60d only')
})

test('a ledger that has not grown for long is measured up to its newest entry', async () => {
  const project = await retentionProject(here(), policies)
  await record(project, [oldEntry(100, 'old'), oldEntry(50, 'newest')])
  await using store = await openLedger(project, 'read')
  const plan = await planRetention(project, store)
  expect(plan.due).toHaveLength(0)
  expect(plan.now.earliest < daysAgo(49)).toBe(true)
})
