import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { verifyTheStore } from '../../src/app/verify.ts'
import { collectNow, openProject } from '../../src/app.ts'
import { instant } from '../../src/model/time.ts'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { writeShop } from '../helpers/shop.ts'

// Each command is a process of its own; a busy machine takes its time with them.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let folder: string
const cli = (...args: string[]) => affidavit(args, { cwd: folder })
const runsListed = async (): Promise<readonly { run: string; state: string }[]> =>
  JSON.parse((await cli('runs', 'list', '--json')).stdout)

beforeEach(async () => {
  const made = await temporaryFolder()
  onTestFinished(() => made[Symbol.asyncDispose]())
  folder = made.path
  mkdirSync(join(folder, 'disk'))
  await writeShop(folder, 'store: { path: disk/affidavit.db }\n')
  expect((await cli('keys', 'make', '--organisation', 'Example Retail Ltd')).code).toBe(0)
})

test('a clock that was set back is told and recorded, and nothing is lost', async () => {
  const project = await openProject(join(folder, 'affidavit.yaml'))
  const ahead = { ...project, clock: { now: () => instant(Date.now() + 2 * 3_600_000) } }
  const signal = AbortSignal.timeout(60_000)
  const { run: early } = await collectNow(ahead, { targets: project.config.plan, signal })
  const { stderr, stdout } = await cli('run')
  expect(stderr).toMatch(/clock says 20\S+Z, 2 hours before the ledger’s newest entry \(E-\d+, 20\S+Z\)/)
  expect(stdout).toContain('finished')
  expect((await cli('run')).stderr).not.toContain('clock')

  const listed = JSON.parse((await cli('evidence', 'list', '--json', '--kind', 'run.started')).stdout)
  const behind = listed.map(({ facts }: { facts: { clockBehindMs?: number } }) => facts.clockBehindMs ?? 0)
  expect(behind.filter((ms: number) => ms > 7_000_000)).toHaveLength(1)
  expect((await runsListed()).map(({ state }) => state)).toEqual(['finished', 'finished', 'finished'])
  expect((await runsListed()).map(({ run }) => run)).toContain(early.run)
  expect(await verifyTheStore(project, signal)).toMatchObject({ verdict: 'verified' })
})

const mayMount = process.platform === 'linux' && process.getuid?.() === 0
if (!mayMount)
  process.stderr.write('only root on Linux may mount a disk: the tests of full and read-only disks are SKIPPED\n')

describe.runIf(mayMount)('on a disk of its own, which only root on Linux may mount', () => {
  beforeEach(() => {
    mount('-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', join(folder, 'disk'))
    const disk = join(folder, 'disk')
    onTestFinished(() => void spawnSync('umount', [disk]))
  })

  test('a full disk is told with what to do, and what had been acknowledged is still there', async () => {
    expect((await cli('run')).code).toBeLessThanOrEqual(1)
    const [first] = await runsListed()
    fill(join(folder, 'disk', 'ballast'))
    const full = await cli('run')
    expect(full.code).toBe(3)
    expect(full.stderr).toMatch(/no room left on the disk that holds .*affidavit\.db/)
    expect(full.stderr).toContain('AFD_STORE_FULL')
    expect(full.stderr).toContain('Free some space')
    // Nobody is accused of what the disk lacks room for.
    for (const command of [
      ['verify', '--store'],
      ['evidence', 'list'],
    ]) {
      const { code, stderr } = await cli(...command)
      expect({ command, code }).toEqual({ command, code: expect.toBeOneOf([0, 3]) })
      if (code === 3) expect(stderr).toContain('AFD_STORE_FULL')
    }

    rmSync(join(folder, 'disk', 'ballast'))
    expect((await cli('verify', '--store')).code).toBe(0)
    expect((await runsListed()).find(({ run }) => run === first?.run)?.state).toBe('finished')
    expect((await cli('run')).code).toBeLessThanOrEqual(1)
    expect((await cli('verify', '--store')).code).toBe(0)
  })

  test('a read-only disk is told with what to do, and nothing on it changes', async () => {
    expect((await cli('run')).code).toBeLessThanOrEqual(1)
    mount('-o', 'remount,ro', join(folder, 'disk'))
    for (const command of [['run'], ['verify', '--store'], ['evidence', 'list']]) {
      const refused = await cli(...command)
      expect({ command, code: refused.code }).toEqual({ command, code: 3 })
      expect(refused.stderr).toContain('AFD_STORE_NOT_WRITABLE')
      expect(refused.stderr).toContain('use a copy')
    }
    mount('-o', 'remount,rw', join(folder, 'disk'))
    expect((await cli('verify', '--store')).code).toBe(0)
    expect(await runsListed()).toHaveLength(1)
  })
})

function mount(...args: readonly string[]): void {
  expect(spawnSync('mount', args, { encoding: 'utf8' })).toMatchObject({ status: 0 })
}

/** Takes all the room that there is. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096, 1))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(file)
  }
}
