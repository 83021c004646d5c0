import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../src/ledger/open.ts'
import { clock, origin, temporaryFolder } from '../helpers/ledger.ts'
import { crashOnce } from '../helpers/ledger-crash.ts'

test('two hundred kills in the middle of appends lose nothing that was acknowledged', async () => {
  const path = join(temporaryFolder(), 'evidence.db')
  await (await openStore({ path, origin, clock, mode: 'create' }))[Symbol.asyncDispose]()
  for (let round = 0; round < 200; round += 1) {
    const { missing, verification } = await crashOnce(path, `run-${round}`, (round * 37) % 60)
    expect({ round, missing, ...verification }).toMatchObject({ missing: 0, verdict: 'verified', problems: [] })
  }
})
