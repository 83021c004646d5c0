import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openStore } from '../../src/ledger/open.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import type { StampCheck } from '../../src/ledger/verify-timestamps.ts'
import type { Clock, Instant } from '../../src/model/time.ts'
import { later } from '../../src/model/time.ts'
import { newEntry, origin, signer, start, temporaryFolder } from '../helpers/ledger.ts'
import { tamper } from '../helpers/ledger-tamper.ts'

/* Tokens of these tests are JSON: what a token must be is not the ledger's business. */

const { publicKey } = signer
const minute = 60_000

const checkStamp: StampCheck = async (token, data) => {
  const { over, time } = JSON.parse(Buffer.from(token).toString())
  if (over !== Buffer.from(data).toString()) throw new Error('it is about other data')
  return { time, accuracyMs: 1000, authority: 'CN=TSA', anchored: true }
}

const tokenOver = (note: string, time: Instant) => Buffer.from(JSON.stringify({ over: note, time }))

/** What happens in a ledger, one thing after the other; the machine's clock says `at`. */
type Act = { readonly at: Instant } & (
  | { readonly collected: readonly Instant[] }
  | { readonly stampedAt: Instant; readonly receivedAt?: Instant }
)

async function ledgerOf(...acts: readonly Act[]): Promise<string> {
  const path = join(temporaryFolder(), 'evidence.db')
  let now = start
  const clock: Clock = { now: () => now }
  await using store = await openStore({ path, origin, clock, mode: 'create' })
  for (const act of acts) {
    now = act.at
    if ('collected' in act) {
      await store.append(act.collected.map((collected, number) => newEntry(number, { collected })))
      continue
    }
    const { note } = await store.checkpoint(signer)
    now = act.receivedAt ?? act.at
    await store.keepTimestamp({ note, token: tokenOver(note, act.stampedAt) })
  }
  return path
}

const verify = (path: string, check: StampCheck | undefined = checkStamp) =>
  verifyStore({ path, publicKey, checkStamp: check })

test('stamps that hold bound the time of the entries under them, and agree with what the machine said', async () => {
  const at = (minutes: number) => later(start, minutes * minute)
  const path = await ledgerOf(
    { at: at(0), collected: [at(0), at(0)] },
    { at: at(1), stampedAt: at(1) },
    { at: at(60), collected: [at(60)] },
    { at: at(61), stampedAt: at(61) },
  )
  const bound = { accuracyMs: 1000, authority: 'CN=TSA', anchored: true }
  expect(await verify(path)).toMatchObject({
    verdict: 'verified',
    timestamps: 2,
    bounds: [
      { ...bound, size: 2, time: at(1) },
      { ...bound, size: 3, time: at(61) },
    ],
    contradictions: [],
  })
})

test('without anything that judges them, time stamps are not accepted', async () => {
  const path = await ledgerOf({ at: start, collected: [start] }, { at: start, stampedAt: start })
  const result = await verifyStore({ path, publicKey })
  expect(result).toMatchObject({ verdict: 'refused', problems: [{ code: 'timestamp-unchecked' }], bounds: [] })
})

test('an entry that claims a time after a stamp had covered it is told, and accuses no byte', async () => {
  const ahead = later(start, 3 * 60 * minute)
  const path = await ledgerOf(
    { at: start, collected: [start] },
    { at: ahead, collected: [ahead, ahead, later(ahead, minute)] },
    { at: start, stampedAt: start },
  )
  const result = await verify(path)
  expect(result).toMatchObject({ verdict: 'verified', contradictions: [{ entry: 1 }] })
  expect(result.contradictions).toHaveLength(1)
  expect(result.contradictions[0]?.message).toContain('E-1 to E-3')
  expect(result.contradictions[0]?.message).toContain(later(ahead, minute))
})

test('the earliest stamp over an entry counts, whichever came first', async () => {
  const at = (minutes: number) => later(start, minutes * minute)
  const path = await ledgerOf(
    { at: at(0), collected: [at(0)] },
    { at: at(30), stampedAt: at(30) },
    { at: at(20), collected: [at(20)] },
    // Stamped earlier although it holds more: so the first entry is bounded by it as well.
    { at: at(10), stampedAt: at(10) },
  )
  expect((await verify(path)).contradictions).toMatchObject([{ entry: 1 }])
})

test('what is dated well before what was recorded before it is told, with or without a stamp', async () => {
  const at = (minutes: number) => later(start, minutes * minute)
  const own = { kind: 'run.started', component: null, target: null, expires: null } as const
  const path = join(temporaryFolder(), 'evidence.db')
  {
    await using store = await openStore({ path, origin, clock: { now: () => start }, mode: 'create' })
    await store.append([
      newEntry(0, { ...own, collected: at(0) }),
      newEntry(1, { ...own, collected: at(60) }),
      // What collectors bring may be older than its recording by as long as a collection takes.
      newEntry(2, { collected: at(1) }),
      newEntry(3, { ...own, collected: at(56) }),
      newEntry(4, { ...own, collected: at(20) }),
      newEntry(5, { ...own, collected: at(21) }),
      newEntry(6, { ...own, collected: at(61) }),
      newEntry(7, { collected: at(-2 * 24 * 60) }),
    ])
    await store.checkpoint(signer)
  }
  const { verdict, contradictions } = await verify(path)
  expect(verdict).toBe('verified')
  expect(contradictions.map(({ entry }) => entry)).toEqual([4, 7])
  expect(contradictions[0]?.message).toContain('E-4 to E-5 were recorded after E-1')
  expect(contradictions[0]?.message).toContain(at(20))
})

test('clocks that differ by less than five minutes contradict nothing', async () => {
  const path = await ledgerOf(
    { at: start, collected: [later(start, 4 * minute)] },
    { at: later(start, 4 * minute), stampedAt: start },
  )
  expect(await verify(path)).toMatchObject({ verdict: 'verified', contradictions: [] })
})

test('a checkpoint that claims to be younger than its stamp, and a clock set back meanwhile, are told', async () => {
  const young = await ledgerOf({ at: start, collected: [start] }, { at: later(start, 60 * minute), stampedAt: start })
  expect((await verify(young)).contradictions.map(({ message }) => message)).toEqual([
    expect.stringContaining('says that it was made at 2026-09-09T03:00:00.000Z'),
    expect.stringContaining('clock said 2026-09-09T03:00:00.000Z'),
  ])
  const back = await ledgerOf({ at: start, collected: [start] }, { at: later(start, -60 * minute), stampedAt: start })
  expect((await verify(back)).contradictions).toHaveLength(1)
})

test.each([
  [
    'a changed token',
    "UPDATE timestamps SET token = CAST(replace(CAST(token AS TEXT), '2026', '2025') || 'x' AS BLOB)",
  ],
  ['a stamp moved to another checkpoint', 'UPDATE timestamps SET checkpoint = 1'],
  ['a stamp over no checkpoint', 'UPDATE timestamps SET checkpoint = 7'],
  ['a time of arrival that is none', "UPDATE timestamps SET received = 'yesterday'"],
])('%s is refused, and named', async (_, statement) => {
  const path = await ledgerOf(
    { at: start, collected: [start] },
    { at: start, stampedAt: start },
    { at: start, collected: [start] },
    { at: start, stampedAt: start },
  )
  tamper(path, 'PRAGMA foreign_keys = OFF', `${statement} WHERE id = 2`)
  const { verdict, problems } = await verify(path)
  expect(verdict).toBe('refused')
  expect(problems).toHaveLength(1)
  expect(problems[0]?.code).toMatch(/^timestamp-(form|token)$/)
  expect(problems[0]?.message).toContain('time stamp 2')
})

test('a stamp that was taken out from among others is missed', async () => {
  const stamp = { at: start, stampedAt: start }
  const path = await ledgerOf({ at: start, collected: [start] }, stamp, { at: start, collected: [start] }, stamp)
  tamper(path, 'DELETE FROM timestamps WHERE id = 1')
  expect(await verify(path)).toMatchObject({
    verdict: 'refused',
    problems: [{ code: 'timestamp-missing', looksLike: 'tampering' }],
  })
})

test('a stamp is neither changed, nor removed, nor replaced by an honest program', async () => {
  const path = await ledgerOf({ at: start, collected: [start] }, { at: start, stampedAt: start })
  const file = new Database(path)
  for (const statement of [
    "UPDATE timestamps SET received = ''",
    'DELETE FROM timestamps',
    "INSERT OR REPLACE INTO timestamps (id, checkpoint, token, received) VALUES (1, 1, x'00', '')",
  ]) {
    expect(() => file.exec(statement)).toThrow('only grows')
  }
  file.close()
})
