import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collectTarget } from '../../src/collect/collect-target.ts'
import type { Collector } from '../../src/collect/contract.ts'
import { instant } from '../../src/model/time.ts'

/* The example of docs/write-a-collector.md, extracted from the page and run as a reader would run it. */

const root = resolve(import.meta.dirname, '../..')
let project: string
let collector: Collector

beforeAll(async () => {
  // A project of its own beside links to ours, so that not one character of the example needs to change.
  project = await mkdtemp(join(tmpdir(), 'write-a-collector-'))
  await writeFile(join(project, 'package.json'), '{ "type": "module" }')
  await symlink(join(root, 'src'), join(project, 'src'))
  await symlink(join(root, 'node_modules'), join(project, 'node_modules'))
  await mkdir(join(project, 'collectors/security-txt'), { recursive: true })
  const page = await readFile(join(root, 'docs/write-a-collector.md'), 'utf8')
  const [, code = ''] = /```ts\n(import [\s\S]*?)```/.exec(page) ?? []
  const file = join(project, 'collectors/security-txt/index.ts')
  await writeFile(file, code)
  collector = (await import(pathToFileURL(file).href)).securityTxtCollector
})
afterAll(() => rm(project, { recursive: true }))

async function observe(answer: { status?: number; type?: string; body?: string }) {
  const server = createServer((request, response) => {
    const found = request.url === '/.well-known/security.txt'
    response.writeHead(found ? (answer.status ?? 200) : 404, { 'content-type': answer.type ?? 'text/plain' })
    response.end(found ? answer.body : '')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const collection = await collectTarget(
      collector,
      { origin: `http://127.0.0.1:${port}` },
      {
        clock: { now: () => instant('2026-09-09T02:00:00Z') },
        signal: new AbortController().signal,
        log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
        baseDirectory: project,
      },
    )
    expect(collection.failure).toBeNull()
    expect(collection.artefacts.map(({ name }) => name)).toEqual(['http-001.txt'])
    expect(collection.observations).toHaveLength(1)
    return { port, ...collection.observations[0] }
  } finally {
    server.close()
  }
}

test('the documented collector reads a security.txt', async () => {
  const body = [
    '# whom to tell',
    'Contact: mailto:security@example.test',
    'CONTACT: https://example.test/report',
    'Expires: 2026-10-09T02:00:00Z',
  ].join('\r\n')
  const observation = await observe({ body })
  expect(observation).toMatchObject({
    kind: 'security-txt.file',
    subject: `http://127.0.0.1:${observation.port}`,
    methods: ['TEST'],
    evidence: ['http-001.txt'],
    facts: {
      present: 'yes',
      status: 200,
      https: 'no',
      contentType: 'text/plain',
      contacts: ['mailto:security@example.test', 'https://example.test/report'],
      expires: '2026-10-09T02:00:00.000Z',
      daysRemaining: 30,
      expiresFields: 1,
      signed: 'no',
    },
  })
})

test.each([
  [{ status: 404 }, { present: 'no', contacts: [], expires: null }],
  [{ status: 503 }, { present: 'undetermined' }],
  [{ body: 'Expires: soon\n' }, { present: 'yes', expires: null, expiresFields: 1, daysRemaining: null }],
  [{ body: 'Expires: 2026-01-01T00:00:00Z\n' }, { daysRemaining: -251 }],
  [{ body: 'Expires: 2026-10-01T00:00:00Z\nExpires: 2027-10-01T00:00:00Z\n' }, { expires: null, expiresFields: 2 }],
  [{ body: '-----BEGIN PGP SIGNED MESSAGE-----\n' }, { signed: 'yes' }],
  [{ body: '\0\xff' }, { present: 'yes', contacts: [] }],
])('the documented collector makes of %j what it should', async (answer, facts) => {
  expect((await observe(answer)).facts).toMatchObject(facts)
})

test('the documented collector has sound types', async () => {
  const tsconfig = { extends: join(root, 'tsconfig.json'), include: ['collectors'] }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(tsconfig))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  await expect(promisify(execFile)(process.execPath, [compiler, '-p', project])).resolves.toBeDefined()
})
