import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, instant } from '../../src/model/time.ts'
import type { AskRevocation } from '../../src/signing/cms/validation-data.ts'
import { loadReportSigner } from '../../src/signing/keys.ts'
import type { Signer, Timestamper } from '../../src/signing/signer.ts'
import { crlAt, ocspAt } from './certificate-extensions.ts'
import { authority, type Entry } from './revocation.ts'
import { type Issued, issue } from './tls-certificates.ts'

/** A signer and a time-stamp authority whose issuers answer for them, all of it OpenSSL's work but the certificates. */
export type LongTermWorld = {
  readonly folder: string
  readonly signer: Signer
  readonly timestamper: Timestamper
  readonly ask: AskRevocation
  /** What was asked, such as `ocsp http://ocsp.example/`. */
  readonly asked: readonly string[]
  readonly own: Issued
  readonly signerRoot: Issued
  readonly timesRoot: Issued
  readonly clock: Clock
  [Symbol.dispose](): void
}

export type LongTermFaults = {
  readonly keyType?: 'P-256' | 'RSA-2048'
  /** The signer's certificate names nobody to ask. */
  readonly silent?: boolean
  readonly revoked?: Date
  /** No service can be reached. */
  readonly unreachable?: boolean
}

/** Signs by ECDSA or RSA; times by RSA. The signer is answered for by OCSP, the time-stamp authority by CRL. */
export async function longTermWorld(faults: LongTermFaults = {}): Promise<LongTermWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'affidavit-long-term-'))
  const signerRoot = issue({ commonName: 'Root of signers', authority: true, days: 3_650 })
  const timesRoot = issue({ commonName: 'Root of times', authority: true, key: 'RSA-2048', days: 3_650 })
  const own = issue({
    commonName: 'Signer',
    issuer: signerRoot,
    names: [],
    key: faults.keyType ?? 'P-256',
    usage: ['1.3.6.1.5.5.7.3.4', '1.3.6.1.5.5.7.3.36'],
    more: faults.silent ? [] : [ocspAt('http://ocsp.example/')],
  })
  const tsa = issue({
    commonName: 'Times',
    issuer: timesRoot,
    names: [],
    key: 'RSA-2048',
    usage: ['1.3.6.1.5.5.7.3.8'],
    usageCritical: true,
    more: [crlAt('http://crl.example/times.crl')],
  })
  const entry: Entry = faults.revoked ? { certificate: own, revoked: { at: faults.revoked } } : { certificate: own }
  const signers = authority(signerRoot, [entry])
  const times = authority(timesRoot, [{ certificate: tsa }])
  const asked: string[] = []
  const clock = { now: () => instant(Date.now()) }
  return {
    folder,
    signer: await loadReportSigner(
      { keyPem: own.keyPem, certificates: [own.pem, signerRoot.pem].map(Buffer.from) },
      clock,
    ),
    timestamper: opensslTimestamper(folder, tsa, timesRoot),
    ask: async ({ kind, url, body }) => {
      asked.push(`${kind} ${url}`)
      if (faults.unreachable) throw new Error('no route')
      return Uint8Array.from(body ? signers.respond(body) : times.crl())
    },
    asked,
    own,
    signerRoot,
    timesRoot,
    clock,
    [Symbol.dispose]() {
      signers[Symbol.dispose]()
      times[Symbol.dispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

const tsaConfiguration = `[tsa]
default_tsa = this
[this]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
`

function opensslTimestamper(folder: string, tsa: Issued, root: Issued): Timestamper {
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const files = { 'tsa.cnf': tsaConfiguration, 'tsa.pem': tsa.pem, 'tsa.key': tsa.keyPem, 'times.pem': root.pem }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return {
    title: 'openssl ts',
    anchors: [root.der],
    async timestamp(digest) {
      const text = Buffer.from(digest).toString('hex')
      openssl('ts', '-query', '-sha256', '-digest', text, '-cert', '-no_nonce', '-out', 'query')
      const signer = ['-signer', 'tsa.pem', '-inkey', 'tsa.key', '-chain', 'times.pem']
      openssl('ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'query', ...signer, '-token_out', '-out', 'token')
      return new Uint8Array(readFileSync(join(folder, 'token')))
    },
  }
}
