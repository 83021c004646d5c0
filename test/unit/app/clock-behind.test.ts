import { join } from 'node:path'
import { expect, test } from 'vitest'
import { clockBehind } from '../../../src/app/clock-behind.ts'
import type { Project } from '../../../src/app/project.ts'
import { openStore } from '../../../src/ledger/open.ts'
import { later } from '../../../src/model/time.ts'
import { clock, newEntry, origin, start, temporaryFolder } from '../../helpers/ledger.ts'

test.each([
  [-3_600_000, undefined],
  [0, undefined],
  [1_500, undefined],
  [3_600_000, 3_600_000],
])('against an entry that is %d ms in the future the clock is behind by %j', async (aheadMs, behindMs) => {
  await using store = await openStore({ path: join(temporaryFolder(), 'e.db'), origin, clock, mode: 'create' })
  const project = { clock } as Project
  expect(await clockBehind(project, store)).toBeUndefined()
  await store.append([
    newEntry(0, { collected: later(start, 9_000_000) }),
    newEntry(1, { collected: later(start, aheadMs) }),
  ])
  expect((await clockBehind(project, store))?.behindMs).toBe(behindMs)
})
