import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test, vi } from 'vitest'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'

// Each command is a process of its own; a busy machine takes its time with them.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const main = resolve(import.meta.dirname, '../../src/cli/main.ts')

const init = [
  'init',
  '--yes',
  '--organisation',
  'Example Retail Ltd',
  '--time-zone',
  'Europe/Zurich',
  '--system',
  'Shop',
]

test('init writes a configuration that check accepts, and keys that only their owner can read', async () => {
  await using folder = await temporaryFolder()
  const made = await affidavit([...init, '--host', 'api.example.com:8443'], { cwd: folder.path })
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(made.stdout).toContain('affidavit check')
  const text = await readFile(join(folder.path, 'affidavit.yaml'), 'utf8')
  expect(text).toContain('target: { host: api.example.com, port: 8443 }')
  for (const key of ['report.key.pem', 'ledger.key.pem', 'ca.key.pem']) {
    expect((await stat(join(folder.path, 'keys', key))).mode & 0o777).toBe(0o600)
  }
  const checked = await affidavit(['check'], { cwd: folder.path })
  expect(checked).toMatchObject({ code: 0, stderr: '' })
  expect(checked.stdout).toContain('valid')
  expect(checked.stdout).not.toContain('warning')
})

test('init changes nothing where a configuration is already there', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'affidavit.yaml'), 'version: 1\n')
  const again = await affidavit(init, { cwd: folder.path })
  expect(again.code).toBe(2)
  expect(again.stderr).toContain('AFD_INIT_EXISTS')
  expect(await readFile(join(folder.path, 'affidavit.yaml'), 'utf8')).toBe('version: 1\n')
})

test.each([
  ['the host', ['--host', 'shop.example.com:8443'], 'shop.example.com'],
  ['the organisation', [], 'Example Retail Ltd'],
])('a system that nobody names is called like %s', async (_, host, name) => {
  await using folder = await temporaryFolder()
  const made = await affidavit(['init', '--yes', '--organisation', 'Example Retail Ltd', ...host], { cwd: folder.path })
  expect(made.code).toBe(0)
  const checked = await affidavit(['check', '--json'], { cwd: folder.path })
  expect(JSON.parse(checked.stdout)).toMatchObject({ valid: true, systems: [{ name }] })
})

test.each([
  ['tls', 'not a host', 2],
  ['auth', 'notaurl', 2],
  ['gateway', 'http://api.example.com', 2],
  ['auth', 'https://127.0.0.1:1', 1],
  ['gateway', 'https://127.0.0.1:1', 1],
  ['tls', '127.0.0.1:1', 1],
  ['log-retention', 'no-such.log', 1],
])('probe %s %s ends with exit code %i', async (collector, target, expected) => {
  await using folder = await temporaryFolder()
  const { code, stdout, stderr } = await affidavit(['probe', collector, target, '--json'], { cwd: folder.path })
  expect(code).toBe(expected)
  if (expected === 1) expect(JSON.parse(stdout).failure).toMatchObject({ hint: expect.any(String) })
  else expect(stderr).toContain('(AFD_PROBE_TARGET)')
})

test('init suggests targets from an OpenAPI document', async () => {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'api'))
  await writeFile(
    join(folder.path, 'api/openapi.yaml'),
    `openapi: 3.1.0
info: { title: Orders API, version: "1" }
servers: [{ url: https://orders.example.com:9443/v1 }]
paths: {}
components:
  securitySchemes:
    idp: { type: openIdConnect, openIdConnectUrl: https://login.example.com/.well-known/openid-configuration }
`,
  )
  const made = await affidavit(['init', '--yes', '--openapi', 'api/openapi.yaml'], { cwd: folder.path })
  expect(made.code).toBe(0)
  const { stdout, code } = await affidavit(['check', '--json'], { cwd: folder.path })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    systems: [{ name: 'Orders API' }],
    targets: [
      { id: 'orders-api/api/tls' },
      { id: 'orders-api/api/gateway' },
      { id: 'orders-api/api/auth' },
      { id: 'orders-api/identity-provider/auth' },
    ],
  })
})

test('keys made under a passphrase open with it and with no other', async () => {
  await using folder = await temporaryFolder()
  const env = { AFD_TEST_PASSPHRASE: 'correct horse battery staple' }
  const made = await affidavit([...init, '--passphrase', 'env:AFD_TEST_PASSPHRASE'], { cwd: folder.path, env })
  expect(made.code).toBe(0)
  expect(await readFile(join(folder.path, 'keys/report.key.pem'), 'utf8')).toContain('ENCRYPTED PRIVATE KEY')
  const wrong = await affidavit(['run'], { cwd: folder.path, env: { AFD_TEST_PASSPHRASE: 'wrong' } })
  expect(wrong.code).toBe(5)
  expect(wrong.stderr).not.toContain('wrong horse')
  const absent = await affidavit(['run'], { cwd: folder.path, env: { AFD_TEST_PASSPHRASE: '' } })
  expect(absent.code).toBe(5)
  expect(absent.stderr).toContain('env:AFD_TEST_PASSPHRASE')
})

test('check says every error at once, with file, line, column and a hint', async () => {
  await using folder = await temporaryFolder()
  await writeFile(
    join(folder.path, 'affidavit.yaml'),
    `version: 1
organisation: { name: Example, timeZone: Mars/Olympus }
systems:
  - id: shop
    name: Shop
    components:
      - id: api
        targets:
          - collector: tls
            target: { host: shop.example.com, prot: 443 }
          - collector: auth
            target: { issuer: "https://login.example.com", client: { id: a, secret: hunter2-literal } }
exceptions: [{ control: TLS-99, reason: r, approver: a, approvedOn: 2026-01-01, expiresOn: 2026-02-01 }]
`,
  )
  const { code, stderr } = await affidavit(['check'], { cwd: folder.path })
  expect(code).toBe(2)
  expect(stderr).toContain('affidavit.yaml:2:32: organisation.timeZone: not an IANA time zone')
  expect(stderr).toContain('affidavit.yaml:10:47:')
  expect(stderr).toContain('did you mean "port"?')
  expect(stderr).toContain('by reference only')
  expect(stderr).not.toContain('hunter2')
})

test('check --json says every error as data, and nothing else on stdout', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'affidavit.yaml'), 'version: 2\n')
  const { code, stdout } = await affidavit(['check', '--json'], { cwd: folder.path })
  expect(code).toBe(2)
  const { valid, problems } = JSON.parse(stdout)
  expect(valid).toBe(false)
  expect(problems).toContainEqual(expect.objectContaining({ file: 'affidavit.yaml', line: 1, column: 1 }))
})

test('a reader who leaves early, as head does, ends nothing and is told nothing', async () => {
  await using folder = await temporaryFolder()
  const child = spawn(process.execPath, [main, 'controls', 'list', '--json'], { cwd: folder.path })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise((done) => child.once('close', done))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test.each([
  ['--passphrase', 'hunter2'],
  ['--openapi', 'affidavit.json'],
])('init refuses %s %s and writes nothing', async (flag, value) => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'affidavit.json'), '{"openapi": ')
  const made = await affidavit(['init', '--yes', flag, value], { cwd: folder.path })
  expect(made.code).toBe(2)
  expect(made.stderr).toContain('AFD_INIT_FLAG')
  expect(made.stderr).not.toContain('hunter2')
  expect(await readdir(folder.path)).toEqual(['affidavit.json'])
})

test('a control or parameter that no catalogue has is an error in the configuration', async () => {
  await using folder = await temporaryFolder()
  await affidavit([...init, '--host', 'api.example.com'], { cwd: folder.path })
  const file = join(folder.path, 'affidavit.yaml')
  const extra =
    'controls: { parameters: { LOG-01: { minimumDay: 90 } }, exclude: [{ control: TLS-77, reason: none }] }\n'
  await writeFile(file, `${await readFile(file, 'utf8')}${extra}`)
  const { code, stderr } = await affidavit(['check'], { cwd: folder.path })
  expect(code).toBe(2)
  expect(stderr).toContain('there is no control "TLS-77"')
  expect(stderr).toContain('LOG-01 has no parameter "minimumDay"')
})

test('a catalogue that is not there is an error at its place in the configuration', async () => {
  await using folder = await temporaryFolder()
  await affidavit([...init, '--host', 'api.example.com'], { cwd: folder.path })
  const file = join(folder.path, 'affidavit.yaml')
  await writeFile(file, `${await readFile(file, 'utf8')}controls:\n  catalogues: [mine.yaml]\n`)
  const { code, stderr } = await affidavit(['check'], { cwd: folder.path })
  expect(code).toBe(2)
  expect(stderr).toMatch(/^affidavit\.yaml:\d+:16: .*mine\.yaml/)
})

test('a command that does not exist, and one without a configuration, say what to do', async () => {
  await using folder = await temporaryFolder()
  const unknown = await affidavit(['chek'], { cwd: folder.path })
  expect(unknown.code).toBe(2)
  expect(unknown.stderr).toContain('check')
  const none = await affidavit(['run'], { cwd: folder.path })
  expect(none.code).toBe(2)
  expect(none.stderr).toContain('affidavit init')
})

test('every command has help', async () => {
  await using folder = await temporaryFolder()
  const { stdout } = await affidavit(['--help'], { cwd: folder.path })
  const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'help')
  expect(names.length).toBeGreaterThanOrEqual(12)
  const helps = await Promise.all(names.map((name) => affidavit([name, '--help'], { cwd: folder.path })))
  expect(helps.map(({ code }) => code)).toEqual(names.map(() => 0))
})

test('controls list, show and test work without a configuration', async () => {
  await using folder = await temporaryFolder()
  const list = await affidavit(['controls', 'list', '--json'], { cwd: folder.path })
  expect(JSON.parse(list.stdout).length).toBeGreaterThanOrEqual(30)
  const shown = await affidavit(['controls', 'show', 'TLS-02'], { cwd: folder.path })
  expect(shown.stdout).toContain('openssl s_client')
  const tested = await affidavit(['controls', 'test'], { cwd: folder.path })
  expect(tested.code).toBe(0)
  expect(tested.stdout).toMatch(/^\d+ passed, 0 failed\n$/)
})
