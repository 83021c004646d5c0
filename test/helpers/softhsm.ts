import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installed } from './debian-server.ts'

const run = promisify(execFile)

/** Debian's package softhsm2. */
export const softhsmModule = '/usr/lib/softhsm/libsofthsm2.so'
/** Long and odd enough to be found wherever it does not belong. */
export const pin = '13579-Xq'

/** Whether SoftHSM and OpenSC's pkcs11-tool are here; says so where they are not. */
export function hasSoftHsm(): boolean {
  const has = existsSync(softhsmModule) && installed('softhsm2-util') && installed('pkcs11-tool')
  if (!has) process.stderr.write('softhsm2 or opensc is not installed: the tests with a token are SKIPPED\n')
  return has
}

export type SoftToken = AsyncDisposable & {
  readonly folder: string
  /** What a process needs to reach it. */
  readonly environment: { readonly SOFTHSM2_CONF: string; readonly AFFIDAVIT_TEST_PIN: string }
  /** A URI of an object on it, with the PIN in the environment variable AFFIDAVIT_TEST_PIN. */
  uri(object: string): string
  /** Makes a key on the token: `EC:prime256v1`, `rsa:4096`; further options of pkcs11-tool. */
  generate(label: string, id: string, type: string, ...options: readonly string[]): Promise<void>
  /** Puts a private key (PEM) onto the token. */
  bring(label: string, id: string, keyPem: string): Promise<void>
  /** Puts a certificate (PEM) onto the token. */
  certify(label: string, id: string, certificatePem: string): Promise<void>
}

/** A token in a folder of its own. SOFTHSM2_CONF and AFFIDAVIT_TEST_PIN are set for this process and those it starts. */
export async function softToken(label = 'Reports'): Promise<SoftToken> {
  const folder = await mkdtemp(join(tmpdir(), 'affidavit-token-'))
  await mkdir(join(folder, 'tokens'))
  const configuration = join(folder, 'softhsm2.conf')
  await writeFile(configuration, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`)
  const environment = { SOFTHSM2_CONF: configuration, AFFIDAVIT_TEST_PIN: pin }
  Object.assign(process.env, environment)
  await run('softhsm2-util', ['--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', '86420'])
  const tool = (...args: readonly string[]) =>
    run('pkcs11-tool', ['--module', softhsmModule, '--token-label', label, '--login', '--pin', pin, ...args])
  return {
    folder,
    environment,
    uri: (object) =>
      `pkcs11:token=${label};object=${object}?module-path=${softhsmModule}&pin-source=env:AFFIDAVIT_TEST_PIN`,
    async generate(name, id, type, ...options) {
      await tool('--keypairgen', '--key-type', type, '--label', name, '--id', id, ...options)
    },
    async bring(name, id, keyPem) {
      const file = join(folder, `${name}.key.pem`)
      await writeFile(file, keyPem, { mode: 0o600 })
      await run('softhsm2-util', ['--import', file, '--token', label, '--label', name, '--id', id, '--pin', pin])
    },
    async certify(name, id, certificatePem) {
      const [pem, der] = [join(folder, `${name}.pem`), join(folder, `${name}.der`)]
      await writeFile(pem, certificatePem)
      await run('openssl', ['x509', '-in', pem, '-outform', 'DER', '-out', der])
      await tool('--write-object', der, '--type', 'cert', '--label', name, '--id', id)
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
