import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { certificateRequest } from '../../src/signing/keys/request.ts'
import { reportSigner } from '../../src/signing/keys.ts'
import type { SigningKey } from '../../src/signing/signer.ts'
import { verifyPdf } from '../../src/signing/verify-pdf.ts'
import { installed } from '../helpers/debian-server.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { chromiumPdf, clock, identityOf, never, sign, signingTime } from '../helpers/signing.ts'

const run = promisify(execFile)
const openssl = installed('openssl')

/** How a suite gets at one kind of key, and the certificates that belong to it. */
export type SignerKind = {
  readonly name: string
  /** PEM: the key's own, and that of the root which certified it. */
  certificates(): Promise<{ readonly own: string; readonly root: string }>
  open(signal: AbortSignal): Promise<SigningKey>
  /** Whether signing takes a while, so that it can be called off. */
  readonly remote: boolean
}

/** What every key keeps, wherever it is kept. */
export function describeSigner(kind: SignerKind): void {
  describe(kind.name, () => {
    const data = Buffer.from('what is to be signed')
    const signer = async () => {
      const { own, root } = await kind.certificates()
      return await reportSigner(await kind.open(never), [root, own], clock)
    }

    test.skipIf(!openssl)('signs what OpenSSL verifies with the certificate', async () => {
      await using folder = await temporaryFolder()
      const { algorithm, ...made } = await signer()
      const path = (name: string) => join(folder.path, name)
      const publicKey = new X509Certificate((await kind.certificates()).own).publicKey
      await writeFile(path('key.pem'), publicKey.export({ format: 'pem', type: 'spki' }))
      await writeFile(path('data'), data)
      await writeFile(path('signature'), await made.sign(data, never))
      const hash = algorithm === 'ecdsa-p384-sha384' ? '-sha384' : '-sha256'
      const args = ['dgst', hash, '-verify', path('key.pem'), '-signature', path('signature'), path('data')]
      expect((await run('openssl', args)).stdout).toContain('Verified OK')
    })

    test('signs reports that the verifier accepts', async () => {
      const { pdf } = await sign(chromiumPdf(), { signer: await signer() })
      const { root } = await kind.certificates()
      expect((await verifyPdf(pdf, { anchors: [root], at: signingTime })).verdict).toBe('accepted')
    })

    test('has its own certificate first, then its issuer, in whatever order they are given', async () => {
      const { own, root } = await kind.certificates()
      const { certificateChain } = await signer()
      expect(certificateChain.map((bytes) => new X509Certificate(bytes).fingerprint256)).toEqual(
        [own, root].map((pem) => new X509Certificate(pem).fingerprint256),
      )
    })

    test('signs several things at the same time', async () => {
      const made = await signer()
      const signatures = await Promise.all([1, 2, 3].map((n) => made.sign(Buffer.from(`number ${n}`), never)))
      expect(new Set(signatures.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(3)
    })

    test('refuses certificates of another key', async () => {
      const foreign = identityOf('p256')
      const { root } = await kind.certificates()
      const others = [foreign.rootCertificate, root]
      const key = { ...(await kind.open(never)), certificates: [] }
      await expect(reportSigner(key, others, clock)).rejects.toMatchObject({ code: 'AFD_KEY_CERTIFICATE' })
    })

    test.skipIf(!openssl)('asks for a certificate with a request that OpenSSL verifies', async () => {
      await using folder = await temporaryFolder()
      const file = join(folder.path, 'request.pem')
      const name = { organisation: 'Example AG', commonName: 'Reports' }
      await writeFile(file, await certificateRequest(await kind.open(never), name, never))
      const { stdout, stderr } = await run('openssl', ['req', '-in', file, '-verify', '-noout', '-text'])
      expect(stdout + stderr).toMatch(/verify OK/i)
      expect(stdout).toContain('1.3.6.1.5.5.7.3.36')
    })

    test('is not opened, and does not sign, once the caller gave up', async () => {
      const made = await signer()
      await expect(made.sign(data, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
    })

    test.skipIf(!kind.remote)('is called off while it signs and while it is opened', async () => {
      const made = await signer()
      for (const work of [(signal: AbortSignal) => made.sign(data, signal), kind.open]) {
        const controller = new AbortController()
        onTestFinished(() => controller.abort())
        const pending = work(controller.signal)
        controller.abort()
        await expect(pending).rejects.toMatchObject({ name: 'AbortError' })
      }
    })
  })
}
