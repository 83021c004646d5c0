import { spawn } from 'node:child_process'
import { readdir, readFile, utimes } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { sha256 } from '../../src/model/digest.ts'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { writeShop } from '../helpers/shop.ts'

const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
const kills = 24

test('a report whose process is killed at any moment leaves nothing half-written, and the next one is issued', async () => {
  await using folder = await temporaryFolder()
  const cli = (...args: string[]) => affidavit(args, { cwd: folder.path })
  const reports = join(folder.path, 'reports')
  await writeShop(folder.path)
  await cli('keys', 'make', '--organisation', 'Example Retail Ltd')
  await cli('run')
  const started = performance.now()
  expect((await cli('report')).code).toBeLessThanOrEqual(1)
  const wholeMs = performance.now() - started

  /** Digests of the reports that the ledger recorded, by id. */
  const recorded = async (): Promise<ReadonlyMap<string, string>> => {
    const listed = JSON.parse((await cli('evidence', 'list', '--json', '--kind', 'report.issued')).stdout)
    return new Map(listed.map(({ facts }: { facts: { id: string; sha256: string } }) => [facts.id, facts.sha256]))
  }

  for (let kill = 0; kill < kills; kill += 1) {
    const child = spawn(process.execPath, [main, 'report'], { cwd: folder.path, stdio: 'ignore' })
    const over = new Promise((done) => child.once('close', done))
    // Most of them towards the end, where files are written.
    await Promise.race([wait(wholeMs * (0.4 + (0.65 * kill) / kills)), over])
    child.kill('SIGKILL')
    await over
    const issued = await recorded()
    for (const name of (await readdir(reports)).filter((each) => each.endsWith('.pdf'))) {
      expect({ kill, name, digest: issued.get(name.slice(0, -4)) }).toEqual({
        kill,
        name,
        digest: sha256(await readFile(join(reports, name))),
      })
    }
  }

  // What was not recorded goes when nobody can be at it any more.
  const longAgo = new Date(Date.now() - 2 * 3_600_000)
  for (const name of await readdir(reports)) await utimes(join(reports, name), longAgo, longAgo)
  expect((await cli('report')).code).toBeLessThanOrEqual(1)
  const issued = [...(await recorded()).keys()]
  const expected = issued.flatMap((id) => ['html', 'json', 'pdf'].map((form) => `${id}.${form}`))
  expect((await readdir(reports)).sort()).toEqual(expected.sort())
  for (const id of issued) expect((await cli('verify', `reports/${id}.pdf`)).code).toBe(0)
  expect((await cli('verify', '--store')).code).toBe(0)
})
