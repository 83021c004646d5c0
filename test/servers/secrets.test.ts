import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listen, stop } from '../../demo/servers/socket.ts'
import { affidavit, type CliResult } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { type KeptText, keptIn } from '../helpers/kept-texts.ts'
import { encodingsOf, plantedInText, plantedReferences, tracesOf } from '../helpers/planted-secrets.ts'
import { starttlsServer } from '../helpers/starttls-servers.ts'
import { issue } from '../helpers/tls-certificates.ts'
import { tcpServer, tlsServer } from '../helpers/tls-servers.ts'

// Every command is a process of its own, and what one of them leaves behind is what this is about.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
/** Must be found wherever the secrets are looked for: else nothing was kept, and nothing was shown. */
const canary = (where: string) => `canary-of-${where}`
const echoes = Object.values(plantedReferences).flatMap(encodingsOf)
const lines = [...plantedInText.map(({ shown }) => shown), ...echoes]
/** Without UTF-16, since a body with NULs in it is not kept at all. */
const page = lines.filter((line) => !line.includes('\0')).join('\n')
const environment = {
  API_TOKEN: plantedReferences.token,
  CLIENT_SECRET: plantedReferences.clientSecret,
  GATEWAY_KEY: plantedReferences.gateway,
  KEY_PASSPHRASE: plantedReferences.keyPassphrase,
}

const closing = new AsyncDisposableStack()
let folder: string
let kept: readonly KeptText[]

beforeAll(async () => {
  folder = closing.use(await temporaryFolder()).path
  const certificate = issue()
  await mkdir(join(folder, 'secrets'))
  await writeFile(join(folder, 'secrets/ca.pem'), certificate.pem)
  await writeFile(join(folder, 'secrets/passphrase'), `${plantedReferences.keyPassphrase}\n`)
  await writeFile(join(folder, 'secrets/expired'), `${plantedReferences.expired}\n`)
  const time = new Date().toISOString()
  await writeFile(join(folder, 'secrets/audit.log'), lines.map((line) => `${time} ${line}\n`).join(''))
  await writeFile(join(folder, 'secrets/logrotate.conf'), logrotate(join(folder, 'secrets/audit.log')))

  const provider = createServer(answerAsProvider)
  const issuer = `http://127.0.0.1:${await listen(provider)}`
  const gateway = createSecureServer({ cert: certificate.pem, key: certificate.keyPem }, answerAsGateway)
  const gatewayPort = await listen(gateway)
  const garbage = closing.use(
    await tcpServer((socket) => socket.end(`${canary('garbage')} ${lines.slice(0, 30).join(' ')}`)),
  )
  const greeting = closing.use(
    await starttlsServer(smtp(['250-STARTTLS\r\n250 HELP\r\n', { expect: /^STARTTLS\r\n$/ }, '220 go\r\n'])),
  )
  const declined = closing.use(
    await starttlsServer(smtp([`250 ${canary('declined')} password=${plantedReferences.token}\r\n`])),
  )
  const plain = closing.use(await tcpServer((socket) => socket.end(`${canary('plain')}\r\n${lines.join('\r\n')}\r\n`)))
  closing.defer(() => stop(provider))
  closing.defer(() => stop(gateway))

  await writeFile(
    join(folder, 'affidavit.yaml'),
    `version: 1
organisation: { name: Example Retail Ltd }
systems:
  - id: shop
    name: Shop
    components:
      - id: log
        targets:
          - collector: log-retention
            schedule: hourly
            target: { logs: [{ id: audit, files: [secrets/audit.log], logrotate: [secrets/logrotate.conf] }] }
      - id: login
        targets:
          - id: client
            collector: auth
            target:
              issuer: ${issuer}
              permit: test-identity
              client: { id: shop, secret: env:CLIENT_SECRET }
          - id: api
            collector: auth
            target:
              permit: test-identity
              token: env:API_TOKEN
              expiredToken: file:secrets/expired
              api: { baseUrl: ${issuer}/api, operations: [{ path: /orders }], credential: { header: X-Shop-Key, scheme: "" } }
      - id: gateway
        targets:
          - collector: gateway
            target:
              url: https://127.0.0.1:${gatewayPort}
              http: http://127.0.0.1:${garbage.port}
              permit: test-identity
              trust: [secrets/ca.pem]
              credential: { token: env:GATEWAY_KEY, header: x-gateway }
      - id: ports
        targets:
          - { id: mail, collector: tls, target: { host: 127.0.0.1, port: ${greeting.port}, starttls: smtp } }
          - { id: declined, collector: tls, target: { host: 127.0.0.1, port: ${declined.port}, starttls: smtp } }
          - { id: plain, collector: tls, target: { host: 127.0.0.1, port: ${plain.port} } }
schedules: { hourly: { cron: "0 * * * *" } }
keys: { passphrase: env:KEY_PASSPHRASE }
signing: { passphrase: file:secrets/passphrase }
daemon: { port: 0 }
`,
  )
  await said('keys', 'keys', 'make', '--organisation', 'Example Retail Ltd', '--passphrase', 'env:KEY_PASSPHRASE')
  await said('run', 'run')
  // Somebody who reads keeps SQLite from emptying its log of writes.
  const reader = new Database(join(folder, 'affidavit.db'), { readonly: true })
  reader.exec('BEGIN; SELECT count(*) FROM ledger')
  await said('run-json', 'run', '--json')
  await said('report', 'report')
  await said('list', 'evidence', 'list')
  await said('show', 'evidence', 'show', 'E-10')
  await said('export', 'evidence', 'export', '--all', '-o', 'bundle.zip')
  await said('backup', 'backup', 'backup.db')
  await said('probe', 'probe', 'auth', issuer)
  const target = { url: `https://127.0.0.1:${gatewayPort}`, http: false, trust: ['secrets/ca.pem'] }
  await said('probe-json', 'probe', 'gateway', '--json', '--target', JSON.stringify(target))
  await said('probe-tls', 'probe', 'tls', `127.0.0.1:${plain.port}`)
  await writeFile(join(folder, 'daemon.out'), await daemonOutput())
  kept = keptIn(folder, (path) => /\/(?:keys|secrets)\/|affidavit\.yaml$/.test(path))
  reader.close()
})

afterAll(async () => {
  await closing.disposeAsync()
})

test('none of 175 kinds of secrets that servers and files show is kept, logged, exported or printed anywhere', () => {
  expect(plantedInText.length).toBeGreaterThanOrEqual(175)
  expect(new Set(plantedInText.map(({ kind }) => kind)).size).toBe(plantedInText.length)
  expect(found(plantedInText)).toEqual([])
})

test('no secret that the configuration refers to is kept either, whoever shows it and however it is encoded', () => {
  expect(found(Object.entries(plantedReferences).map(([kind, secret]) => ({ kind, secret })))).toEqual([])
})

test('what stands around the secrets is kept, so that they had every chance to be kept too', () => {
  const places = [
    'logrotate',
    'discovery',
    'metadata',
    'token',
    'header',
    'page',
    'garbage',
    'declined',
    'greeting',
    'plain',
  ]
  for (const place of places) {
    const where = kept.filter(({ text }) => text.includes(canary(place))).map((each) => each.where)
    expect({ place, database: where.some((each) => each.includes('affidavit.db')) }).toEqual({ place, database: true })
    expect({ place, bundle: where.some((each) => each.includes('bundle.zip')) }).toEqual({ place, bundle: true })
  }
  for (const suffix of [
    '.pdf',
    '.html',
    '.json',
    'run.out',
    'probe-json.out',
    'daemon.out',
    'backup.db',
    'affidavit.db-wal',
  ]) {
    expect({ suffix, read: kept.some(({ where }) => where.includes(suffix)) }).toEqual({ suffix, read: true })
  }
  expect(kept.some(({ where, text }) => where.includes('.pdf') && text.includes('"kind":"gateway.headers"'))).toBe(true)
})

test('a certificate may carry anything, and no text that is made of it repeats a secret', async () => {
  const commonName = `AKIA${'Q7'.repeat(8)}`
  await using server = await tlsServer(certificateOf(commonName))
  for (const form of [[], ['--json']]) {
    const { stdout, stderr } = await affidavit(['probe', 'tls', `127.0.0.1:${server.port}`, ...form], { cwd: folder })
    expect(stdout).toContain('[redacted:aws-key]')
    expect(stdout + stderr).not.toContain(commonName)
  }
})

test('a secret that stands in the configuration itself is refused with its place, and not repeated', async () => {
  const text = (parameter: string) => `version: 1
organisation: { name: Example }
systems:
  - id: shop
    name: Shop
    components:
      - { id: api, targets: [{ collector: auth, target: { api: { baseUrl: "https://api.example.test", operations: [{ path: / }], parameters: { ${parameter} } } } }] }
`
  for (const [name, value] of [
    ['apiKey', 'hunter2hunter2'],
    ['id', `ghp_${'a1'.repeat(18)}`],
  ] as const) {
    await writeFile(join(folder, 'literal.yaml'), text(`${name}: ${value}`))
    const { code, stdout, stderr } = await affidavit(['check', '-c', 'literal.yaml'], { cwd: folder })
    expect(code).toBe(2)
    expect(stderr).toMatch(/literal\.yaml:7:\d+: .*looks like a secret/)
    expect(stdout + stderr).not.toContain(value)
  }
})

/** Which secrets are where; empty where redaction did its work. */
function found(secrets: readonly { readonly kind: string; readonly secret: string }[]): readonly string[] {
  return secrets.flatMap(({ kind, secret }) =>
    tracesOf(secret).flatMap((trace) =>
      kept.filter(({ text }) => text.includes(trace)).map(({ where }) => `${kind}: ${trace.slice(0, 12)}… in ${where}`),
    ),
  )
}

/** Runs a command and keeps what it says beside what it writes. */
async function said(name: string, ...args: string[]): Promise<CliResult> {
  const result = await affidavit(args, { cwd: folder, env: environment })
  await writeFile(join(folder, `${name}.out`), result.stdout + result.stderr)
  // 1 says that findings are open; more would mean that nothing was looked at.
  expect({ name, code: result.code, stderr: result.code ? result.stderr : '' }).toMatchObject({
    code: expect.toBeOneOf([0, 1]),
  })
  return result
}

/** The log of a daemon that collects the newest slot and is then told to stop. */
async function daemonOutput(): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, [main, 'daemon'], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const take = (text: string) => {
    output += text
    if (/"collected"|"scheduled"/.test(text)) child.kill('SIGTERM')
  }
  child.stdout?.setEncoding('utf8').on('data', take)
  child.stderr?.setEncoding('utf8').on('data', take)
  await new Promise((done) => child.once('close', done))
  return output
}

function answerAsProvider({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const issuer = `http://${headers.host}`
  const notes = Object.fromEntries(lines.map((line, index) => [`note ${index}`, line]))
  if (url.endsWith('/openid-configuration')) {
    const metadata = {
      issuer,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      canary: canary('discovery'),
    }
    inPieces(response, 200, 'application/json', JSON.stringify({ ...metadata, ...notes }))
  } else if (url.includes('/.well-known/')) inPieces(response, 500, 'text/plain', `${canary('metadata')}\n${page}`)
  else if (url === '/keys') inPieces(response, 200, 'application/json', JSON.stringify({ keys: [], notes }))
  else if (url === '/token') {
    const error = { error: 'invalid_client', error_description: canary('token'), notes }
    inPieces(response, 401, 'application/json', JSON.stringify(error, null, 2))
  } else inPieces(response, 401, 'text/plain', lines.join('\n'))
}

function answerAsGateway(_: IncomingMessage, response: ServerResponse): void {
  const told = lines.filter((line) => /^[\t -~]+$/.test(line))
  response.setHeader('X-Told', [canary('header'), ...told])
  response.setHeader('server', `nginx/1.22.1 password=${plantedReferences.gateway}`)
  response.setHeader('X-POWERED-BY', told.slice(0, 20).join(', '))
  response.setHeader('x-ApI-kEy', plantedReferences.gateway)
  response.setHeader('sET-cOOKIE', `id=${plantedReferences.token}; HttpOnly`)
  inPieces(response, 404, 'text/html', `<p>${canary('page')}</p>\n${page}`)
}

/** In so many pieces that no secret arrives whole. */
function inPieces(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` })
  const bytes = Buffer.from(text)
  for (let from = 0; from < bytes.length; from += 11) response.write(bytes.subarray(from, from + 11))
  response.end()
}

function smtp(after: Parameters<typeof starttlsServer>[0]): Parameters<typeof starttlsServer>[0] {
  const greeting = [canary('greeting'), ...lines.flatMap((line) => line.split('\n'))].map((line) => `220-${line}\r\n`)
  return [`${greeting.join('')}220 ready\r\n`, { expect: /^EHLO \S+\r\n$/ }, ...after]
}

function logrotate(log: string): string {
  const comments = lines.flatMap((line) => line.split('\n')).map((line) => `  # ${line}\n`)
  return `# ${canary('logrotate')}\n${log} {\n  daily\n  rotate 90\n${comments.join('')}}\n`
}

function certificateOf(commonName: string) {
  const { pem, keyPem } = issue({ commonName })
  return { cert: pem, key: keyPem }
}
