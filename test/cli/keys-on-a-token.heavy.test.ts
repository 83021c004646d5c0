import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { affidavit } from '../helpers/cli.ts'
import { freePort, installed } from '../helpers/debian-server.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { keyPackages } from '../helpers/key-packages.ts'
import { hasSoftHsm, pin, type SoftToken, softToken } from '../helpers/softhsm.ts'

/** From a key on a token to a report that others verify, by the command line alone. */

const run = promisify(execFile)
const packages = hasSoftHsm() ? await keyPackages() : undefined

describe.skipIf(!packages)('a report key on a token', () => {
  let token: SoftToken
  let folder: AsyncDisposable & { readonly path: string }
  const at = (...path: readonly string[]) => join(folder.path, ...path)
  const command = (...args: readonly string[]) => affidavit(args, { cwd: folder.path, env: token.environment })
  /** The configuration with another key in place of the one that init made. */
  const configure = async (lines: readonly string[], file = 'affidavit.yaml') => {
    const text = await readFile(at('affidavit.yaml'), 'utf8')
    const signing = /^signing:\n(?: {2}.*\n)*/m.exec(text)?.[0] ?? ''
    await writeFile(at(file), text.replace(signing, `signing:\n${lines.map((line) => `  ${line}\n`).join('')}`))
  }
  /** Has the authority that init made certify a key on the token. */
  const certify = async (name: string) => {
    const request = ['keys', 'request', '--key', token.uri(name), '--organisation', 'Example Retail Ltd']
    expect(await command(...request, '--common-name', name, '-o', `${name}.csr`)).toMatchObject({ code: 0, stderr: '' })
    const ca = ['-CA', at('keys/ca.cert.pem'), '-CAkey', at('keys/ca.key.pem'), '-days', '365']
    const out = ['-copy_extensions', 'copyall', '-out', at(`keys/${name}.cert.pem`)]
    await run('openssl', ['x509', '-req', '-in', at(`${name}.csr`), ...ca, ...out])
  }

  beforeAll(async () => {
    token = await softToken()
    folder = await temporaryFolder()
    await symlink(join(packages ?? '', 'node_modules'), at('node_modules'))
    await token.generate('report', '01', 'EC:prime256v1')
    await token.generate('auditor', '02', 'rsa:3072', '--always-auth')
    const host = ['--host', `127.0.0.1:${await freePort()}`]
    const made = await command('init', '--yes', '--organisation', 'Example Retail Ltd', '--system', 'Shop', ...host)
    expect(made).toMatchObject({ code: 0, stderr: '' })
    for (const name of ['report', 'auditor']) await certify(name)
    await configure([`key: "${token.uri('report')}"`, 'certificates: [keys/report.cert.pem, keys/ca.cert.pem]'])
    // The target refuses connections: what was collected does not matter here.
    await command('run')
    const issued = await command('report')
    expect(issued.stderr).toBe('')
  })
  afterAll(async () => {
    await folder[Symbol.asyncDispose]()
    await token[Symbol.asyncDispose]()
  })

  const reports = async () => (await readdir(at('reports'))).filter((name) => name.endsWith('.pdf'))

  test('is checked and shown without its PIN', async () => {
    const checked = await command('check')
    expect(checked).toMatchObject({ code: 0, stderr: '' })
    expect(checked.stdout).not.toContain('warning')
    const env = { ...token.environment, AFFIDAVIT_TEST_PIN: '' }
    const shown = await affidavit(['keys', 'show', '--json'], { cwd: folder.path, env })
    expect(JSON.parse(shown.stdout)).toMatchObject({
      location: expect.stringContaining('token "Reports", key "report"'),
      report: [{ key: 'EC P-256', subject: 'CN=report, O=Example Retail Ltd' }, { key: 'EC P-256' }],
    })
    const warned = await affidavit(['check'], { cwd: folder.path, env })
    expect(warned.stdout).toContain('env:AFFIDAVIT_TEST_PIN')
  })

  test('signs a report that our verifier, pdfsig and OpenSSL accept', async () => {
    const [name = ''] = await reports()
    expect(await command('verify', join('reports', name))).toMatchObject({ code: 0 })
    const bytes = await readFile(at('reports', name))
    const [, a = 0, b = 0, c = 0] = (/\/ByteRange \[0 (\d+) (\d+) (\d+)/.exec(bytes.toString('latin1')) ?? []).map(
      Number,
    )
    await writeFile(at('signed.bin'), Buffer.concat([bytes.subarray(0, a), bytes.subarray(b, b + c)]))
    await writeFile(at('signature.der'), Buffer.from(bytes.toString('latin1', a + 1, b - 1), 'hex'))
    const files = ['-in', at('signature.der'), '-content', at('signed.bin'), '-CAfile', at('keys/ca.cert.pem')]
    const openssl = await run('openssl', ['cms', '-verify', '-binary', '-inform', 'DER', ...files, '-out', at('out')])
    expect(openssl.stderr).toMatch(/Verification successful/i)
    if (!installed('pdfsig')) return
    const { stdout } = await run('pdfsig', ['-nocert', at('reports', name)])
    expect(stdout).toContain('Signature is Valid.')
  })

  test("adds a second person's signature with another key, which asks for its PIN each time", async () => {
    const [name = ''] = await reports()
    const certificates = ['--certificates', 'keys/auditor.cert.pem', '--certificates', 'keys/ca.cert.pem']
    const trust = ['--trust', 'keys/ca.cert.pem']
    const args = [
      '--key',
      token.uri('auditor'),
      ...certificates,
      '--reason',
      'Approved',
      ...trust,
      '-o',
      'approved.pdf',
    ]
    expect(await command('sign', join('reports', name), ...args)).toMatchObject({ code: 0, stderr: '' })
    const verdict = await command('verify', 'approved.pdf', ...trust)
    expect(verdict).toMatchObject({ code: 0 })
    expect(verdict.stdout).toContain('CN=auditor')
  })

  test('needs no certificate files where the token holds the certificates', async () => {
    await token.certify('report', '01', await readFile(at('keys/report.cert.pem'), 'utf8'))
    await configure([`key: "${token.uri('report')}"`], 'from-token.yaml')
    const shown = await affidavit(['keys', 'show', '-c', 'from-token.yaml'], {
      cwd: folder.path,
      env: { ...token.environment, AFFIDAVIT_TEST_PIN: '' },
    })
    expect(shown.stdout).toContain('CN=report, O=Example Retail Ltd')
    expect(await command('report', '-c', 'from-token.yaml')).toMatchObject({ stderr: '' })
  })

  test('is refused with the reason where PIN, token or package are missing, and nothing is issued', async () => {
    const before = await reports()
    const uri = token.uri('report')
    await configure([`key: "${uri.replace('token=Reports', 'token=Nobody')}"`], 'nobody.yaml')
    const wrong = await affidavit(['report'], {
      cwd: folder.path,
      env: { ...token.environment, AFFIDAVIT_TEST_PIN: '0000' },
    })
    expect(wrong).toMatchObject({ code: 5, stderr: expect.stringContaining('AFD_PKCS11_PIN') })
    expect(await command('report', '-c', 'nobody.yaml')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('AFD_PKCS11_TOKEN'),
    })
    await using elsewhere = await temporaryFolder()
    await writeFile(join(elsewhere.path, 'affidavit.yaml'), await readFile(at('affidavit.yaml')))
    const bare = await affidavit(['check'], { cwd: elsewhere.path, env: token.environment })
    expect(bare.stdout).toContain('npm install pkcs11js@2')
    expect(await reports()).toEqual(before)
  })

  test('leaves its PIN nowhere', async () => {
    for (const entry of await readdir(folder.path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.parentPath.includes('node_modules')) continue
      const bytes = await readFile(join(entry.parentPath, entry.name))
      expect(bytes.includes(pin), entry.name).toBe(false)
    }
  })
})

test.skipIf(!packages)(
  'docs/keys.md leads from nothing to a report that is signed on a token, command by command',
  async () => {
    await using folder = await temporaryFolder()
    const text = await readFile(resolve(import.meta.dirname, '../../docs/keys.md'), 'utf8')
    const blocks = (language: string) =>
      [...text.matchAll(new RegExp(`\n\`\`\`${language}\n([\\s\\S]*?)\n\`\`\``, 'g'))].map(([, code]) => code ?? '')
    const [make = '', look = ''] = blocks('sh')
    const signing = blocks('yaml').find((block) => block.includes('pkcs11:')) ?? ''
    await mkdir(join(folder.path, 'bin'))
    const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
    await writeFile(join(folder.path, 'bin/affidavit'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
      mode: 0o755,
    })
    await symlink(join(packages ?? '', 'node_modules'), join(folder.path, 'node_modules'))
    const port = await freePort()
    const script = `set -e
export PATH="$PWD/bin:$PATH"
affidavit init --yes --organisation "Example Ltd" --system Shop --host 127.0.0.1:${port}
${make}
sed -i '/^signing:/,$d' affidavit.yaml
cat >>affidavit.yaml <<'SIGNING'
${signing}
SIGNING
${look}
affidavit run >run.txt || true
affidavit report >report.txt || true
affidavit verify reports/*.pdf
`
    const { stdout } = await run('bash', ['-c', script], { cwd: folder.path })
    expect(stdout).toContain('token "Reports", key "report"')
    expect(stdout).toContain('ACCEPTED')
    expect(stdout).not.toContain('warning')
  },
)
