import { getDiffieHellman } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { dhParametersPem } from '../helpers/tls-certificates.ts'
import { oldOpenssl, oldServer } from '../helpers/tls-old-openssl.ts'
import { freePort, has, program, type TestsslFinding, testsslWeaknesses } from '../helpers/tls-scanners.ts'
import { localCertificate, type Running } from '../helpers/tls-servers.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-testssl-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What both scanners look for: our name, and the names under which testssl.sh reports it. */
const known: readonly (readonly [ours: string, theirs: readonly string[]])[] = [
  ['heartbleed', ['heartbleed']],
  ['ccs-injection', ['CCS']],
  ['ticketbleed', ['ticketbleed']],
  ['robot', ['ROBOT']],
  ['poodle-sslv3', ['POODLE_SSL']],
  ['freak', ['FREAK']],
  ['logjam', ['LOGJAM', 'LOGJAM-common_primes']],
  ['drown', ['DROWN']],
  ['sweet32', ['SWEET32']],
  ['crime', ['CRIME_TLS']],
  ['beast', ['BEAST']],
  ['rc4', ['RC4']],
  ['lucky13', ['LUCKY13']],
]

type Verdicts = { readonly [name: string]: string }

/** The verdicts of both about one server; each scanner is alone with it, since neither should wait for the other. */
async function verdicts(server: Running): Promise<{ readonly ours: Verdicts; readonly theirs: Verdicts }> {
  const collection = await collectFrom(tlsCollector, { host: '127.0.0.1', port: server.port })
  expect(collection.failure).toBeNull()
  const found = new Map(
    observed(collection, 'tls.weakness').map(({ facts }) => [String(facts.name), String(facts.status)]),
  )
  const findings = await testsslWeaknesses(server)
  return {
    ours: Object.fromEntries(known.map(([name]) => [name, found.get(name) ?? 'not reported'])),
    theirs: Object.fromEntries(known.map(([name, ids]) => [name, verdictOf(ids.map((id) => findings.get(id)))])),
  }
}

function verdictOf(findings: readonly (TestsslFinding | undefined)[]): string {
  if (findings.some((each) => each === undefined)) return 'not reported'
  return findings.every((each) => each?.severity === 'OK') ? 'not-vulnerable' : 'vulnerable'
}

const missing = (await has('testssl')) ? [] : ['testssl.sh']
if (missing.length > 0) process.stderr.write('SKIPPED: tests that need testssl.sh, which this machine has not\n')

describe.skipIf(missing.length > 0).concurrent('testssl.sh comes to the same verdicts', { timeout: 300_000 }, () => {
  test('on an old server with all its suites and a prime that many share, but for what is explained', async ({
    skip,
  }) => {
    const old = await oldOpenssl('1.0.1')
    if ('missing' in old) return skip(old.missing)
    const options = {
      ciphers: 'ALL:COMPLEMENTOFALL',
      secureProtocol: 'SSLv23_method',
      dhparam: dhParametersPem(getDiffieHellman('modp2').getPrime()),
    }
    await using server = await oldServer(old.node, options, ['--enable-ssl2', '--enable-ssl3'])
    const { ours, theirs } = await verdicts(server)
    expect(ours).toMatchObject({
      logjam: 'vulnerable',
      drown: 'vulnerable',
      beast: 'vulnerable',
      robot: 'not-vulnerable',
    })
    // Both differences are explained in docs/benchmarks.md.
    expect(ours).toEqual({ ...theirs, freak: 'not-vulnerable', lucky13: 'undetermined' })
    expect(theirs).toMatchObject({ freak: 'vulnerable', lucky13: 'vulnerable' })
  })

  test('on a sound nginx, in everything', async ({ skip }) => {
    if (!(await has('nginx'))) {
      process.stderr.write('SKIPPED: a test that needs nginx, which this machine has not\n')
      return skip('nginx is missing')
    }
    const { pem, keyPem } = localCertificate('RSA-2048')
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const port = await freePort()
    const config = `
      worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log /dev/null;
      events {}
      http { access_log off; server {
        listen 127.0.0.1:${port} ssl; ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;
        ssl_certificate ${file('rsa.crt', pem)}; ssl_certificate_key ${file('rsa.key', keyPem)};
        location / { return 200 well; }
      } }`
    await using nginx = await program('nginx', ['-c', file('nginx.conf', config)], port)
    const { ours, theirs } = await verdicts(nginx)
    expect(ours).toEqual(theirs)
    expect(new Set(Object.values(ours))).toEqual(new Set(['not-vulnerable']))
  })
})
