import { execFile } from 'node:child_process'
import { constants, getDiffieHellman } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { reperform } from '../../src/assess/reperform.ts'
import { soundScripts, starttlsServer } from '../helpers/starttls-servers.ts'
import { listOf, logListConf, testLog } from '../helpers/timestamp-log.ts'
import { dhParametersPem, issue } from '../helpers/tls-certificates.ts'
import { oldOpenssl, oldServer } from '../helpers/tls-old-openssl.ts'
import { opensslServer } from '../helpers/tls-s-server.ts'
import { has } from '../helpers/tls-scanners.ts'
import { localCertificate, type Running, showing, tlsServer } from '../helpers/tls-servers.ts'

type Control = { readonly id: string; readonly reperform?: readonly string[] }
const catalogue = readFileSync(resolve(import.meta.dirname, '../../controls/tls.yaml'), 'utf8')
const { controls } = parse(catalogue) as { readonly controls: readonly Control[] }

/** What a control's command prints about a server, as an auditor would see it. */
function run(id: string, command: RegExp, { port }: Running, facts: { readonly starttls?: string } = {}, place = {}) {
  const found = controls.find((each) => each.id === id)?.reperform?.find((each) => command.test(each))
  if (found === undefined) throw new Error(`${id} has no command like ${command}`)
  const text = reperform(found, { subject: `localhost:${port}`, facts, params: {} })
  return new Promise<string>((done) => {
    execFile('sh', ['-c', text], { timeout: 60_000, ...place }, (_error, stdout, stderr) => done(stdout + stderr))
  })
}

const missing = await Promise.all(['openssl', 'nmap'].map(async (each) => ((await has(each)) ? [] : [each])))
const old = await oldOpenssl('1.0.1')
const why = [...missing.flat(), ...('missing' in old ? [old.missing] : [])].join(', ')
if (why) process.stderr.write(`SKIPPED: the commands that show a TLS finding again, which need ${why}\n`)

describe.skipIf(why !== '')('the commands of the controls show on real servers what the collector says', () => {
  let sound: Running
  let weak: Running
  beforeAll(async () => {
    sound = await tlsServer({
      ...showing(localCertificate('RSA-2048')),
      ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    })
    if ('missing' in old) return
    const options = {
      ciphers: 'ALL:COMPLEMENTOFALL',
      secureProtocol: 'SSLv23_method',
      dhparam: dhParametersPem(getDiffieHellman('modp2').getPrime()),
    }
    weak = await oldServer(old.node, options, ['--enable-ssl2', '--enable-ssl3'])
  })
  afterAll(async () => {
    await sound?.[Symbol.asyncDispose]()
    await weak?.[Symbol.asyncDispose]()
  })

  const handshakeFailure = /alert handshake failure/
  // What several scripts of nmap find comes in any order.
  test.each<[id: string, command: RegExp, onSound: RegExp, onWeak: RegExp]>([
    ['TLS-01', /^nmap/, /^(?![\s\S]*SSLv[23])[\s\S]*TLSv1\.2:/, /^(?=[\s\S]*SSLv2 supported)[\s\S]*SSLv3:/],
    ['TLS-02', /-tls1 /, /alert protocol version/, /Protocol version: TLSv1$/m],
    ['TLS-02', /-tls1_1 /, /alert protocol version/, /Protocol version: TLSv1\.1$/m],
    ['TLS-03', /-tls1_2 /, /Protocol version: TLSv1\.2$/m, /Protocol version: TLSv1\.2$/m],
    ['TLS-04', /-tls1_3 /, /Protocol version: TLSv1\.3$/m, handshakeFailure],
    ['TLS-05', /^openssl/, handshakeFailure, /Ciphersuite: .*(?:NULL|RC4|DES)/],
    ['TLS-06', /^openssl/, handshakeFailure, /Ciphersuite: AES/],
    ['TLS-07', /^openssl/, handshakeFailure, /Ciphersuite: ECDHE-RSA-AES256-SHA/],
    ['TLS-08', /^openssl/, /Ciphersuite: TLS_AES_128_GCM_SHA256/, /Protocol version: TLSv1\.2/],
    ['TLS-11', /^openssl/, /^$/, /DH, 1024 bits/],
    ['TLS-11', /^nmap/, /^(?![\s\S]*VULNERABLE)/, /VULNERABLE/],
    ['TLS-12', /^openssl/, /IS supported/, /IS supported/],
    ['TLS-13', /^\(/, /RENEGOTIATING[\s\S]*no renegotiation/, /RENEGOTIATING\n(?![\s\S]*no renegotiation)/],
    ['TLS-14', /^nmap/, /compressors:[\s\S]*NULL(?![\s\S]*DEFLATE)/, /compressors:[\s\S]*NULL(?![\s\S]*DEFLATE)/],
    ['TLS-15', /-no_tls1_3 </, /alert inappropriate fallback/, /Protocol {2}: TLSv1\.2/],
    ['TLS-15', /-no_tls1_2/, /alert (?:protocol version|inappropriate fallback)/, /alert inappropriate fallback/],
    ['TLS-16', /^openssl/, /: yes/, /: no/],
    ['TLS-19', /^nmap/, /^(?![\s\S]*VULNERABLE)/, /VULNERABLE/],
    ['TLS-21', /^openssl/, /^$/, /Peer signing digest: SHA1/],
    ['CERT-01', /^openssl/, /Certificate will not expire/, /Certificate will not expire/],
    ['CERT-02', /^openssl/, /^notAfter=/, /^notAfter=/],
    ['CERT-03', /^openssl/, /DNS:localhost/, /DNS:localhost/],
    ['CERT-04', /^openssl/, /self-signed certificate/, /self-signed certificate/],
    ['CERT-05', /^openssl/, /BEGIN CERTIFICATE/, /BEGIN CERTIFICATE/],
    ['CERT-06', /^openssl/, /\(2048 bit\)/, /\(2048 bit\)/],
    ['CERT-07', /^openssl/, /sha256WithRSAEncryption/, /sha256WithRSAEncryption/],
    ['CERT-08', /^openssl/, /^notBefore=.*\nnotAfter=/, /^notBefore=.*\nnotAfter=/],
    ['CERT-09', /^openssl/, /^OCSP response: no response sent\n---\n$/, /^OCSP response: no response sent\n---\n$/],
    ['CERT-10', /-status/, /no response sent/, /no response sent/],
  ])('%s, %s', async (id, command, onSound, onWeak) => {
    expect(await run(id, command, sound)).toMatch(onSound)
    expect(await run(id, command, weak)).toMatch(onWeak)
  })

  test('TLS-22, on servers that take early data and that take none', async () => {
    await using early = await opensslServer('-tls1_3', '-early_data', '-max_early_data', '4096')
    expect(await run('TLS-22', /^\(/, early)).toMatch(/^ +Max Early Data: 4096$/m)
    await using usual = await opensslServer('-tls1_3')
    expect(await run('TLS-22', /^\(/, usual)).toMatch(/^(?: +Max Early Data: 0\n)+$/)
  })

  test('CERT-11, on a certificate with timestamps of a log that is known and of one that is not', async () => {
    const [known, other] = [testLog(), testLog()]
    const root = issue({ commonName: 'Own Root', authority: true })
    const at = new Date(Date.now() - 60_000)
    const embed = (tbs: Uint8Array) => listOf(...[known, other].map((each) => each.stampPrecertificate(tbs, root, at)))
    const folder = mkdtempSync(join(tmpdir(), 'affidavit-reperform-'))
    writeFileSync(join(folder, 'root.pem'), root.pem)
    writeFileSync(join(folder, 'ct_log_list.cnf'), logListConf([{ log: known, name: 'Known', operator: 'One' }]))
    // OpenSSL verifies timestamps of certificates that it trusts alone.
    const place = { cwd: folder, env: { ...process.env, SSL_CERT_FILE: join(folder, 'root.pem') } }
    await using server = await tlsServer(showing(issue({ issuer: root, embed })))
    const said = await run('CERT-11', /-ct /, server, {}, place)
    expect(said.match(/SCT validation status: .*/g)?.toSorted()).toEqual([
      'SCT validation status: unknown log',
      'SCT validation status: valid',
    ])
    expect(said).toMatch(/Log {7}: Known/)
    expect((await run('CERT-11', /x509 /, server)).match(/Timestamp /g)).toHaveLength(2)
    rmSync(folder, { recursive: true })
  })

  test('behind STARTTLS too', async () => {
    await using mail = await starttlsServer(soundScripts.smtp)
    const shown = await run('TLS-03', /-tls1_3 /, mail, { starttls: 'smtp' })
    expect(shown).toMatch(/Protocol version: TLSv1\.3/)
  })
})
