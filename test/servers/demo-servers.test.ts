import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type SecureVersion } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { soundSettings } from '../../demo/servers/api-settings.ts'
import { certificateKinds, createAuthority } from '../../demo/servers/authority.ts'
import { plantedFaults } from '../../demo/servers/faults.ts'
import { type DemoSystem, startSoundSystem, startWeakSystem } from '../../demo/servers/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-demo-'))
const day = 86_400_000
let sound: DemoSystem
let weak: DemoSystem
let noise: readonly unknown[]

beforeAll(async () => {
  const spies = (['log', 'info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name))
  sound = await startSoundSystem(join(folder, 'sound'))
  weak = await startWeakSystem(join(folder, 'weak'))
  await ask(sound, '/.well-known/openid-configuration', { base: sound.issuer })
  noise = spies.flatMap((spy) => spy.mock.calls)
  vi.restoreAllMocks()
})

afterAll(async () => {
  await Promise.all([sound?.close(), weak?.close()])
  rmSync(folder, { recursive: true, force: true })
})

type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
type Ask = {
  readonly base?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

async function ask(system: DemoSystem, path: string, options: Ask = {}): Promise<Reply> {
  const url = new URL(path, options.base ?? system.apiUrl)
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const { method = 'GET', headers = {} } = options
  const request = send(url, { method, headers, ca: readFileSync(system.caFile), agent: false })
  request.end(options.body)
  const [response] = await once(request, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }
}

/** The protocol and suite of a handshake, or the code of its failure. */
async function shake(url: string, version: SecureVersion, ciphers = 'DEFAULT'): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect({
    host: hostname,
    port: Number(port),
    minVersion: version,
    maxVersion: version,
    ciphers: `${ciphers}:@SECLEVEL=0`,
    rejectUnauthorized: false,
  })
  try {
    await once(socket, 'secureConnect')
    return `${socket.getProtocol()} ${socket.getCipher().name}`
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  } finally {
    socket.destroy()
  }
}

function peer(
  system: DemoSystem,
  url: string,
): Promise<{ authorised: boolean; reason: string; valid: X509Certificate }> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      ca: readFileSync(system.caFile),
      rejectUnauthorized: false,
      ciphers: 'DEFAULT:@SECLEVEL=0',
    })
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      const valid = socket.getPeerX509Certificate()
      const reason = String(socket.authorizationError ?? '')
      socket.destroy()
      if (valid === undefined) reject(new Error('no certificate'))
      else resolve({ authorised: socket.authorized, reason, valid })
    })
  })
}

test('both systems start without a word on the console', () => {
  expect(noise).toEqual([])
})

test('every planted fault has an id of its own and names the observation that shows it', () => {
  expect(new Set(plantedFaults.map(({ id }) => id)).size).toBe(plantedFaults.length)
  expect(plantedFaults.every(({ shownBy }) => shownBy.length > 0)).toBe(true)
})

test('secrets lie in files that only their owner reads, and the authority’s own keys nowhere', () => {
  for (const name of readdirSync(join(folder, 'weak'))) {
    const path = join(folder, 'weak', name)
    const secret = name.endsWith('.key.pem') || name === 'client-secret' || name === 'expired-token'
    if (secret) expect([name, statSync(path).mode & 0o777]).toEqual([name, 0o600])
    if (statSync(path).isFile() && !secret) expect(readFileSync(path, 'utf8')).not.toContain('PRIVATE KEY')
  }
})

describe('transport', () => {
  test('the sound API speaks TLS 1.2 and 1.3 and nothing older', async () => {
    expect(await shake(sound.apiUrl, 'TLSv1.3')).toMatch(/^TLSv1\.3 /)
    expect(await shake(sound.apiUrl, 'TLSv1.2')).toMatch(/^TLSv1\.2 ECDHE-ECDSA-/)
    expect(await shake(sound.apiUrl, 'TLSv1.1')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    expect(await shake(sound.apiUrl, 'TLSv1')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  })

  test('the weak API really speaks TLS 1.0 and 1.1, and suites that encrypt nothing', async () => {
    expect(await shake(weak.apiUrl, 'TLSv1')).toMatch(/^TLSv1 /)
    expect(await shake(weak.apiUrl, 'TLSv1.1')).toMatch(/^TLSv1\.1 /)
    expect(await shake(weak.apiUrl, 'TLSv1.2', 'NULL-SHA256')).toBe('TLSv1.2 NULL-SHA256')
    expect(await shake(weak.apiUrl, 'TLSv1.2', 'AES128-SHA')).toBe('TLSv1.2 AES128-SHA')
    expect(await shake(weak.apiUrl, 'TLSv1.3')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  })

  test('certificates: sound, ending in five days, and expired on the port of the migration', async () => {
    expect(await peer(sound, sound.apiUrl)).toMatchObject({ authorised: true })
    const expiring = await peer(weak, weak.apiUrl)
    expect(expiring.authorised).toBe(true)
    expect(Math.floor((Date.parse(expiring.valid.validTo) - Date.now()) / day)).toBe(5)
    expect(await peer(weak, weak.legacyUrl ?? '')).toMatchObject({ authorised: false, reason: 'CERT_HAS_EXPIRED' })
    expect(sound.legacyUrl).toBeNull()
  })

  test('every kind of certificate has the fault of its name and no other', async () => {
    const authority = await createAuthority(join(folder, 'authority'), 'Test')
    const reasons: Record<string, string> = {}
    const own = await startSoundSystem(join(folder, 'own'))
    try {
      for (const certificate of certificateKinds) {
        await own.change({ api: { certificate, ciphers: 'DEFAULT@SECLEVEL=0' } })
        reasons[certificate] = (await peer(own, own.apiUrl)).reason
      }
    } finally {
      await own.close()
    }
    expect(reasons).toEqual({
      sound: '',
      expired: 'CERT_HAS_EXPIRED',
      expiring: '',
      'wrong-host': 'ERR_TLS_CERT_ALTNAME_INVALID',
      'self-signed': 'DEPTH_ZERO_SELF_SIGNED_CERT',
      'incomplete-chain': 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'long-lived': '',
      'rsa-1024': '',
    })
    const short = new X509Certificate((await authority.issue('short', 'rsa-1024')).chain)
    expect(short.publicKey.asymmetricKeyDetails?.modulusLength).toBe(1024)
    const long = new X509Certificate((await authority.issue('long', 'long-lived')).chain)
    expect((Date.parse(long.validTo) - Date.parse(long.validFrom)) / day).toBe(3650)
  })
})

describe('the API', () => {
  test('answers with every security header, on error pages too, where it is sound', async () => {
    for (const path of ['/healthz', '/customers', '/nowhere']) {
      const { headers } = await ask(sound, path)
      expect(headers['strict-transport-security']).toBe(soundSettings.hsts)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(headers).not.toHaveProperty('server')
    }
    expect((await ask(sound, '/nowhere')).body).not.toContain('    at ')
  })

  test('gives itself away where it is weak', async () => {
    const { status, headers, body } = await ask(weak, '/nowhere')
    expect(status).toBe(404)
    expect(body).toMatch(/\n {4}at .+\.[jt]s:\d+/)
    expect(headers.server).toMatch(/\/\d/)
    expect(headers).not.toHaveProperty('strict-transport-security')
    const traced = await ask(weak, '/customers', { method: 'TRACE', headers: { 'x-canary': 'seen' } })
    expect([traced.status, traced.body.includes('x-canary: seen')]).toEqual([200, true])
    expect((await ask(sound, '/customers', { method: 'TRACE' })).status).toBe(405)
  })

  test('reflects any origin where it is weak, and allows the portal alone where it is sound', async () => {
    const from = (origin: string) => ({ headers: { origin } })
    const reflected = await ask(weak, '/healthz', from('https://evil.example'))
    expect(reflected.headers['access-control-allow-origin']).toBe('https://evil.example')
    expect(reflected.headers['access-control-allow-credentials']).toBe('true')
    expect((await ask(sound, '/healthz', from('https://evil.example'))).headers).not.toHaveProperty(
      'access-control-allow-origin',
    )
    const portal = 'https://portal.customer-data.example'
    expect((await ask(sound, '/healthz', from(portal))).headers['access-control-allow-origin']).toBe(portal)
  })

  test('limits the rate of a client on a route, and says until when', async () => {
    const answers = await Promise.all(Array.from({ length: 45 }, () => ask(sound, '/reports')))
    const limited = answers.filter(({ status }) => status === 429)
    expect(limited).toHaveLength(5)
    expect(Number(limited[0]?.headers['retry-after'])).toBeGreaterThan(0)
    expect(limited[0]?.headers.ratelimit).toMatch(/^"default";r=0;t=\d+$/)
    expect((await ask(sound, '/customers')).status).toBe(401)
    const unlimited = await Promise.all(Array.from({ length: 60 }, () => ask(weak, '/reports')))
    expect(unlimited.filter(({ status }) => status === 429)).toEqual([])
  })

  test('writes each request into its audit log', async () => {
    await ask(sound, '/customers/c-1002?token=not-kept')
    const lines = readFileSync(join(sound.logFolder, 'audit.log'), 'utf8').trimEnd().split('\n')
    const last: unknown = JSON.parse(lines.at(-1) ?? '')
    expect(last).toMatchObject({
      who: 'unknown',
      action: 'GET',
      path: '/customers/c-1002',
      status: 401,
      outcome: 'denied',
    })
  })

  test('changes every trait while it runs, on the same ports', async () => {
    const own = await startWeakSystem(join(folder, 'changing'))
    try {
      const before = await own.httpUrl
      await own.change({
        api: { minTls: 'TLSv1.2', maxTls: 'TLSv1.3', ciphers: null, hsts: 'max-age=1', stackTraces: false },
      })
      expect(await shake(own.apiUrl, 'TLSv1')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
      expect(await shake(own.apiUrl, 'TLSv1.3')).toMatch(/^TLSv1\.3/)
      const { headers, body } = await ask(own, '/nowhere')
      expect(headers['strict-transport-security']).toBe('max-age=1')
      expect(body).not.toContain('    at ')
      expect((await ask(own, '/healthz', { base: before })).status).toBe(200)
      await own.change({ api: { httpPort: 'redirect' } })
      const redirect = await ask(own, '/healthz', { base: before })
      expect([redirect.status, redirect.headers.location]).toEqual([308, `${own.apiUrl}/healthz`])
      await own.change({ api: { httpPort: 'refuse' } })
      expect((await ask(own, '/healthz', { base: before })).status).toBe(403)
      await own.change({ api: { httpPort: 'closed' } })
      await expect(ask(own, '/healthz', { base: before })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      await own.change({ api: { httpPort: 'serve' } })
      expect((await ask(own, '/healthz', { base: before })).status).toBe(200)
    } finally {
      await own.close()
    }
    await expect(ask(own, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('the audit log', () => {
  test('of the sound system goes back 400 days without a gap, for its owner and group', () => {
    const { times, modes } = readLogs(sound.logFolder)
    expect(Math.round((Date.now() - (times[0] ?? 0)) / day)).toBe(400)
    expect(longestGap(times)).toBeLessThan(day)
    expect(modes).toEqual(new Set([0o640]))
    const rule = readFileSync(sound.logrotateFile, 'utf8')
    expect(rule).toContain(`${sound.logFolder}/audit.log {`)
    expect(rule).toMatch(/^ {4}daily\n {4}rotate 400$/m)
  })

  test('of the weak system goes back 40 days with five missing, for everybody', () => {
    const { times, modes } = readLogs(weak.logFolder)
    expect(Math.round((Date.now() - (times[0] ?? 0)) / day)).toBe(40)
    expect(Math.round(longestGap(times) / day)).toBe(5)
    expect(modes).toEqual(new Set([0o644]))
    expect(readFileSync(weak.logrotateFile, 'utf8')).toMatch(/^ {4}weekly\n {4}rotate 7$/m)
  })

  test('has its rule and modes mended without touching its records', async () => {
    const before = readLogs(weak.logFolder).times
    await weak.change({ logs: { mode: 0o640, period: 'daily', rotate: 400 } })
    const after = readLogs(weak.logFolder)
    expect(after.modes).toEqual(new Set([0o640]))
    expect(after.times).toEqual(before)
    expect(readFileSync(weak.logrotateFile, 'utf8')).toMatch(/^ {4}daily\n {4}rotate 400$/m)
  })

  function readLogs(logs: string): { times: readonly number[]; modes: ReadonlySet<number> } {
    const files = readdirSync(logs).map((name) => join(logs, name))
    const times = files.flatMap((file) => {
      const bytes = readFileSync(file)
      const lines = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trimEnd().split('\n')
      return lines.filter((line) => line !== '').map((line) => Date.parse(JSON.parse(line).time))
    })
    return { times: times.sort((a, b) => a - b), modes: new Set(files.map((file) => statSync(file).mode & 0o777)) }
  }

  function longestGap(times: readonly number[]): number {
    return times.reduce((longest, time, index) => Math.max(longest, time - (times[index - 1] ?? time)), 0)
  }
})
