import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noStamping } from '../../../src/app/stamp-ledger.ts'
import { writeCheckpoint } from '../../../src/app/state-checkpoint.ts'
import type { Sha256 } from '../../../src/model/digest.ts'
import { rejectionOf, start, temporaryFolder } from '../../helpers/ledger.ts'

const statement = {
  checkpoint: { size: 3, root: '0'.repeat(64) as Sha256, note: 'the note of three entries', created: start },
  ...{ key: 'the key', stamping: noStamping, reply: Buffer.from('a reply') },
}

test('a statement is written once, and a second time it is left as it is', async () => {
  const folder = temporaryFolder()
  for (const time of [1, 2]) {
    const written = await writeCheckpoint(folder, statement)
    expect({ time, texts: written.map((path) => readFileSync(path, 'utf8')) }).toEqual({
      ...{ time, texts: ['the note of three entries', 'a reply', 'the key\n'] },
    })
  }
})

test('what a crash or a full disk left of a statement is completed, and what says something else is never overwritten', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'checkpoint-3.txt')
  for (const torn of ['', 'the note of']) {
    writeFileSync(path, torn)
    await writeCheckpoint(folder, statement)
    expect(readFileSync(path, 'utf8')).toBe('the note of three entries')
  }
  for (const other of ['another note', 'the note of three entries, and more']) {
    writeFileSync(path, other)
    expect(await rejectionOf(writeCheckpoint(folder, statement))).toMatchObject({ code: 'AFD_CHECKPOINT_WRITE' })
    expect(readFileSync(path, 'utf8')).toBe(other)
  }
})
