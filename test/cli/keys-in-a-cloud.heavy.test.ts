import { execFile } from 'node:child_process'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { affidavit } from '../helpers/cli.ts'
import { freePort } from '../helpers/debian-server.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { keyPackages } from '../helpers/key-packages.ts'
import { awsCredentials, awsError, awsKeyId, startAwsKms } from '../helpers/kms/aws.ts'
import { googleVersion } from '../helpers/kms/google.ts'
import { identityOf } from '../helpers/signing.ts'

/** The command line with a key in a cloud: a stand-in on 127.0.0.1, reached as AWS documents it for such. */

const run = promisify(execFile)
const packages = await keyPackages()

describe.skipIf(!packages)('a report key in a cloud', () => {
  test('is certified by request, signs a report that verifies, and says what is wrong where it is refused', async () => {
    await using folder = await temporaryFolder()
    await using kms = await startAwsKms('p384', identityOf('p384').reportKey)
    const at = (name: string) => join(folder.path, name)
    const env = {
      AWS_ACCESS_KEY_ID: awsCredentials.id,
      AWS_SECRET_ACCESS_KEY: awsCredentials.secret,
      AWS_REGION: awsCredentials.region,
      AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${kms.port}`,
    }
    const command = (...args: readonly string[]) => affidavit(args, { cwd: folder.path, env })
    await symlink(join(packages ?? '', 'node_modules'), at('node_modules'))
    const host = ['--host', `127.0.0.1:${await freePort()}`]
    await command('init', '--yes', '--organisation', 'Example Ltd', '--system', 'Shop', ...host)
    const key = `awskms:///${awsKeyId}`
    const requested = await command('keys', 'request', '--key', key, '-o', 'report.csr')
    expect(requested).toMatchObject({ code: 0, stderr: '' })
    const ca = ['-CA', at('keys/ca.cert.pem'), '-CAkey', at('keys/ca.key.pem'), '-copy_extensions', 'copyall']
    const out = ['-days', '365', '-out', at('keys/kms.cert.pem')]
    await run('openssl', ['x509', '-req', '-in', at('report.csr'), ...ca, ...out])
    const text = await readFile(at('affidavit.yaml'), 'utf8')
    const signing = `signing:\n  key: ${key}\n  certificates: [keys/kms.cert.pem, keys/ca.cert.pem]\n`
    await writeFile(at('affidavit.yaml'), text.replace(/^signing:\n(?: {2}.*\n)*/m, signing))

    const asked = kms.requests.length
    expect((await command('check')).stdout).not.toContain('warning')
    expect((await command('keys', 'show')).stdout).toContain(`AWS KMS: ${awsKeyId}`)
    expect(kms.requests.length, 'neither asks the cloud').toBe(asked)

    await command('run')
    const issued = await command('report', '--json')
    const { files } = JSON.parse(issued.stdout)
    expect(await command('verify', files.pdf)).toMatchObject({ code: 0, stdout: expect.stringContaining('ACCEPTED') })

    kms.next(awsError('AccessDeniedException'))
    const denied = await command('report')
    expect(denied).toMatchObject({ code: 5, stderr: expect.stringContaining('kms:Sign') })
    expect(denied.stderr).toContain('AFD_KMS_DENIED')
    expect(denied.stdout + denied.stderr).not.toContain(awsCredentials.secret)
  })

  test('is missed in two lines where there are no credentials, whatever the maker’s client does', async () => {
    await using folder = await temporaryFolder()
    await symlink(join(packages ?? '', 'node_modules'), join(folder.path, 'node_modules'))
    const env = { GOOGLE_APPLICATION_CREDENTIALS: join(folder.path, 'nowhere.json') }
    const args = ['keys', 'request', '--organisation', 'Example Ltd', '--key', `gcpkms://${googleVersion}`]
    const { code, stderr } = await affidavit(args, { cwd: folder.path, env })
    expect(code).toBe(5)
    expect(stderr).toContain('AFD_KMS_CREDENTIALS')
    expect(stderr.trimEnd().split('\n')).toHaveLength(2)
  })
})
