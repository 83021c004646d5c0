import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../src/ledger/open.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import { clock, newEntries, origin, rejectionOf, temporaryFolder } from '../helpers/ledger.ts'
import { crashOnce, crashWhileErasing } from '../helpers/ledger-crash.ts'

test('two hundred kills in the middle of appends lose nothing that was acknowledged', async () => {
  const path = join(temporaryFolder(), 'evidence.db')
  await (await openStore({ path, origin, clock, mode: 'create' }))[Symbol.asyncDispose]()
  for (let round = 0; round < 200; round += 1) {
    const { missing, verification } = await crashOnce(path, `run-${round}`, (round * 37) % 60)
    expect({ round, missing, ...verification }).toMatchObject({ missing: 0, verdict: 'verified', problems: [] })
  }
}, 1_800_000)

test('eighty kills in the middle of erasures and rewritings leave an entry and its deed, or neither', async () => {
  const path = join(temporaryFolder(), 'evidence.db')
  await (await openStore({ path, origin, clock, mode: 'create' }))[Symbol.asyncDispose]()
  for (let round = 0; round < 80; round += 1) {
    const { missing, verification } = await crashWhileErasing(path, (round * 37) % 120)
    expect({ round, missing, ...verification }).toMatchObject({ missing: 0, verdict: 'verified', problems: [] })
  }
}, 1_800_000)

const mayMount = process.platform === 'linux' && process.getuid?.() === 0
test.runIf(mayMount)('a disk that is really full is told of, and everything acknowledged is still there', async () => {
  const folder = temporaryFolder()
  expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status).toBe(0)
  onTestFinished(() => void spawnSync('umount', [folder]))
  const path = join(folder, 'evidence.db')
  let acknowledged = 0
  let refusal: unknown
  {
    await using store = await openStore({ path, origin, clock, mode: 'create' })
    while (refusal === undefined) {
      refusal = await rejectionOf(store.append(newEntries(10, acknowledged)))
      if (refusal === undefined) acknowledged += 10
    }
    expect(await store.state()).toMatchObject({ size: acknowledged })
  }
  expect(refusal).toMatchObject({ code: 'AFD_STORE_FULL', exitCode: 3 })
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', entries: acknowledged })
})
