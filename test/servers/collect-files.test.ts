import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectTarget } from '../../src/collect/collect-target.ts'
import type { Context } from '../../src/collect/contract.ts'
import { instant } from '../../src/model/time.ts'
import { collectorThat, thing } from '../helpers/collector-that.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'collect-files-'))
  await mkdir(join(directory, 'logs/deep'), { recursive: true })
  await writeFile(join(directory, 'logs/a.log'), 'hello world')
  await writeFile(join(directory, 'logs/deep/b.log'), 'deep')
  await writeFile(join(directory, 'outside.txt'), 'outside')
})
afterEach(() => rm(directory, { recursive: true }))

async function collect(paths: readonly string[], use: (context: Context) => Promise<unknown>, limits = {}) {
  const collector = collectorThat(async function* (context) {
    yield thing({ result: JSON.parse(JSON.stringify((await use(context)) ?? null)) })
  })
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined }
  const collection = await collectTarget(
    collector,
    { paths, limits },
    { clock: { now: () => instant(new Date()) }, signal: new AbortController().signal, log, baseDirectory: directory },
  )
  return { ...collection, result: collection.observations[0]?.facts.result }
}

const text = async (context: Context, path: string, options = {}) =>
  Buffer.from(await context.files.read(path, options)).toString()

test('a file within the reach is read, whole or in part, and its bytes are counted', async () => {
  const collection = await collect(['logs'], async (context) => [
    await text(context, 'logs/a.log'),
    await text(context, join(directory, 'logs/a.log'), { offset: 6 }),
    await text(context, 'logs/a.log', { offset: 6, maxBytes: 3 }),
    await text(context, 'logs/a.log', { offset: 100 }),
    await text(context, 'logs/deep/b.log'),
  ])
  expect(collection.result).toEqual(['hello world', 'world', 'wor', '', 'deep'])
  expect(collection.usage.bytesReceived).toBe(11 + 5 + 3 + 4)
})

test('a directory is listed in order, and a file says what it is', async () => {
  await chmod(join(directory, 'logs/a.log'), 0o640)
  const { result } = await collect(['logs'], async (context) => [
    await context.files.list('logs'),
    await context.files.stat('logs/a.log'),
    (await context.files.stat('logs')).kind,
  ])
  expect(result).toMatchObject([
    ['a.log', 'deep'],
    { path: join(directory, 'logs/a.log'), kind: 'file', size: 11, mode: 0o640 },
    'directory',
  ])
})

test.each(['outside.txt', 'logs/../outside.txt', '/etc/passwd', 'logs2', '.', 'logs/a.log.1/../../outside.txt'])(
  '%s is outside the reach',
  async (path) => {
    const { failure } = await collect(['logs'], (context) => context.files.read(path))
    expect(failure?.code).toBe('not-permitted')
  },
)

test('a link out of the reach is refused for reading, listing and looking at', async () => {
  await symlink(join(directory, 'outside.txt'), join(directory, 'logs/link'))
  await symlink(directory, join(directory, 'logs/up'))
  const uses: ((context: Context) => Promise<unknown>)[] = [
    (context) => context.files.read('logs/link'),
    (context) => context.files.stat('logs/link'),
    (context) => context.files.list('logs/up'),
    (context) => context.files.read('logs/up/outside.txt'),
  ]
  for (const use of uses) {
    const { failure } = await collect(['logs'], use)
    expect(failure).toMatchObject({ code: 'not-permitted', message: expect.stringContaining('leads out') })
  }
})

test('a link within the reach, and one that the reach itself names, are followed', async () => {
  await symlink('a.log', join(directory, 'logs/current'))
  await symlink(join(directory, 'logs'), join(directory, 'var'))
  const within = await collect(['logs'], (context) => text(context, 'logs/current'))
  expect(within.result).toBe('hello world')
  const named = await collect(['var'], (context) => text(context, 'var/a.log'))
  expect(named.result).toBe('hello world')
})

test('what is missing is not-found, what is no file is unreadable', async () => {
  const code = async (use: (context: Context) => Promise<unknown>) =>
    (await collect(['logs', 'gone'], use)).failure?.code
  expect(await code((context) => context.files.read('logs/none'))).toBe('not-found')
  expect(await code((context) => context.files.list('gone'))).toBe('not-found')
  expect(await code((context) => context.files.list('logs/a.log'))).toBe('not-found')
  expect(await code((context) => context.files.read('logs/deep'))).toBe('unreadable')
})

test('a pipe that nobody writes to does not hold the collection', async () => {
  execFileSync('mkfifo', [join(directory, 'logs/pipe')])
  const { failure, usage } = await collect(['logs'], (context) => context.files.read('logs/pipe'))
  expect(failure?.code).toBe('unreadable')
  expect(usage.durationMs).toBeLessThan(1_000)
})

test.skipIf(process.getuid?.() === 0)('a file that may not be read is unreadable', async () => {
  await chmod(join(directory, 'logs/a.log'), 0o000)
  const { failure } = await collect(['logs'], (context) => context.files.read('logs/a.log'))
  expect(failure).toMatchObject({ code: 'unreadable', hint: expect.any(String) })
})

test('reading ends with the bytes of the target', async () => {
  const { failure } = await collect(['logs'], (context) => context.files.read('logs/a.log'), { bytes: 10 })
  expect(failure?.code).toBe('budget')
})

test.each([
  ['env:COLLECT_FILES_TEST', 'from the environment'],
  ['file:secret.txt', 'from a file'],
])('the secret %s is found', async (reference, value) => {
  process.env.COLLECT_FILES_TEST = 'from the environment'
  await writeFile(join(directory, 'secret.txt'), 'from a file\n')
  let found = ''
  await collect([], async (context) => {
    found = await context.secret(reference as never)
  })
  expect(found).toBe(value)
})

test.each(['env:COLLECT_FILES_ABSENT', 'env:COLLECT_FILES_EMPTY', 'file:absent.txt', 'file:empty.txt', 'hunter22'])(
  'the secret %s cannot be had, and no value is told',
  async (reference) => {
    process.env.COLLECT_FILES_EMPTY = ''
    await writeFile(join(directory, 'empty.txt'), '\n')
    const { failure } = await collect([], (context) => context.secret(reference as never))
    expect(failure).toMatchObject({ code: 'secret', hint: expect.any(String) })
    expect(JSON.stringify(failure)).not.toContain('hunter22')
  },
)
