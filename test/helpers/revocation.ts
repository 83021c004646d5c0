import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Issued } from './tls-certificates.ts'

/** An authority's book-keeping for OpenSSL's own `ocsp` and `ca` commands, in a folder that goes with it. */
export type Authority = {
  /** OpenSSL's answer to a request, DER; `days` until its nextUpdate. */
  respond(
    request: Uint8Array,
    options?: { readonly signer?: Pick<Issued, 'pem' | 'keyPem'>; readonly args?: readonly string[] },
  ): Uint8Array
  /** OpenSSL's request for a certificate, DER. */
  request(certificate: Pick<Issued, 'pem'>): Uint8Array
  /** OpenSSL's CRL, DER. */
  crl(): Uint8Array
  [Symbol.dispose](): void
}

export type Entry = {
  readonly certificate: Pick<Issued, 'pem'>
  readonly revoked?: { readonly at: Date; readonly reason?: string }
}

/** An authority that knows these certificates. */
export function authority(issuer: Pick<Issued, 'pem' | 'keyPem'>, entries: readonly Entry[]): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'affidavit-ocsp-'))
  const path = (name: string): string => join(folder, name)
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  }
  writeFileSync(path('ca.pem'), issuer.pem)
  writeFileSync(path('ca.key'), issuer.keyPem)
  writeFileSync(path('index.txt'), entries.map(indexLine).join(''))
  writeFileSync(path('index.txt.attr'), 'unique_subject = no\n')
  writeFileSync(path('crlnumber'), '01\n')
  writeFileSync(
    path('ca.cnf'),
    '[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\ndefault_crl_days=7\n',
  )
  return {
    respond: (request, { signer = issuer, args = ['-ndays', '7'] } = {}) => {
      writeFileSync(path('request.der'), request)
      writeFileSync(path('signer.pem'), signer.pem)
      writeFileSync(path('signer.key'), signer.keyPem)
      const signing = ['-rsigner', 'signer.pem', '-rkey', 'signer.key']
      openssl(
        'ocsp',
        '-index',
        'index.txt',
        '-CA',
        'ca.pem',
        ...signing,
        '-reqin',
        'request.der',
        '-respout',
        'response.der',
        ...args,
      )
      return readFileSync(path('response.der'))
    },
    request: (certificate) => {
      writeFileSync(path('certificate.pem'), certificate.pem)
      openssl('ocsp', '-issuer', 'ca.pem', '-cert', 'certificate.pem', '-no_nonce', '-reqout', 'request.der')
      return readFileSync(path('request.der'))
    },
    crl: () => {
      openssl('ca', '-config', 'ca.cnf', '-gencrl', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-out', 'crl.pem')
      openssl('crl', '-in', 'crl.pem', '-outform', 'DER', '-out', 'crl.der')
      return readFileSync(path('crl.der'))
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

/** A line of OpenSSL's database: state, expiry, revocation, serial, file, subject. */
function indexLine({ certificate, revoked }: Entry): string {
  const { serialNumber, validTo, subject } = new X509Certificate(certificate.pem)
  const why = revoked ? `${stamp(revoked.at)}${revoked.reason ? `,${revoked.reason}` : ''}` : ''
  const state = revoked ? 'R' : 'V'
  return `${[state, stamp(new Date(validTo)), why, serialNumber, 'unknown', `/${subject.replaceAll('\n', '/')}`].join('\t')}\n`
}

function stamp(date: Date): string {
  return `${date
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2)}`
}

/** A responder over HTTP, with what it was asked. */
export type Responder = {
  readonly url: string
  readonly asked: readonly string[]
  [Symbol.asyncDispose](): Promise<void>
}

/** Answers every request as told; a number is a status without a body. */
export async function responder(answer: (path: string, body: Buffer) => Uint8Array | number): Promise<Responder> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push(`${request.method} ${request.url}`)
      const made = answer(request.url ?? '', Buffer.concat(chunks))
      if (typeof made === 'number') response.writeHead(made).end()
      else response.end(made)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
