import { expect, test } from 'vitest'
import * as z from 'zod'
import { findPeriod, parseConfig, periodAt, periodBefore } from '../../../src/config/config.ts'
import { InvalidFileError } from '../../../src/config/problem.ts'
import type { CollectorFace } from '../../../src/config/schema.ts'
import { instant } from '../../../src/model/time.ts'

const probe: CollectorFace = {
  id: 'probe',
  title: 'A collector for tests',
  target: z.strictObject({
    host: z.string(),
    port: z.int().min(1).max(65535).default(443),
    secret: z.string().optional(),
  }),
  subject: () => 'subject',
}

const sound = `version: 1
organisation: { name: Example Retail Ltd, timeZone: Europe/Zurich }
systems:
  - id: api
    name: Customer Data API
    owner: Platform team
    components:
      - id: gateway
        targets:
          - collector: probe
            schedule: nightly
            target: { host: api.example.test }
schedules:
  nightly: { cron: "0 2 * * *" }
exceptions:
  - control: TLS-01
    component: api/gateway
    reason: Old clients
    approver: Head of security
    approvedOn: 2026-07-01
    expiresOn: 2026-12-31
`

const parse = (text: string) => parseConfig(text, 'affidavit.yaml', [probe])

function problems(text: string): readonly string[] {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof InvalidFileError) {
      return error.problems.map(
        ({ line, column, message, hint }) => `${line}:${column} ${message}${hint ? ` | ${hint}` : ''}`,
      )
    }
    throw error
  }
  return []
}

test('a sound file becomes a plan whose targets have the collector’s defaults', () => {
  const config = parse(sound)
  expect(config.plan).toEqual([
    {
      id: 'api/gateway/probe',
      component: 'api/gateway',
      collector: 'probe',
      target: { host: 'api.example.test', port: 443 },
      schedule: { id: 'nightly', cron: '0 2 * * *', timeZone: 'Europe/Zurich' },
      validForMs: 36 * 3_600_000,
    },
  ])
  expect(config.systems[0]?.components[0]).toMatchObject({
    ref: 'api/gateway',
    owner: 'Platform team',
    name: 'gateway',
  })
})

test('an exception that expires on a date holds until the last moment of that day in the organisation’s zone', () => {
  const [exception] = parse(sound).exceptions
  expect(exception?.approvedOn).toBe('2026-06-30T22:00:00.000Z')
  expect(exception?.expiresOn).toBe('2026-12-31T22:59:59.999Z')
})

test('every error is reported at once, each with its line and column', () => {
  const text = sound
    .replace('host: api.example.test', 'host: 7, prot: 8443')
    .replace('Europe/Zurich', 'Mars/Olympus')
    .replace('"0 2 * * *"', '"0 2 * *"')
  expect(problems(text)).toEqual([
    '2:43 organisation.timeZone: not an IANA time zone, such as Europe/Zurich or UTC',
    '12:23 systems[0].components[0].targets[0].target.host: must be text, not a number',
    '12:32 systems[0].components[0].targets[0].target: unknown key "prot" | did you mean "port"?',
    '14:14 schedules.nightly.cron: a cron expression has five fields: minute hour day month weekday',
  ])
})

test('names that point nowhere are errors with the known names as a hint', () => {
  const text = sound
    .replace('schedule: nightly', 'schedule: nightly2')
    .replace('component: api/gateway', 'component: api/gatway')
  expect(problems(text)).toEqual([
    '11:13 there is no schedule "nightly2" | known schedules: nightly',
    '17:5 there is no component "api/gatway" | known components: api/gateway',
  ])
})

test('two targets of one collector in a component need ids', () => {
  const text = sound.replace(
    '            target: { host: api.example.test }\n',
    '            target: { host: api.example.test }\n          - { collector: probe, target: { host: b.example.test } }\n',
  )
  expect(problems(text)).toEqual(['13:13 the target "api/gateway/probe" stands here twice | give each its own id:'])
})

test('periods that overlap or run backwards, and exceptions that end before they begin, are errors', () => {
  const list = 'list: [{ id: A, from: 2026-01-01, to: 2026-04-01 }, { id: A, from: 2026-03-01, to: 2026-02-01 }]'
  expect(problems(`${sound.replace('expiresOn: 2026-12-31', 'expiresOn: 2026-06-01')}periods: { ${list} }\n`)).toEqual([
    '21:5 the exception expires before it was approved',
    '22:66 the period "A" stands here twice',
    '22:73 the period "A" begins before "A" ends',
    '22:91 the period "A" ends before it begins',
  ])
})

test('a literal secret is refused without being quoted', () => {
  const text = `${sound}signing: { passphrase: hunter2-the-secret }\n`
  const [problem] = problems(text)
  expect(problem).toContain('by reference only')
  expect(problem).not.toContain('hunter2')
})

test('a syntax error has its place and quotes nothing of the file', () => {
  const found = problems(`version: 1\npassword: "hunter2\n`)
  expect(found[0]).toMatch(/^\d+:\d+ not valid YAML/)
  expect(found.join()).not.toContain('hunter2')
})

test('a key that stands twice is refused', () => {
  expect(problems(`${sound}version: 1\n`)[0]).toContain('twice')
})

test('each kind of wrong value is told in words, and names say what there is', () => {
  const wrong = (from: string, to: string) => problems(sound.replace(from, to))
  const target = 'systems[0].components[0].targets[0].target'
  expect(wrong('host: api.example.test', 'host: a, port: 0')).toEqual([`12:32 ${target}.port: must be at least 1`])
  expect(wrong('host: api.example.test', 'host: a, port: 1.5')).toEqual([
    `12:32 ${target}.port: must be a whole number, not a fraction`,
  ])
  expect(wrong('host: api.example.test', 'host: ')).toEqual([`12:23 ${target}.host: must be text, not empty`])
  expect(wrong('collector: probe', 'collector: prob')).toEqual([
    '10:13 systems[0].components[0].targets[0].collector: must be probe',
  ])
  expect(wrong('version: 1\n', '')).toEqual(['1:1 version is missing | it is 1'])
  expect(wrong('version: 1', 'version: 2')).toEqual(['1:1 version: must be 1'])
  expect(problems(`${sound}periods: { every: fortnight }\n`)).toEqual([
    '22:12 periods.every: must be one of month, quarter, year',
  ])
  expect(problems(`${sound}---\nversion: 1\n`)[0]).toContain('a second document begins here')
})

test('a file that is no UTF-8 text is refused as such', () => {
  expect(problems('v\0e\0r\0')).toEqual(['1:1 the file is not text in UTF-8 | save it as UTF-8 in your editor'])
})

test('line ends of Windows and a byte order mark change nothing', () => {
  expect(parse(`\ufeff${sound.replaceAll('\n', '\r\n')}`).plan).toEqual(parse(sound).plan)
  expect(problems(sound.replace('host: api.example.test', 'host: 7').replaceAll('\n', '\r\n'))[0]).toMatch(/^12:23 /)
})

test('aliases that lead nowhere, into themselves or to too much are refused at their place', () => {
  expect(problems(`${sound}periods: { every: *length }\n`)).toEqual([
    '22:19 there is no anchor &length before this alias',
  ])
  expect(problems(`${sound}periods: &here { list: [*here] }\n`)).toEqual([
    '22:25 the alias *here stands inside its own anchor',
  ])
  const lines = Array.from({ length: 9 }, (_, level) => {
    const previous = level === 0 ? 'x' : `*l${level - 1}`
    return `l${level}: &l${level} [${Array.from({ length: 9 }, () => previous).join(', ')}]`
  })
  expect(problems(lines.join('\n'))).toEqual([expect.stringContaining('unfold to more')])
  const shared = sound.replace('{ host: api.example.test }', '&t { host: api.example.test }')
  expect(parse(`${shared}# *t`).plan).toEqual(parse(sound).plan)
})

test('a missing part says what is missing', () => {
  expect(problems('version: 1\n')).toEqual([
    '1:1 organisation is missing | it is a mapping of keys to values',
    '1:1 systems is missing | it is a list',
  ])
})

test('periods are quarters of the organisation’s zone unless they are listed', () => {
  const config = parse(sound)
  const q3 = periodAt(config, instant('2026-09-30T21:59:59Z'))
  expect(q3).toEqual({ id: '2026-Q3', from: '2026-06-30T22:00:00.000Z', to: '2026-09-30T22:00:00.000Z' })
  expect(findPeriod(config, '2026-Q3')).toEqual(q3)
  expect(periodBefore(config, q3)?.id).toBe('2026-Q2')
  expect(findPeriod(config, '2026-08-01..2026-09-01')).toMatchObject({ from: '2026-07-31T22:00:00.000Z' })
  const listed = parse(`${sound}periods: { list: [{ id: FY, from: 2026-02-01, to: 2027-02-01 }] }\n`)
  expect(periodAt(listed, instant('2026-09-30T00:00:00Z')).id).toBe('FY')
})

test('the digest follows the values and not the comments', () => {
  expect(parse(`# a comment\n${sound}`).digest).toBe(parse(sound).digest)
  expect(parse(sound.replace('nightly:', 'nightly: ')).digest).toBe(parse(sound).digest)
  expect(parse(sound.replace('0 2', '0 3')).digest).not.toBe(parse(sound).digest)
})

test('days and instants that do not exist are refused, in the file and in the name of a period', () => {
  const wrong = sound.replace('approvedOn: 2026-07-01', 'approvedOn: 2026-02-30')
  expect(problems(wrong)).toEqual([expect.stringContaining('exceptions[0].approvedOn: no such date')])
  const config = parse(sound)
  for (const name of [
    'foo..bar',
    '2026-13-01..2026-14-01',
    '2026-02-30..2026-03-30',
    '..',
    '2026-01-01T25:00Z..2027-01-01',
  ]) {
    expect(findPeriod(config, name), name).toBeUndefined()
  }
  expect(findPeriod(config, '2028-02-29..2028-03-01T06:00:00Z')?.to).toBe('2028-03-01T06:00:00.000Z')
})

const governed = sound.replace(
  '    owner: Platform team\n',
  '    owner: Platform team\n    data: [personal]\n    parameters: {}\n',
)

test('retention policies and legal holds are read with their terms and dates; without a section nothing is erased', () => {
  expect(parse(sound).retention).toEqual({ policies: [], holds: [], schedule: null })
  const { retention } = parse(`${governed}retention:
  schedule: nightly
  policies:
    - { id: raw, data: personal, collector: probe, mediaType: text/*, component: api, keep: 7y, basis: GDPR }
  holds:
    - id: H-1
      reason: A claim
      approver: Counsel
      component: api/gateway
      collected: { from: 2026-01-01, to: 2026-07-01 }
      from: 2026-09-01
      until: 2026-12-31
    - { id: H-2, reason: Another, approver: Counsel, from: 2026-09-01 }
`)
  expect(retention.schedule).toBe('nightly')
  expect(retention.policies).toEqual([
    {
      ...{ id: 'raw', data: 'personal', collector: 'probe', mediaType: 'text/*', component: 'api', basis: 'GDPR' },
      keep: { text: '7y', unit: 'years', count: 7 },
    },
  ])
  expect(retention.holds).toMatchObject([
    { id: 'H-1', collected: { from: '2025-12-31T23:00:00.000Z' }, until: '2026-12-31T22:59:59.999Z' },
    { id: 'H-2', component: null, collected: null, from: '2026-08-31T22:00:00.000Z', until: null },
  ])
})

test('what a retention section has wrong is said with its place: a misspelt hold would hold nothing', () => {
  const section = `retention:
  schedule: weekly
  policies:
    - { id: raw, data: persnal, keep: 30, basis: GDPR }
`
  expect(problems(governed + section)).toEqual([
    '27:33 retention.policies[0].keep: a term is a whole number of calendar days, weeks, months or years: 400d, 13w, 18mo, 7y',
  ])
  const more = `${section.replace('keep: 30,', 'keep: 30d,')}    - { id: raw, component: api/gatway, keep: 30d, basis: GDPR }
  holds:
    - { id: H-1, reason: A claim, approver: Counsel, component: shop, from: 2026-09-01, until: 2026-08-01 }
    - { id: H-1, reason: A claim, approver: Counsel, collected: { from: 2026-02-01, to: 2026-01-01 }, from: 2026-09-01 }
`
  const retired = 'one that is retired stays declared, with targets: [], as long as its evidence is kept'
  expect(problems(governed + more)).toEqual([
    '25:3 there is no schedule "weekly" | known schedules: nightly',
    '27:18 there is no data class "persnal" | known data classes: personal',
    '28:9 the retention policy "raw" stands here twice',
    `28:18 there is no system or component "api/gatway" | known systems and components: api, api/gateway; ${retired}`,
    `30:54 there is no system or component "shop" | known systems and components: api, api/gateway; ${retired}`,
    '30:89 the hold ends before it begins',
    '31:9 the legal hold "H-1" stands here twice',
    '31:85 the interval ends before it begins',
  ])
})

test('the ledger is timestamped daily unless told otherwise, under policies that are object identifiers', () => {
  const timestamped = (more: string) =>
    parse(`${sound}signing: { timestamp: { urls: ["https://tsa.example.test/"]${more} } }\n`).signing.timestamp
  expect(timestamped('')).toMatchObject({ checkpoints: 'daily', policies: [], trust: [] })
  expect(timestamped(', checkpoints: off, policies: [1.3.6.1.4.1.32473.1]')).toMatchObject({
    checkpoints: 'off',
    policies: ['1.3.6.1.4.1.32473.1'],
  })
  for (const wrong of [', policies: [1.02]', ', policies: [3.1]', ', policies: ["1"]', ', checkpoints: hourly']) {
    expect(() => timestamped(wrong)).toThrow(InvalidFileError)
  }
})

const uri = 'pkcs11:token=Reports?module-path=/usr/lib/token.so&pin-source=env:PIN'

test('a report key is a file with the usual certificates, or has those that are named', () => {
  expect(parse(sound).signing).toMatchObject({
    key: { kind: 'file', path: 'keys/report.key.pem' },
    certificates: ['keys/report.cert.pem', 'keys/ca.cert.pem'],
  })
  expect(parse(`${sound}signing: { key: "${uri}" }\n`).signing).toMatchObject({
    key: { kind: 'pkcs11' },
    certificates: [],
  })
  const cloud = 'signing: { key: awskms:///alias/reports, certificates: [a.pem] }\n'
  expect(parse(sound + cloud).signing).toMatchObject({ key: { kind: 'awskms' }, certificates: ['a.pem'] })
})

test('what is wrong with a report key is said at its place, and a PIN is never repeated', () => {
  const wrong = (signing: string) => problems(`${sound}signing:\n${signing}`)
  expect(wrong(`  key: "${uri.replace('pin-source=env:PIN', 'pin-value=24680')}"\n`)).toEqual([
    expect.stringMatching(/^23:3 signing\.key: pin-value is refused/),
  ])
  expect(wrong(`  key: "${uri.replace('pin-source=env:PIN', 'pin-value=24680')}"\n`).join()).not.toContain('24680')
  expect(wrong('  key: gcpkms://projects/p\n')).toEqual([expect.stringMatching(/^23:3 signing\.key: /)])
  expect(wrong('  key: awskms:///alias/reports\n')).toEqual([expect.stringMatching(/^23:3 .*certificates.*\| .*docs/)])
  expect(wrong('  key: awskms:///alias/x\n  certificates: [a.pem]\n  passphrase: env:P\n')).toEqual([
    expect.stringMatching(/^25:3 .*no passphrase/),
  ])
  expect(wrong(`  key: "${uri}"\n  passphrase: env:P\n`)).toEqual([expect.stringMatching(/^24:3 .*two references/)])
})

test('a level of signatures that needs a time stamp needs somebody who gives it', () => {
  const signing = (text: string) => `${sound}signing:\n  reason: Issued\n  ${text}\n`
  expect(problems(signing('level: B-LTA'))).toEqual([
    expect.stringMatching(/^24:3 signing\.level: B-LTA needs a time-stamping authority/),
  ])
  expect(problems(signing('level: B-B'))).toEqual([])
  expect(problems(signing('level: B-LTA\n  timestamp: { urls: ["https://tsa.example.test"] }'))).toEqual([])
  expect(problems(signing('level: B-X'))).toHaveLength(1)
  expect(problems(signing('revocation: { hosts: ["http://ocsp.example.test"] }'))).toHaveLength(1)
})
