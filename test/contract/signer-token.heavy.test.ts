import { execFile } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parsePkcs11Uri } from '../../src/model/pkcs11-uri.ts'
import { instant } from '../../src/model/time.ts'
import { keyTypes } from '../../src/signing/keys/identity.ts'
import { lookAtPkcs11Key, openPkcs11Key } from '../../src/signing/keys/pkcs11/open.ts'
import { certificateRequest } from '../../src/signing/keys/request.ts'
import { reportSigner } from '../../src/signing/keys.ts'
import { verifyPdf } from '../../src/signing/verify-pdf.ts'
import { keyPackages } from '../helpers/key-packages.ts'
import { chromiumPdf, clock, identityOf, never, sign } from '../helpers/signing.ts'
import { hasSoftHsm, pin, type SoftToken, softhsmModule, softToken } from '../helpers/softhsm.ts'
import { describeSigner } from './signer-suite.ts'

/** Keys on a token: SoftHSM, which keeps its token in files and does what the standard says. */

const run = promisify(execFile)
const packages = hasSoftHsm() ? await keyPackages() : undefined
const binding = packages ? pathToFileURL(createRequire(join(packages, 'package.json')).resolve('pkcs11js')).href : ''

describe.skipIf(!packages)('a token', () => {
  let token: SoftToken
  beforeAll(async () => {
    token = await softToken()
    for (const [index, keyType] of keyTypes.entries()) {
      await token.bring(keyType, `0${index + 1}`, identityOf(keyType).reportKey)
    }
    await token.generate('strict', '07', 'EC:secp384r1', '--always-auth')
    await token.generate('big', '08', 'rsa:4096')
    await token.certify('p256', '01', identityOf('p256').reportCertificate)
    await token.certify('root', '0a', identityOf('p256').rootCertificate)
  })
  afterAll(() => token[Symbol.asyncDispose]())

  const uriOf = (text: string) => {
    const { uri, problem } = parsePkcs11Uri(text)
    if (uri) return uri
    throw new Error(problem)
  }
  const on = (path: string) => uriOf(`pkcs11:${path}?module-path=${softhsmModule}`)
  const open = (path: string, options: { readonly pin?: string | null; readonly signal?: AbortSignal } = {}) =>
    openPkcs11Key({ uri: on(path), binding, pin, signal: never, ...options })

  for (const keyType of keyTypes) {
    describeSigner({
      name: `with a ${keyType} key`,
      certificates: async () => {
        const { reportCertificate, rootCertificate } = identityOf(keyType)
        return { own: reportCertificate, root: rootCertificate }
      },
      open: (signal) => open(`token=Reports;object=${keyType}`, { signal }),
      remote: true,
    })
  }

  test.each(['strict', 'big'])(
    'makes a key of its own (%s), which an authority certifies and which signs reports',
    async (name) => {
      const key = await open(`object=${name}`)
      const [request, root, rootKey, certificate] = ['csr', 'root', 'key', 'crt'].map((part) =>
        join(token.folder, `${name}.${part}`),
      ) as [string, string, string, string]
      await writeFile(request, await certificateRequest(key, { organisation: 'Example', commonName: name }, never))
      await run('openssl', [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-subj',
        '/CN=root',
        '-keyout',
        rootKey,
        '-out',
        root,
      ])
      await run('openssl', [
        'x509',
        '-req',
        '-in',
        request,
        '-CA',
        root,
        '-CAkey',
        rootKey,
        '-copy_extensions',
        'copyall',
        '-days',
        '2',
        '-out',
        certificate,
      ])
      const now = { now: () => instant(Date.now()) }
      const certificates = [await readFile(certificate), await readFile(root)]
      const signer = await reportSigner(key, certificates, now)
      const { pdf } = await sign(chromiumPdf(), { signer, clock: now })
      expect((await verifyPdf(pdf, { anchors: [await readFile(root)] })).verdict).toBe('accepted')
    },
  )

  test('shows its certificates beside a key, and without a PIN', async () => {
    const { reportCertificate, rootCertificate } = identityOf('p256')
    const wanted = [reportCertificate, rootCertificate].map((pem) => new X509Certificate(pem).fingerprint256).toSorted()
    const prints = (found: readonly Uint8Array[]) =>
      found.map((bytes) => new X509Certificate(bytes).fingerprint256).toSorted()
    const key = await open('object=p256')
    expect(prints(key.certificates)).toEqual(wanted)
    expect((await reportSigner(key, [], clock)).certificateChain).toHaveLength(2)
    const seen = await lookAtPkcs11Key({ uri: on('object=p256'), binding, signal: never })
    expect(prints(seen.certificates)).toEqual(wanted)
    expect(seen.publicKey).toEqual(key.publicKey)
  })

  test('is found by label, serial, model, slot or nothing, and its keys by label or id', async () => {
    const { stdout } = await run('pkcs11-tool', ['--module', softhsmModule, '--list-slots'])
    const serial = /serial num\s*:\s*(\S+)/.exec(stdout)?.[1]
    const slot = /Slot 0 \(0x([0-9a-f]+)\)/.exec(stdout)?.[1]
    const [first, ...others] = await Promise.all(
      [
        `serial=${serial}`,
        'model=SoftHSM%20v2',
        `slot-id=${Number.parseInt(slot ?? '', 16)}`,
        'manufacturer=SoftHSM%20project',
        '',
      ].map((path) => open(`${path};id=%01`)),
    )
    for (const other of others) expect(other.publicKey).toEqual(first?.publicKey)
    expect(
      createPublicKey({ key: Buffer.from(first?.publicKey ?? []), format: 'der', type: 'spki' }).asymmetricKeyType,
    ).toBe('ec')
  })

  test.each([
    ['a token that is not there', 'token=Nobody', 'AFD_PKCS11_TOKEN', '"Reports"'],
    ['a key that is not there', 'token=Reports;object=nobody', 'AFD_PKCS11_KEY', '"p384"'],
    ['one of several keys', 'token=Reports', 'AFD_PKCS11_KEY', '"p384"'],
  ])('%s is an error that lists those which are', async (_, path, code, named) => {
    await expect(open(path)).rejects.toMatchObject({ code, message: expect.stringContaining(named) })
  })

  test('a wrong PIN, none, and a library that is none are told apart', async () => {
    await expect(open('object=p256', { pin: '0000' })).rejects.toMatchObject({
      code: 'AFD_PKCS11_PIN',
      message: expect.not.stringContaining('0000'),
    })
    await expect(open('object=p256', { pin: null })).rejects.toMatchObject({ code: 'AFD_PKCS11_PIN' })
    for (const module of ['/nowhere/lib.so', '/etc/hostname']) {
      const uri = uriOf(`pkcs11:?module-path=${module}`)
      await expect(openPkcs11Key({ uri, binding, pin, signal: never })).rejects.toMatchObject({
        code: 'AFD_PKCS11_MODULE',
      })
    }
    // The right one works after it: nothing was tried twice.
    expect((await open('object=p256')).publicKey.length).toBeGreaterThan(0)
  })

  test('a token that goes away between opening and signing is missed', async () => {
    await using other = await softToken('Leaves')
    await other.generate('key', '01', 'EC:prime256v1')
    const key = await openPkcs11Key({ uri: on('token=Leaves;object=key'), binding, pin, signal: never })
    await other[Symbol.asyncDispose]()
    await expect(key.sign(Buffer.from('x'), never)).rejects.toMatchObject({ name: 'SigningError' })
    Object.assign(process.env, token.environment)
  })

  test('that does not answer in time is given up, and its process ends', async () => {
    const uri = on('object=p256')
    await expect(openPkcs11Key({ uri, binding, pin, signal: never, timeoutMs: 1 })).rejects.toMatchObject({
      code: 'AFD_PKCS11_TIMEOUT',
    })
  })

  test('a library that crashes ends its own process only', async () => {
    const source = join(token.folder, 'crash.c')
    const library = join(token.folder, 'crash.so')
    await writeFile(source, '#include <stdlib.h>\nlong C_GetFunctionList(void **list) { abort(); }\n')
    await run('cc', ['-shared', '-fPIC', '-o', library, source])
    const uri = uriOf(`pkcs11:?module-path=${library}`)
    await expect(openPkcs11Key({ uri, binding, pin, signal: never })).rejects.toMatchObject({
      code: 'AFD_PKCS11_MODULE',
    })
  })
})
