import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { authority, type Entry } from './revocation.ts'

const run = promisify(execFile)

/*
 * A time-stamp authority that is `openssl ts`, behind HTTP: what it says owes nothing to us, and it is what an auditor
 * will check with.
 */

export type OpensslAuthority = AsyncDisposable & {
  readonly url: string
  /** PEM. */
  readonly rootCertificate: string
  readonly requests: () => number
  /** What `openssl ca -gencrl` of its root says now, DER; its own certificate stands on it where it was revoked. */
  crl(revoked?: Entry['revoked']): Uint8Array
  /** What `openssl ocsp` answers to a request about its own certificate, DER. */
  respond(request: Uint8Array, revoked?: Entry['revoked']): Uint8Array
  /** What it answers instead, from now on; null for tokens again. */
  fail(answer: FailingAnswer | null): void
}

export type FailingAnswer = { readonly status: number; readonly type: string; readonly body: string | Buffer }

/** Policy object identifiers that it knows; the first one where a request names none. */
export const opensslPolicies = ['1.2.3.4.1', '1.2.3.4.5.6'] as const

const configuration = `
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[tsa]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ts]
serial = serial
signer_cert = tsa.pem
certs = ca.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = ${opensslPolicies[0]}
other_policies = ${opensslPolicies[1]}
digests = sha256
accuracy = secs:1, millisecs:500
ordering = yes
ess_cert_id_alg = sha256
`

/** Starts it on 127.0.0.1, with keys of its own; its certificate names an OCSP responder where one is given. */
export async function startOpensslAuthority({
  responder,
}: {
  readonly responder?: string
} = {}): Promise<OpensslAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'affidavit-tsa-'))
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })
  const asked = responder === undefined ? '' : `authorityInfoAccess = OCSP;URI:${responder}\n`
  await writeFile(join(folder, 'ts.cnf'), configuration.replace('[ts]\n', `${asked}[ts]\n`))
  await writeFile(join(folder, 'serial'), '01\n')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=openssl TSA root',
    '-days',
    '30',
    '-config',
    'ts.cnf',
    '-extensions',
    'ca',
  )
  await openssl('req', ...key, '-keyout', 'tsa.key', '-out', 'tsa.csr', '-subj', '/CN=openssl TSA', '-config', 'ts.cnf')
  await openssl(
    'x509',
    '-req',
    '-in',
    'tsa.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-out',
    'tsa.pem',
    '-days',
    '29',
    '-extfile',
    'ts.cnf',
    '-extensions',
    'tsa',
  )
  let requests = 0
  let failing: FailingAnswer | null = null
  let turn: Promise<unknown> = Promise.resolve()
  const reply = async (query: Buffer, number: number): Promise<Buffer> => {
    const [asked, answered] = [`${number}.tsq`, `${number}.tsr`]
    await writeFile(join(folder, asked), query)
    await openssl('ts', '-reply', '-config', 'ts.cnf', '-section', 'ts', '-queryfile', asked, '-out', answered)
    return await readFile(join(folder, answered))
  }
  const server = createServer(async (request, response) => {
    const number = ++requests
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    if (failing) {
      response.writeHead(failing.status, { 'content-type': failing.type }).end(failing.body)
      return
    }
    // One at a time: the serial number stands in a file.
    const answer = turn.then(() => reply(Buffer.concat(parts), number))
    turn = answer.catch(() => {})
    await answer.then(
      (bytes) => response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(bytes),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const text = (name: string) => readFile(join(folder, name), 'utf8')
  const root = { pem: await text('ca.pem'), keyPem: await text('ca.key') }
  const own = { pem: await text('tsa.pem') }
  const entries = (revoked: Entry['revoked']) => [revoked ? { certificate: own, revoked } : { certificate: own }]
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`,
    rootCertificate: root.pem,
    requests: () => requests,
    crl: (revoked) => {
      using books = authority(root, entries(revoked))
      return books.crl()
    },
    respond: (request, revoked) => {
      using books = authority(root, entries(revoked))
      return books.respond(request)
    },
    fail: (answer) => {
      failing = answer
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
