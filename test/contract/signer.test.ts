import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { instant } from '../../src/model/time.ts'
import { keyTypes, makeLocalIdentity } from '../../src/signing/keys/identity.ts'
import { loadReportSigner, loadSigningKey } from '../../src/signing/keys.ts'
import { rfc3161Timestamper } from '../../src/signing/timestamp.ts'
import { verifyPdf } from '../../src/signing/verify-pdf.ts'
import { attachment, chromiumPdf, clock, identityOf, sign, signerOf, signingTime } from '../helpers/signing.ts'
import { startAuthority } from '../helpers/time-stamp-authority.ts'
import { describeSigner } from './signer-suite.ts'

/*
 * The suite of every signer over those that read their key from a file (tokens and clouds: the heavy tests beside this
 * one), and what tools of other makers say of its documents. The tools are Debian's openssl, poppler-utils, qpdf and libnss3-tools.
 */

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'affidavit-signer-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function has(program: string, ...args: readonly string[]): Promise<boolean> {
  const found = await run(program, [...args]).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
  if (!found) process.stderr.write(`${program} is not installed: its tests are SKIPPED\n`)
  return found
}
const openssl = await has('openssl', 'version')
const pdfsig = await has('pdfsig', '-v')
const pdfdetach = await has('pdfdetach', '-v')
const qpdf = await has('qpdf', '--version')
const certutil = await has('certutil', '-H')

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

for (const keyType of keyTypes) {
  const { reportKey, reportCertificate, rootCertificate } = identityOf(keyType)
  const certificates = async () => ({ own: reportCertificate, root: rootCertificate })
  describeSigner({
    name: `a ${keyType} key in a PEM file`,
    certificates,
    open: async () => loadSigningKey({ keyPem: reportKey, certificates: [] }),
    remote: false,
  })
  if (openssl) {
    describeSigner({
      name: `a ${keyType} key in a PKCS #12 file`,
      certificates,
      open: async () => {
        const path = join(folder, `${keyType}.suite.p12`)
        const [key, chain] = [file('suite.key', reportKey), file('suite.chain', reportCertificate + rootCertificate)]
        await run('openssl', [
          'pkcs12',
          '-export',
          '-inkey',
          key,
          '-in',
          chain,
          '-passout',
          'pass:geheim',
          '-out',
          path,
        ])
        return loadSigningKey({ pkcs12: readFileSync(path), passphrase: 'geheim' })
      },
      remote: false,
    })
  }
}

describe.each(keyTypes)('a signer with a %s key', (keyType) => {
  const identity = identityOf(keyType)
  const key = file(`${keyType}.key.pem`, identity.reportKey)
  const chain = file(`${keyType}.chain.pem`, identity.reportCertificate + identity.rootCertificate)
  const root = file(`${keyType}.root.pem`, identity.rootCertificate)
  const attachments = [attachment('evidence.json', '{"a":1}'), attachment('index.json', '[]')]

  test('signs what the verifier accepts', async () => {
    const { pdf } = await sign(chromiumPdf(), { keyType })
    expect((await verifyPdf(pdf, { anchors: [identity.rootCertificate], at: signingTime })).verdict).toBe('accepted')
  })

  test('does not sign once the caller gave up', async () => {
    const signer = await signerOf(identity)
    await expect(signer.sign(Buffer.from('x'), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  })

  test.skipIf(!openssl)('is the same from a PKCS #12 file that OpenSSL makes', async () => {
    const path = join(folder, `${keyType}.p12`)
    await run('openssl', ['pkcs12', '-export', '-inkey', key, '-in', chain, '-passout', 'pass:geheim', '-out', path])
    const signer = await loadReportSigner({ pkcs12: readFileSync(path), passphrase: 'geheim' }, clock)
    expect(signer).toMatchObject({ ...(await signerOf(identity)), sign: expect.any(Function) })
  })

  test.skipIf(!openssl)('is the same from a key that OpenSSL encrypts, with scrypt, too', async () => {
    const path = join(folder, `${keyType}.enc.pem`)
    await run('openssl', ['pkcs8', '-topk8', '-in', key, '-scrypt', '-passout', 'pass:geheim', '-out', path])
    const source = { keyPem: readFileSync(path, 'utf8'), certificates: [readFileSync(chain)] }
    expect((await loadReportSigner({ ...source, passphrase: 'geheim' }, clock)).algorithm).toBe(
      (await signerOf(identity)).algorithm,
    )
  })

  test.skipIf(!openssl)('makes signatures that plain `openssl cms -verify` accepts', async () => {
    const { pdf } = await sign(chromiumPdf(), { keyType })
    const [first, second, gap] = cut(pdf)
    const content = file('signed.bin', Buffer.concat([first, second]))
    const signature = file('signature.der', gap)
    const args = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', signature, '-content', content]
    const at = String(Date.parse(signingTime) / 1000)
    const said = await run('openssl', [...args, '-CAfile', root, '-attime', at, '-out', join(folder, 'out')])
    expect(said.stderr).toMatch(/Verification successful/i)
    const cades = await run('openssl', [...args, '-cades', '-CAfile', root, '-attime', at, '-out', join(folder, 'out')])
    expect(cades.stderr).toMatch(/Verification successful/i)
    file('signed.bin', Buffer.concat([first, second, Buffer.from('x')]))
    await expect(
      run('openssl', [...args, '-CAfile', root, '-attime', at, '-out', join(folder, 'out')]),
    ).rejects.toThrow()
  })

  test.skipIf(!pdfsig)('makes signatures that pdfsig calls valid', async () => {
    const path = file(`${keyType}.pdf`, (await sign(chromiumPdf(), { keyType })).pdf)
    const { stdout } = await run('pdfsig', ['-nocert', path])
    expect(stdout).toContain('Signature Validation: Signature is Valid.')
    expect(stdout).toContain('Total document signed')
    expect(stdout).toContain('Signature Type: ETSI.CAdES.detached')
    expect(stdout).not.toContain('not total document')
  })

  test.skipIf(!pdfdetach)('makes documents whose attachments pdfdetach saves', async () => {
    const path = file(`${keyType}.pdf`, (await sign(chromiumPdf(), { keyType, attachments })).pdf)
    const target = mkdtempSync(join(folder, 'detached-'))
    await run('pdfdetach', ['-saveall', '-o', target, path])
    expect(readdirSync(target).toSorted()).toEqual(['evidence.json', 'index.json'])
    expect(readFileSync(join(target, 'evidence.json'), 'utf8')).toBe('{"a":1}')
  })

  test.skipIf(!qpdf)('makes documents with which qpdf has no quarrel', async () => {
    const path = file(`${keyType}.pdf`, (await sign(chromiumPdf(), { keyType, attachments, certify: true })).pdf)
    const { stdout, stderr } = await run('qpdf', ['--check', path])
    expect(stdout + stderr).toContain('No syntax or stream encoding errors found')
    expect(stdout + stderr).not.toMatch(/warning/i)
  })
})

describe('a timestamped document', () => {
  test.skipIf(!openssl)('has a token that `openssl ts -verify` accepts', async () => {
    await using authority = await startAuthority({ keyType: 'rsa', stray: true })
    const { pdf } = await sign(chromiumPdf(), { timestamper: rfc3161Timestamper({ url: authority.url }) })
    const root = file('tsa.pem', authority.rootCertificate)
    const { signature, token } = await parseWithOpenssl(cut(pdf)[2])
    const args = ['ts', '-verify', '-token_in', '-in', file('token.der', token), '-data', file('value.bin', signature)]
    expect((await run('openssl', [...args, '-CAfile', root])).stdout).toContain('Verification: OK')
  })

  test.skipIf(!pdfsig)('is still valid to pdfsig', async () => {
    await using authority = await startAuthority()
    const path = file(
      'timed.pdf',
      (await sign(chromiumPdf(), { timestamper: rfc3161Timestamper({ url: authority.url }) })).pdf,
    )
    expect((await run('pdfsig', ['-nocert', path])).stdout).toContain('Signature is Valid.')
  })
})

describe('an authority run with `openssl ts`', () => {
  test.skipIf(!openssl).each(['sha1', 'sha256'])(
    'makes tokens that are believed, its certificate pinned with %s',
    async (pin) => {
      const ca = file(
        'ts.cnf',
        `[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
[leaf]
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = this
[this]
serial = ${join(folder, 'serial')}
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = ${pin}
`,
      )
      const path = (name: string) => join(folder, `ts-${name}`)
      const make = (name: string, ...rest: string[]) =>
        run('openssl', [
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-config',
          ca,
          '-days',
          '30',
          '-subj',
          `/CN=${name}`,
          '-keyout',
          path(`${name}.key`),
          '-out',
          path(`${name}.pem`),
          ...rest,
        ])
      await make('root', '-extensions', 'ca')
      await make('leaf', '-extensions', 'leaf', '-CA', path('root.pem'), '-CAkey', path('root.key'))
      const anchors = [readFileSync(path('root.pem'), 'utf8')]
      const timestamper = {
        title: 'openssl ts',
        async timestamp(digest: Uint8Array) {
          const digestText = Buffer.from(digest).toString('hex')
          await run('openssl', ['ts', '-query', '-sha256', '-digest', digestText, '-cert', '-out', path('query')])
          await run('openssl', [
            'ts',
            '-reply',
            '-config',
            ca,
            '-queryfile',
            path('query'),
            '-signer',
            path('leaf.pem'),
            '-inkey',
            path('leaf.key'),
            '-chain',
            path('root.pem'),
            '-token_out',
            '-out',
            path('token'),
          ])
          return readFileSync(path('token'))
        },
      }
      const identity = presentIdentity()
      const signer = await signerOf(identity, present)
      const signed = await sign(chromiumPdf(), { timestamper, signer, clock: present })
      expect(signed).toMatchObject({ level: 'B-T', timestampError: null })
      const verdict = await verifyPdf(signed.pdf, { anchors: [identity.rootCertificate, ...anchors] })
      expect(verdict).toMatchObject({ verdict: 'accepted', timestamp: { authority: 'CN=leaf' } })
    },
  )
})

describe("a certificate of a company's own authority, made with OpenSSL", () => {
  test.skipIf(!openssl)('is accepted by its root alone, and every byte of its issuers matters', async () => {
    const config = file(
      'company.cnf',
      `[req]
distinguished_name = name
string_mask = default
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
keyUsage = critical, nonRepudiation
extendedKeyUsage = 1.3.6.1.5.5.7.3.36
subjectAltName = email:reports@example.test
authorityInfoAccess = caIssuers;URI:http://ca.example.test/ca.crt
crlDistributionPoints = URI:http://ca.example.test/ca.crl
certificatePolicies = 1.2.3.4
`,
    )
    const path = (name: string) => join(folder, `company-${name}`)
    const make = (name: string, extensions: string, key: readonly string[], issuer?: string) =>
      run('openssl', [
        ...['req', '-x509', '-nodes', '-config', config, '-days', '30', '-extensions', extensions, ...key],
        ...['-subj', `/C=CH/O=Beispiel/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)],
        ...(issuer ? ['-CA', path(`${issuer}.pem`), '-CAkey', path(`${issuer}.key`)] : []),
      ])
    const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32', '-sha256']
    await make('root', 'ca', ['-newkey', 'rsa:2048', ...pss])
    await make('issuing', 'ca', ['-newkey', 'rsa:2048', ...pss], 'root')
    await make('leaf', 'leaf', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], 'issuing')
    const [keyPem, leaf, issuing, root] = ['leaf.key', 'leaf.pem', 'issuing.pem', 'root.pem'].map((name) =>
      readFileSync(path(name), 'utf8'),
    ) as [string, string, string, string]

    const signer = await loadReportSigner({ keyPem, certificates: [leaf, issuing] }, present)
    expect(signer.certificateChain).toHaveLength(2)
    const { pdf } = await sign(chromiumPdf(), { signer, clock: present })
    const verdict = async (bytes: Uint8Array, anchors: string[]) => (await verifyPdf(bytes, { anchors })).verdict
    expect(await verdict(pdf, [root])).toBe('accepted')
    expect(await verdict(pdf, [issuing])).toBe('accepted')
    expect(await verdict(pdf, [])).toBe('intact-signer-unproven')
    expect(await verdict(pdf, [identityOf('p256').rootCertificate])).toBe('refused')

    const text = Buffer.from(pdf).toString('latin1')
    const der = Buffer.from(issuing.replace(/-----.*-----/g, ''), 'base64')
    const start = text.indexOf(der.toString('hex').toUpperCase())
    expect(start).toBeGreaterThan(0)
    for (let at = start; at < start + der.length * 2; at += 29) {
      const changed = Uint8Array.from(pdf)
      changed[at] = text[at] === '7' ? 0x36 : 0x37
      for (const anchors of [[], [root], [issuing]])
        expect(await verdict(changed, anchors), `byte ${at}`).toBe('refused')
    }
  })
})

describe('the way an auditor takes', () => {
  test.skipIf(!(pdfsig && certutil))('ends with a trusted certificate in pdfsig', async () => {
    const store = mkdtempSync(join(folder, 'nss-'))
    const identity = presentIdentity()
    const root = file('auditor.pem', identity.rootCertificate)
    await run('certutil', ['-N', '-d', `sql:${store}`, '--empty-password'])
    await run('certutil', ['-A', '-d', `sql:${store}`, '-n', 'root', '-t', 'CT,C,C', '-i', root])
    const path = file(
      'auditor.pdf',
      (await sign(chromiumPdf(), { signer: await signerOf(identity, present), clock: present })).pdf,
    )
    const { stdout } = await run('pdfsig', ['-nssdir', `sql:${store}`, path])
    expect(stdout).toContain('Certificate is Trusted')
  })
})

/** For tools that cannot be told what time it is. */
const present = { now: () => instant(Date.now()) }
const presentIdentity = () => makeLocalIdentity({ organisation: 'Example', from: instant(Date.now() - 60_000) })

/** The two signed parts and the CMS, found as an auditor finds them: by /ByteRange. */
function cut(pdf: Uint8Array): readonly [Uint8Array, Uint8Array, Uint8Array] {
  const text = Buffer.from(pdf).toString('latin1')
  const [, a = 0, b = 0, c = 0] = (/\/ByteRange \[0 (\d+) (\d+) (\d+)/.exec(text) ?? []).map(Number)
  return [pdf.subarray(0, a), pdf.subarray(b, b + c), Buffer.from(text.slice(a + 1, b - 1), 'hex')]
}

/** The signature value and the timestamp token, cut out by what `openssl asn1parse` says of their places. */
async function parseWithOpenssl(cms: Uint8Array): Promise<{ signature: Uint8Array; token: Uint8Array }> {
  const { stdout } = await run('openssl', ['asn1parse', '-inform', 'DER', '-in', file('cms.der', cms)])
  const lines = stdout.split('\n').map((line) => {
    const match = /^ *(\d+):d=(\d+) +hl=(\d+) +l= *(\d+) (?:prim|cons): (\S+)/.exec(line)
    return { line, at: Number(match?.[1]), head: Number(match?.[3]), size: Number(match?.[4]), type: match?.[5] }
  })
  const stamp = lines.findIndex(({ line }) => line.includes('id-smime-aa-timeStampToken'))
  const place = lines[stamp + 2]
  const value = lines.slice(0, stamp).findLast(({ type }) => type === 'OCTET')
  if (!place || !value) throw new Error('there is no timestamp in it')
  const start = value.at + value.head
  return {
    token: cms.subarray(place.at, place.at + place.head + place.size),
    signature: cms.subarray(start, start + value.size),
  }
}
