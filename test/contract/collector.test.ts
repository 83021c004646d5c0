import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectorIds, loadCollectors } from '../../collectors/registry.ts'
import { collectTarget } from '../../src/collect/collect-target.ts'
import type { Collector } from '../../src/collect/contract.ts'
import { failureCodes } from '../../src/model/errors.ts'
import { ownKinds } from '../../src/model/evidence.ts'
import { instant } from '../../src/model/time.ts'

/*
 * What every collector keeps, whoever wrote it. A collector that needs more than a URL or `host:port` to work gets a
 * line in `targets`.
 */

const root = resolve(import.meta.dirname, '../..')

/** A raw target that looks at a port of this machine, or at a folder where no port is involved. */
const targets: Readonly<Record<string, (port: number, folder: string) => Record<string, unknown>>> = {
  tls: (port) => ({ host: '127.0.0.1', port }),
  auth: (port) => ({ issuer: `http://127.0.0.1:${port}` }),
  gateway: (port) => ({ url: `https://127.0.0.1:${port}`, http: `http://127.0.0.1:${port}` }),
  'log-retention': (port, folder) => ({ logs: [{ id: 'log', files: [join(folder, `${port}.log*`)] }] }),
}

function targetOf(collector: Collector, port: number): Record<string, unknown> {
  const known = targets[collector.id]
  if (known !== undefined) return known(port, folder)
  const short = collector.shorthand?.(`http://127.0.0.1:${port}`) ?? collector.shorthand?.(`127.0.0.1:${port}`)
  if (typeof short !== 'object' || short === null) throw new Error(`name a target for ${collector.id} in this test`)
  return { ...short }
}

/** Servers that no collector may take for a healthy target. */
const behaviours: Readonly<Record<string, (socket: Socket) => void>> = {
  'closes at once': (socket) => socket.end(),
  resets: (socket) => socket.once('data', () => socket.resetAndDestroy()),
  'never answers': () => undefined,
  'answers garbage': (socket) =>
    socket.once('data', () => socket.end(Buffer.from('\0\xff\x16\x03garbage\r\n\r\n', 'latin1'))),
  'floods with garbage': (socket) => {
    const timer = setInterval(() => socket.write(Buffer.alloc(16_384, 0xaa)), 2)
    socket.on('close', () => clearInterval(timer))
  },
}

const timeoutMs = 1_000
let folder: string
const ports = new Map<string, number>()
const servers: Server[] = []
const sockets = new Set<Socket>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contract-'))
  for (const [name, behave] of Object.entries(behaviours)) {
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
      socket.on('end', () => socket.end())
      socket.resume()
      behave(socket)
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    ports.set(name, (server.address() as AddressInfo).port)
  }
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  ports.set('refuses', (gone.address() as AddressInfo).port)
  gone.close()
  await once(gone, 'close')
})

afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
  await rm(folder, { recursive: true })
})

function collect(collector: Collector, target: unknown, signal = new AbortController().signal) {
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined }
  const clock = { now: () => instant(new Date()) }
  return collectTarget(collector, target, { clock, signal, log, baseDirectory: folder })
}

const collectors = await loadCollectors()

test('every folder of collectors is registered under its own name', async () => {
  const entries = await readdir(join(root, 'collectors'), { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  expect([...collectors.keys()].sort()).toEqual(folders.sort())
  expect([...collectors.keys()]).toEqual(collectorIds)
})

describe.each([...collectors])('%s', (id, collector) => {
  test('says who it is', () => {
    expect(collector.id).toBe(id)
    expect(collector.version).toBeGreaterThanOrEqual(1)
    expect(collector.title).not.toBe('')
  })

  test('emits kinds of its own, each described in docs/observations.md', async () => {
    const documentation = await readFile(join(root, 'docs/observations.md'), 'utf8')
    expect(collector.emits.length).toBeGreaterThan(0)
    for (const kind of collector.emits) {
      expect(kind).toMatch(/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/)
      expect(ownKinds).not.toContain(kind)
      expect(documentation).toContain(`\`${kind}\``)
    }
  })

  test('takes its own target, and refuses unknown keys, wrong types and nothing at all', () => {
    const target = targetOf(collector, 1)
    expect(collector.target.safeParse(target).error).toBeUndefined()
    for (const wrong of [
      { ...target, nonsense: 1 },
      { ...target, trust: 1 },
      { ...target, permit: 'anything' },
      {},
      null,
      [],
      'x',
    ]) {
      expect(collector.target.safeParse(wrong).success).toBe(false)
    }
    expect(collector.target.safeParse({ ...target, limits: { timeout: '1' } }).success).toBe(false)
    expect(collector.target.safeParse({ ...target, limits: { nonsense: 1 } }).success).toBe(false)
  })

  test('has a subject that stays the same, and a reach that is more than nothing', () => {
    const parse = () => collector.target.parse(targetOf(collector, 1))
    expect(collector.subject(parse())).toBe(collector.subject(parse()))
    expect(collector.subject(parse())).not.toBe('')
    const { endpoints, paths } = collector.reach(parse())
    expect(endpoints.length + paths.length).toBeGreaterThan(0)
  })

  test('makes of a shorthand a target that it accepts, or says that it cannot', () => {
    if (collector.shorthand === undefined) return
    const texts = [
      'api.example.test',
      'api.example.test:8443',
      'https://api.example.test/x',
      '/var/log/x.log*',
      '',
      '::',
      'a b',
    ]
    for (const text of texts) {
      const target = collector.shorthand(text)
      if (target === undefined) continue
      const parsed = collector.target.safeParse(target)
      if (parsed.success) expect(collector.subject(parsed.data)).not.toBe('')
    }
    expect(texts.some((text) => collector.target.safeParse(collector.shorthand?.(text)).success)).toBe(true)
  })

  test.each(['refuses', ...Object.keys(behaviours)])(
    'against a target that %s: bounded time, no empty success, no bug',
    async (name) => {
      const started = performance.now()
      const target = { ...targetOf(collector, ports.get(name) ?? 0), limits: { timeout: `${timeoutMs}ms` } }
      const collection = await collect(collector, target)
      expect(performance.now() - started).toBeLessThan(timeoutMs + 1_000)
      expect(collection.failure?.code, collection.failure?.message).not.toBe('bug')
      if (collection.failure !== null) {
        expect(failureCodes).toContain(collection.failure.code)
        expect(collection.failure.message).not.toBe('')
      } else {
        expect(collection.observations.length).toBeGreaterThan(0)
        expect(JSON.stringify(collection.observations)).toMatch(/"undetermined"|"reachable":"no"|"refuses"/)
      }
    },
  )

  test('leaves no socket open', async () => {
    const target = { ...targetOf(collector, ports.get('never answers') ?? 0), limits: { timeout: '200ms' } }
    await collect(collector, target)
    await expect.poll(() => sockets.size).toBe(0)
  })

  test('ends as interrupted when it is aborted', async () => {
    const target = targetOf(collector, ports.get('never answers') ?? 0)
    const collection = await collect(collector, target, AbortSignal.abort())
    expect(collection.failure?.code).toBe('interrupted')
    expect(collection.observations).toEqual([])
  })

  test('a literal secret is refused wherever a reference to one belongs', () => {
    for (const [path, target] of withLiteralSecrets(collector)) {
      const issues = collector.target.safeParse(target).error?.issues ?? []
      expect(
        issues.map((issue) => issue.path.join('.')),
        path,
      ).toContain(path)
      expect(JSON.stringify(issues)).not.toContain('hunter2')
    }
  })
})

/** The places of each collector's target that hold a reference to a secret, filled with a literal one. */
function withLiteralSecrets(collector: Collector): readonly (readonly [string, unknown])[] {
  const base = targetOf(collector, 1)
  const literal = 'hunter2'
  const places: Readonly<Record<string, readonly (readonly [string, unknown])[]>> = {
    auth: [
      ['token', { ...base, token: literal }],
      ['expiredToken', { ...base, expiredToken: literal }],
      ['client.secret', { ...base, client: { id: 'me', secret: literal } }],
    ],
    gateway: [['credential.token', { ...base, credential: { token: literal } }]],
  }
  return places[collector.id] ?? []
}
