import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { logRetentionCollector } from '../../collectors/log-retention/index.ts'
import { collectTarget } from '../../src/collect/collect-target.ts'
import { instant } from '../../src/model/time.ts'
import { processorMs } from '../helpers/processor-time.ts'

/* The log-retention collector on real files; `now` is fixed, so that the files' own times cannot matter. */

const now = Date.parse('2026-09-09T02:00:00Z')
const hour = 3_600_000
const day = 24 * hour
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'log-retention-'))
})
afterEach(() => rm(directory, { recursive: true }))

type Line = (at: Date) => string

const jsonLine: Line = (at) => JSON.stringify({ time: at.toISOString(), who: 'alice', what: 'read' })

/** A record an hour, from so many days ago until so many days ago. */
function hourly(from: number, to: number, line: Line = jsonLine): string {
  const lines: string[] = []
  for (let at = now - from * day; at < now - to * day; at += hour) lines.push(line(new Date(at)))
  return `${lines.join('\n')}\n`
}

const put = (name: string, content: string | Uint8Array) => writeFile(join(directory, name), content)

/** The rotated files of a log that goes back so many days, one a day; the older ones are packed. */
async function rotated(name: string, days: number, options: { line?: Line; without?: readonly number[] } = {}) {
  for (let age = 0; age < days; age += 1) {
    if (options.without?.includes(age)) continue
    const content = hourly(age + 1, age, options.line)
    if (age === 0) await put(name, content)
    else if (age === 1) await put(`${name}.1`, content)
    else await put(`${name}.${age}.gz`, gzipSync(content))
  }
}

async function collect(logs: readonly Record<string, unknown>[], target: Record<string, unknown> = {}) {
  return await collectTarget(
    logRetentionCollector,
    { logs, ...target },
    {
      clock: { now: () => instant(now) },
      signal: new AbortController().signal,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      baseDirectory: directory,
    },
  )
}

/** The facts of a log of which only the files, and perhaps the configuration, matter. */
async function factsOf(more: Record<string, unknown> = {}, target: Record<string, unknown> = {}) {
  const collection = await collect([{ id: 'audit-log', files: ['audit.log*'], ...more }], target)
  expect(collection.failure).toBeNull()
  return collection.observations[0]?.facts ?? {}
}

test('a log with a year of rotated files is proven day by day', async () => {
  await rotated('audit.log', 400)
  await put('api.conf', `${directory}/audit.log {\n  daily\n  rotate 400\n  compress\n  delaycompress\n}\n`)
  await chmod(join(directory, 'audit.log'), 0o640)
  const facts = await factsOf({ logrotate: ['api.conf'] })
  expect(facts).toEqual({
    configuredDays: 400,
    configuredBasis: [
      { field: 'rotate', value: '400', at: 'api.conf:3' },
      { field: 'period', value: 'daily', at: 'api.conf:2' },
    ],
    provenDays: 400,
    oldest: '2025-08-05T02:00:00.000Z',
    newest: '2026-09-09T01:00:00.000Z',
    newestAgeHours: 1,
    gaps: [],
    gapCount: 0,
    records: 400 * 24,
    files: 400,
    unparsedRecords: 0,
    truncated: 'no',
    worldReadable: 'yes',
    worldWritable: 'no',
    modes: ['640', '644'],
    zone: 'utc',
    reason: null,
  })
})

test('a gap of four days is found, and no more is proven than the time since', async () => {
  await rotated('audit.log', 60, { without: [20, 21, 22, 23] })
  expect(await factsOf()).toMatchObject({
    provenDays: 20,
    oldest: '2026-07-11T02:00:00.000Z',
    gapCount: 1,
    gaps: [{ from: '2026-08-16T01:00:00.000Z', to: '2026-08-20T02:00:00.000Z', days: 4.04 }],
    configuredDays: null,
    configuredBasis: [],
    reason: 'no rotation configuration is named',
  })
})

test('what counts as a gap is the target’s to say', async () => {
  await rotated('audit.log', 60, { without: [20, 21, 22, 23] })
  expect(await factsOf({ gap: '5d' })).toMatchObject({ gapCount: 0, provenDays: 60 })
  expect(await factsOf({ gap: '30m' })).toMatchObject({ gapCount: 60 * 24 - 4 * 24 - 1, provenDays: 0 })
})

test('a file’s modification time says nothing', async () => {
  // Written just now, with records that are 30 days old and end 28 days ago.
  await put('audit.log', hourly(30, 28))
  expect(await factsOf()).toMatchObject({
    provenDays: 30,
    newestAgeHours: 28 * 24 + 1,
    oldest: '2026-08-10T02:00:00.000Z',
  })
})

const english = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number): string => String(value).padStart(2, '0')
const time = (at: Date): string => `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`

describe.each<[string, Line, string]>([
  [
    'Common Log Format',
    (at) =>
      `::1 - - [${two(at.getUTCDate())}/${english[at.getUTCMonth()]}/${at.getUTCFullYear()}:${time(at)} +0000] "GET /" 200 1`,
    'utc',
  ],
  [
    'RFC 3164',
    (at) => `${english[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${time(at)} host app[7]: x`,
    'none',
  ],
  ['RFC 5424', (at) => `<34>1 ${at.toISOString()} host app 7 - - x`, 'utc'],
  ['ISO without an offset', (at) => `${at.toISOString().slice(0, 19).replace('T', ' ')} INFO x`, 'none'],
  ['ISO with an offset', (at) => `${new Date(at.getTime() + 2 * hour).toISOString().slice(0, 19)}+02:00 x`, 'offset'],
  ['seconds since 1970', (at) => `${at.getTime() / 1000}.000 x`, 'utc'],
  ['auditd', (at) => `type=USER_LOGIN msg=audit(${at.getTime() / 1000}.123:99): pid=1`, 'utc'],
])('%s', (_, line, zone) => {
  test('is read over a turn of the year', async () => {
    await put('audit.log', hourly(90, 0, line))
    await put('audit.log.1', hourly(180, 90, line))
    await put('audit.log.2.gz', gzipSync(hourly(280, 180, line)))
    const facts = await factsOf()
    expect(facts).toMatchObject({ gapCount: 0, records: 280 * 24, unparsedRecords: 0, zone })
    expect(String(facts.oldest)).toMatch(/^2025-12-03T02:00:00/)
    expect(facts.provenDays).toBeGreaterThanOrEqual(279)
  })
})

test('inferred years are said to be, and stand in the evidence', async () => {
  const line: Line = (at) => `${english[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${time(at)} host x`
  await put('audit.log', hourly(3, 0, line))
  const { observations, artefacts } = await collect([{ id: 'a', files: ['audit.log'] }])
  expect(observations[0]?.facts.reason).toContain('no year')
  const listing = JSON.parse(Buffer.from(artefacts[0]?.bytes ?? []).toString())
  expect(listing.files[0]).toMatchObject({ oldest: '2026-09-06T02:00:00.000Z', newest: '2026-09-09T01:00:00.000Z' })
})

test('dates without an offset are in the target’s zone', async () => {
  await put('audit.log', '2026-09-08 23:00:00 x\n')
  expect(await factsOf()).toMatchObject({ newest: '2026-09-08T23:00:00.000Z' })
  expect(await factsOf({ timeZone: 'Asia/Tokyo' })).toMatchObject({ newest: '2026-09-08T14:00:00.000Z', zone: 'none' })
})

test('dates with and without an offset in one log are mixed', async () => {
  await put('audit.log', '2026-09-08 23:00:00 x\n2026-09-08T23:30:00Z x\n')
  expect(await factsOf()).toMatchObject({ zone: 'mixed' })
})

test('Zstandard is read like gzip, whatever the name says', async () => {
  await put('audit.log', hourly(1, 0))
  await put('audit.log.1', gzipSync(hourly(2, 1)))
  await put('audit.log.2.zst', zstdCompressSync(Buffer.from(hourly(3, 2))))
  expect(await factsOf()).toMatchObject({ provenDays: 3, records: 72, truncated: 'no' })
})

test('an empty log proves nothing and says so', async () => {
  await put('audit.log', '')
  expect(await factsOf()).toMatchObject({
    provenDays: 0,
    oldest: null,
    newest: null,
    newestAgeHours: null,
    records: 0,
    files: 1,
    truncated: 'no',
    zone: 'none',
    reason: expect.stringContaining('empty'),
  })
})

test('binary garbage proves nothing and says so', async () => {
  await put(
    'audit.log',
    Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251),
  )
  const facts = await factsOf()
  expect(facts).toMatchObject({ provenDays: 0, records: 0, reason: expect.stringContaining('no record with a date') })
  expect(facts.unparsedRecords).toBeGreaterThan(0)
})

test('lines that belong to the record before them are not counted, records without a date are', async () => {
  await put(
    'audit.log',
    '2026-09-09T01:00:00Z failed\n    at function one\n\tat function two\n\nlost record\n2026-09-09T01:30:00Z x\n',
  )
  expect(await factsOf()).toMatchObject({ records: 2, unparsedRecords: 1 })
})

test('a last record without a line break counts', async () => {
  await put('audit.log', '2026-09-09T01:00:00Z a\r\n2026-09-09T01:30:00Z b')
  expect(await factsOf()).toMatchObject({ records: 2, newest: '2026-09-09T01:30:00.000Z' })
})

test('records from the future prove nothing and are told', async () => {
  await put('audit.log', `${hourly(3, 0)}2027-01-01T00:00:00Z x\n`)
  expect(await factsOf()).toMatchObject({
    newest: '2026-09-09T01:00:00.000Z',
    gapCount: 0,
    reason: expect.stringContaining('2027-01-01T00:00:00.000Z'),
  })
})

test('a packed file that is cut off counts as far as it goes, and as read in part', async () => {
  await put('audit.log', hourly(1, 0))
  const packed = gzipSync(Buffer.from(hourly(30, 1, (at) => `${at.toISOString()} ${Math.sin(at.getTime())} x`)))
  await put('audit.log.1.gz', packed.subarray(0, packed.length / 2))
  const facts = await factsOf()
  expect(facts).toMatchObject({
    provenDays: 30,
    gapCount: 0,
    truncated: 'yes',
    reason: expect.stringContaining('is cut off'),
  })
})

test('a damaged file, and one packed in a way that is not read, let no gap be claimed', async () => {
  await put('audit.log', hourly(1, 0))
  await put('audit.log.1.xz', Uint8Array.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0]))
  await put('audit.log.2', hourly(30, 10))
  expect(await factsOf()).toMatchObject({
    oldest: '2026-08-10T02:00:00.000Z',
    provenDays: 1,
    gapCount: 0,
    truncated: 'yes',
    reason: expect.stringContaining('audit.log.1.xz'),
  })
})

test('a file that unpacks beyond measure is left', async () => {
  await put('audit.log', hourly(1, 0))
  await put('audit.log.1.gz', gzipSync(Buffer.alloc(64 * 1024 * 1024)))
  const look = async () =>
    expect(await factsOf()).toMatchObject({ truncated: 'yes', reason: expect.stringContaining('far more') })
  expect(await processorMs(look)).toBeLessThan(3_000)
})

test('with few bytes the oldest and the newest records are still right, and nothing is claimed of what lies between', async () => {
  const wide: Line = (at) => `${jsonLine(at)} ${'x'.repeat(400)}`
  await put('audit.log', hourly(30, 0, wide))
  await put('audit.log.1', hourly(60, 30, wide))
  const facts = await factsOf({}, { limits: { bytes: 200_000 } })
  expect(facts).toMatchObject({
    provenDays: 60,
    oldest: '2026-07-11T02:00:00.000Z',
    newest: '2026-09-09T01:00:00.000Z',
    gapCount: 0,
    truncated: 'yes',
    reason: expect.stringContaining('in part'),
  })
  expect(facts.records).toBeLessThan(60 * 24)
})

test('no more bytes are read than the target allows', async () => {
  await rotated('audit.log', 50)
  await put('audit.log.60', hourly(600, 50))
  const collection = await collect([{ id: 'a', files: ['audit.log*'] }], { limits: { bytes: 60_000 } })
  expect(collection.failure).toBeNull()
  expect(collection.usage.bytesReceived).toBeLessThanOrEqual(60_000)
})

test('a log that is missing is a failure, and the others are still looked at', async () => {
  await put('here.log', hourly(2, 0))
  const collection = await collect([
    { id: 'gone', files: ['gone.log*'] },
    { id: 'gone-too', files: ['gone-too.log'] },
    { id: 'here', files: ['here.log*'] },
  ])
  expect(collection.observations.map(({ subject }) => subject)).toEqual(['here'])
  expect(collection.failure).toMatchObject({ code: 'not-found', message: expect.stringContaining('gone.log*') })
})

test('a directory that is missing is a failure', async () => {
  expect((await collect([{ id: 'a', files: ['none/a.log*'] }])).failure?.code).toBe('not-found')
})

test('a link out of the log’s directory is left out and told', async () => {
  await mkdir(join(directory, 'logs'))
  await put('elsewhere', hourly(90, 0))
  await put('logs/audit.log', hourly(2, 0))
  await symlink(join(directory, 'elsewhere'), join(directory, 'logs/audit.log.1'))
  expect(await factsOf({ files: ['logs/audit.log*'] })).toMatchObject({
    provenDays: 2,
    files: 1,
    truncated: 'yes',
    reason: expect.stringContaining('reach'),
  })
})

test('rights that let everybody read or write are told', async () => {
  await put('audit.log', hourly(1, 0))
  await put('audit.log.1', hourly(2, 1))
  await chmod(join(directory, 'audit.log'), 0o600)
  await chmod(join(directory, 'audit.log.1'), 0o662)
  expect(await factsOf()).toMatchObject({ worldReadable: 'no', worldWritable: 'yes', modes: ['600', '662'] })
})

describe('logrotate', () => {
  beforeEach(() => put('audit.log', hourly(1, 0)))

  test('globals, includes, directories and globs are followed as logrotate does', async () => {
    await mkdir(join(directory, 'rotate.d'))
    await put('rotate.d/api', `${directory}/au*.log {\n  rotate 10\n}\n`)
    await put('rotate.d/api.dpkg-old', `${directory}/audit.log {\n  rotate 99\n}\n`)
    await put('rotate.conf', `weekly\nrotate 4\ninclude ${directory}/rotate.d\n`)
    const facts = await factsOf({ logrotate: ['rotate.conf', 'rotate.d'] })
    expect(facts).toMatchObject({
      configuredDays: 70,
      configuredBasis: [
        { field: 'rotate', value: '10', at: `${directory}/rotate.d/api:2` },
        { field: 'period', value: 'weekly', at: 'rotate.conf:1' },
      ],
    })
  })

  test('the first block that names a log is the one that counts', async () => {
    await put('rotate.conf', `daily\n${directory}/audit.log {\n rotate 30\n}\n${directory}/*.log {\n rotate 400\n}\n`)
    expect(await factsOf({ logrotate: ['rotate.conf'] })).toMatchObject({ configuredDays: 30 })
  })

  test('globals after a block do not reach it', async () => {
    await put('rotate.conf', `daily\nrotate 7\n${directory}/audit.log {\n}\nrotate 400\n`)
    expect(await factsOf({ logrotate: ['rotate.conf'] })).toMatchObject({ configuredDays: 7 })
  })

  test.each([
    ['no block names the log', '/elsewhere/x.log {\n daily\n}\n', 'no logrotate block names'],
    ['rotation goes by size alone', 'audit.log {\n size 1G\n rotate 5\n}\n', 'by size'],
    ['the number is none', 'audit.log {\n daily\n rotate many\n}\n', 'refuses rotate many'],
  ])('where %s no days are configured, and the reason says so', async (_, text, reason) => {
    await put('rotate.conf', text.replace('audit.log', `${directory}/audit.log`))
    expect(await factsOf({ logrotate: ['rotate.conf'] })).toMatchObject({
      configuredDays: null,
      reason: expect.stringContaining(reason),
    })
  })

  test('a configuration that is missing or includes what is out of reach leaves the days open', async () => {
    await put('rotate.conf', 'include /etc\n')
    expect(await factsOf({ logrotate: ['rotate.conf', 'gone.conf'] })).toMatchObject({
      configuredDays: null,
      configuredBasis: [],
      reason: expect.stringMatching(/reach.*gone\.conf/),
    })
  })

  test('an include that leads round in circles ends', async () => {
    await put('rotate.conf', `include ${directory}/rotate.conf\n`)
    expect(await factsOf({ logrotate: ['rotate.conf'] })).toMatchObject({ configuredDays: null })
  })

  test('files that are rotated to where nobody looks are told', async () => {
    await put('rotate.conf', `${directory}/audit.log {\n daily\n rotate 9\n olddir old\n}\n`)
    expect(await factsOf({ logrotate: ['rotate.conf'] })).toMatchObject({ reason: expect.stringContaining('/old') })
    await mkdir(join(directory, 'old'))
    await put('old/audit.log.1', hourly(2, 1))
    expect(
      await factsOf({ logrotate: ['rotate.conf'], files: ['audit.log*', `${directory}/old/audit.log*`] }),
    ).toMatchObject({
      provenDays: 2,
      reason: null,
    })
  })

  test('logs that share a configuration share its artefact', async () => {
    await put('rotate.conf', 'daily\n')
    await put('other.log', hourly(1, 0))
    const logs = ['audit', 'other'].map((id) => ({ id, files: [`${id}.log`], logrotate: ['rotate.conf'] }))
    const { artefacts, observations } = await collect(logs)
    expect(artefacts.map(({ name }) => name).sort()).toEqual([
      'log-audit.json',
      'log-other.json',
      'logrotate-rotate.conf.txt',
    ])
    expect(observations[1]?.evidence).toEqual(['log-other.json', 'logrotate-rotate.conf.txt'])
  })
})

test('the evidence names every file with its digest, and holds no record', async () => {
  await rotated('audit.log', 3)
  const { artefacts } = await collect([{ id: 'audit-log', files: ['audit.log*'] }])
  const text = Buffer.from(artefacts[0]?.bytes ?? []).toString()
  expect(JSON.parse(text)).toMatchObject({
    log: 'audit-log',
    files: [
      { path: 'audit.log', records: 24, whole: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), mode: '644' },
      { path: 'audit.log.1' },
      { path: 'audit.log.2.gz', oldest: '2026-09-06T02:00:00.000Z' },
    ],
  })
  expect(text).not.toContain('alice')
})

test.each([
  [{ logs: [] }],
  [{ logs: [{ id: 'a', files: [] }] }],
  [{ logs: [{ id: 'a b', files: ['x'] }] }],
  [{ logs: [{ id: 'a', files: ['/var/*/x.log'] }] }],
  [{ logs: [{ id: 'a', files: ['x'], gap: '25' }] }],
  [{ logs: [{ id: 'a', files: ['x'], timeZone: 'Mars/Olympus' }] }],
  [{ logs: [{ id: 'a', files: ['x'], recordDate: { format: 'french' } }] }],
  [
    {
      logs: [
        { id: 'a', files: ['x'] },
        { id: 'a', files: ['y'] },
      ],
    },
  ],
])('the target %j is refused', (target) => {
  expect(logRetentionCollector.target.safeParse(target).success).toBe(false)
})

test('a path on the command line is enough of a target', () => {
  expect(
    logRetentionCollector.target.parse(logRetentionCollector.shorthand?.('/var/log/api/audit.log*')),
  ).toMatchObject({
    logs: [{ id: 'audit.log', files: ['/var/log/api/audit.log*'], gap: 25 * hour }],
  })
})
