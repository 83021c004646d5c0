import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { importBundle } from '../../src/app/bundle/import.ts'
import { verifyBundle } from '../../src/app/bundle/verify.ts'
import { makeKeys } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import { verifyTheStore } from '../../src/app/verify.ts'
import { collectNow, exportEvidence } from '../../src/app.ts'
import type { Period } from '../../src/model/period.ts'
import { instant } from '../../src/model/time.ts'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { openShop } from '../helpers/shop.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const run = promisify(execFile)
const signal = AbortSignal.timeout(300_000)
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let project: Project
let between: string
const at = (...names: string[]) => join(folder.path, ...names)

beforeAll(async () => {
  folder = await temporaryFolder()
  await makeKeys({ folder: at('keys'), organisation: 'Example Retail Ltd', passphrase: null })
  project = await openShop(folder.path)
  await collectNow(project, { targets: project.config.plan, signal })
  await new Promise((done) => setTimeout(done, 5))
  between = instant(Date.now())
  for (const _ of [1, 2]) await collectNow(project, { targets: project.config.plan, signal })
  await bundle(null, 'whole')
  await bundle(null, 'whole.zip')
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

test('every command of a bundle’s README works as it is written, with openssl and sha256sum alone', async () => {
  for (const name of ['whole', 'part']) {
    if (name === 'part') await bundle(later(), name)
    const blocks = [...(await readFile(at(name, 'README.md'), 'utf8')).matchAll(/^```bash\n(.*?)^```$/gms)]
    expect(blocks).toHaveLength(5)
    const outputs: string[] = []
    for (const [, block = ''] of blocks) {
      const { stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', block], { cwd: at(name) })
      outputs.push(stdout + stderr)
    }
    expect(outputs[0]).toBe('every file is as the manifest says\n')
    expect(outputs[1]?.match(/Signature Verified Successfully/g)).toHaveLength(2)
    expect(outputs[1]).toContain('it signed this very manifest')
    expect(outputs[2]).toBe('every artefact is the one that was committed to\n')
    expect(outputs[3]).toMatch(/leads to ([0-9a-f]{64})\nthe checkpoint: \1\n/)
    expect(outputs[4]).toContain('not revoked, says revocation/001.crl')
    // Following the text leaves nothing behind in the bundle.
    expect((await verifyBundle(at(name))).verdict).toBe('accepted')
  }
})

test('of a file with a certificate and its key, a bundle has the certificate alone', async () => {
  const files = ['report.key.pem', 'report.cert.pem'].map((name) => readFile(at('keys', name), 'utf8'))
  const [key = '', certificate = ''] = await Promise.all(files)
  await writeFile(at('both.pem'), key + certificate)
  const together = await openShop(folder.path, 'signing: { certificates: [both.pem, absent.pem] }\n')
  await exportEvidence(together, { period: null, output: at('together'), signal })
  await openShop(folder.path)
  expect(await readdir(at('together/certificates'))).toEqual(['1-both.pem'])
  expect(await readFile(at('together/certificates/1-both.pem'), 'utf8')).toBe(certificate)
})

test('a zip archive is what unzip reads, with the same files as the folder', async () => {
  await run('unzip', ['-q', at('whole.zip'), '-d', at('unpacked')])
  const files = async (name: string) => (await readdir(at(name), { recursive: true })).sort()
  expect(await files('unpacked')).toEqual(await files('whole'))
  for (const name of ['unpacked', 'whole.zip', 'whole']) {
    expect(await verifyBundle(at(name))).toMatchObject({ verdict: 'accepted', whole: true })
  }
  await run('zip', ['-qr', at('packed-anew.zip'), '.'], { cwd: at('unpacked') })
  expect((await verifyBundle(at('packed-anew.zip'))).verdict).toBe('accepted')
})

test('a whole ledger is imported again, verifies, and goes on', async () => {
  const other = await another('imported')
  // What another store left beside the place would become part of this one.
  const log = at('imported', 'affidavit.db-wal')
  await writeFile(log, 'frames')
  await expect(importBundle(other, at('whole.zip'))).rejects.toMatchObject({ code: 'AFD_STORE_EXISTS' })
  await rm(log)
  await importBundle(other, at('whole.zip'))
  // The store is one file, and nothing of it stands in a write-ahead log that did not get its name: 1 in its header.
  expect((await readFile(at('imported', 'affidavit.db')))[18]).toBe(1)
  const [before, after] = [await verifyTheStore(project, signal), await verifyTheStore(other, signal)]
  expect(after).toMatchObject({ verdict: 'verified', root: before.root, checkpoints: before.checkpoints })
  await collectNow(other, { targets: other.config.plan, signal })
  const kept = at('whole', 'checkpoint.txt')
  expect(await verifyTheStore(other, signal, kept)).toMatchObject({ verdict: 'verified', problems: [] })
  await expect(importBundle(other, at('whole.zip'))).rejects.toMatchObject({ code: 'AFD_STORE_EXISTS' })
})

test('a part of a ledger, another ledger’s key, a refused bundle, or what is none is not imported', async () => {
  const other = await another('refusing')
  await bundle(later(), 'some')
  expect(await verifyBundle(at('some'))).toMatchObject({ verdict: 'accepted', whole: false })
  await expect(importBundle(other, at('some'))).rejects.toMatchObject({ code: 'AFD_IMPORT_PARTIAL', exitCode: 2 })
  await cp(at('whole'), at('broken'), { recursive: true })
  await rm(at('broken', 'controls.json'))
  await expect(importBundle(other, at('broken'))).rejects.toMatchObject({ code: 'AFD_BUNDLE_REFUSED', exitCode: 4 })
  await rm(at('refusing', 'keys'), { recursive: true })
  await makeKeys({ folder: at('refusing', 'keys'), organisation: 'Example Retail Ltd', passphrase: null })
  await expect(importBundle(other, at('whole'))).rejects.toMatchObject({ code: 'AFD_IMPORT_KEY', exitCode: 2 })
  const noBundle = importBundle(other, at('affidavit.yaml'))
  await expect(noBundle).rejects.toMatchObject({ code: 'AFD_IMPORT_NO_BUNDLE', exitCode: 2 })
  await expect(importBundle(other, at('nothing.zip'))).rejects.toMatchObject({ code: 'AFD_BUNDLE_UNREADABLE' })
  expect(await readdir(at('refusing'))).not.toContain('affidavit.db')
})

test('one changed byte anywhere in a folder or an archive is refused', async () => {
  for (const name of await readdir(at('whole'), { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue
    const path = join(name.parentPath, name.name)
    const bytes = await readFile(path)
    const changed = Buffer.from(bytes)
    const index = Math.floor(bytes.length / 2)
    changed[index] = (changed[index] ?? 0) ^ 1
    await writeFile(path, changed)
    expect((await verifyBundle(at('whole'))).verdict, path).toBe('refused')
    await writeFile(path, bytes)
  }
  const archive = await readFile(at('whole.zip'))
  const untouched = (await verifyBundle(at('whole.zip'))).checks
  for (let index = 0; index < archive.length; index += Math.ceil(archive.length / 40)) {
    const changed = Buffer.from(archive)
    changed[index] = (changed[index] ?? 0) ^ 0x10
    await writeFile(at('changed.zip'), changed)
    const { verdict, checks } = await verifyBundle(at('changed.zip')).catch(() => ({ verdict: 'refused', checks: [] }))
    // Some bytes of an archive are nobody's: dates, rights. Then all files must be exactly the same.
    if (verdict === 'accepted') expect(checks).toEqual(untouched)
  }
  expect((await verifyBundle(at('whole'))).verdict).toBe('accepted')
})

test('what somebody without the key makes of a bundle is refused, even with a new manifest', async () => {
  await cp(at('whole'), at('forged'), { recursive: true })
  const lines = (await readFile(at('forged', 'entries.jsonl'), 'utf8')).split('\n')
  await writeFile(at('forged', 'entries.jsonl'), lines.slice(1).join('\n'))
  const names = (await readFile(at('forged', 'manifest.sha256'), 'utf8')).trim().split('\n')
  const files = names.map((line) => line.slice(66))
  const { stdout } = await run('sha256sum', files, { cwd: at('forged') })
  await writeFile(at('forged', 'manifest.sha256'), stdout)
  const { verdict, checks } = await verifyBundle(at('forged'))
  expect(verdict).toBe('refused')
  expect(checks.map(({ holds }) => holds).filter((holds) => holds === false).length).toBeGreaterThanOrEqual(2)

  await cp(at('whole'), at('more'), { recursive: true })
  await writeFile(at('more', 'note.txt'), 'also read this')
  expect((await verifyBundle(at('more'))).checks[0]?.sentence).toBe('note.txt was added.')
  await rm(at('more', 'note.txt'))
  expect((await verifyBundle(at('more'))).verdict).toBe('accepted')
  const signed = await readFile(at('more', 'manifest.txt'), 'utf8')
  await writeFile(at('more', 'manifest.txt'), `${signed}— somebody/else ${Buffer.alloc(68).toString('base64')}\n`)
  expect((await verifyBundle(at('more'))).verdict).toBe('refused')
})

test('on the command line a bundle is exported, accepted and refused with the right exit codes', async () => {
  const cli = (...args: string[]) => affidavit(args, { cwd: folder.path })
  const exported = await cli('evidence', 'export', '--all', '-o', 'cli.zip', '--json')
  expect(JSON.parse(exported.stdout)).toMatchObject({ output: 'cli.zip', whole: true })
  expect((await cli('verify', 'cli.zip')).code).toBe(0)
  expect((await affidavit(['verify', '.'], { cwd: at('whole') })).code).toBe(0)
  expect((await cli('verify', 'forged')).code).toBe(4)
  expect((await cli('evidence', 'export', '-o', 'cli.zip')).stderr).toContain('AFD_BUNDLE_EXISTS')
  expect((await cli('evidence', 'export', '--period', '2001-Q1', '-o', 'none')).stderr).toContain('AFD_BUNDLE_EMPTY')
  expect(await readdir(folder.path)).not.toContain('none')
})

function later(): Period {
  return { id: 'later', from: instant(between), to: instant(Date.now() + 1000) }
}

async function bundle(period: Period | null, name: string): Promise<void> {
  await exportEvidence(project, { period, output: at(name), signal })
}

async function another(name: string): Promise<Project> {
  await mkdir(at(name))
  await cp(at('keys'), at(name, 'keys'), { recursive: true })
  return await openShop(at(name))
}
