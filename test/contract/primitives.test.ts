import { generateKeyPairSync, sign } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Hash, hashBytes, hashes, type Scheme } from '../../src/signing/cms/algorithms.ts'
import * as node from '../../src/signing/cms/primitives.ts'
import * as browser from '../../verify-page/primitives.ts'

type Primitives = typeof node

/* What verification takes from its runtime: Node's half and the browser's keep the same promises. */
describe.each([
  ['Node', node],
  ['the browser', browser satisfies Primitives],
] as [string, Primitives][])('the primitives of %s', (_, primitives) => {
  const data = new TextEncoder().encode('evidence')

  test.each(hashes)('digest parts as one with %s', (hash) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        const whole = Buffer.concat([a, b])
        expect(primitives.digest(hash, a, b)).toEqual(node.digest(hash, whole))
        expect(primitives.digest(hash, a, b)).toHaveLength(hashBytes[hash])
      }),
      { numRuns: 50 },
    )
  })

  test('know SHA-1 and MD5 where old formats want them', () => {
    expect(Buffer.from(primitives.sha1(data)).toString('hex')).toBe('100ec4462dec34f6824f7e65f377076ce5d51ced')
    expect(Buffer.from(primitives.md5(data)).toString('hex')).toBe('14e10d570047667f904261e6d08f520f')
  })

  test('unpack what was packed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        expect(await primitives.inflate(deflateSync(bytes), 2000)).toEqual(bytes)
      }),
      { numRuns: 50 },
    )
  })

  test('refuse to unpack more than is allowed, what is cut off, what is followed, and what is faulty', async () => {
    const packed = new Uint8Array(deflateSync(new Uint8Array(100_000)))
    await expect(primitives.inflate(packed, 99_999)).rejects.toThrow()
    await expect(primitives.inflate(packed.subarray(0, -1), 100_000)).rejects.toThrow()
    await expect(primitives.inflate(Uint8Array.of(...packed, 0), 100_000)).rejects.toThrow()
    const faulty = Uint8Array.from(packed)
    faulty[faulty.length - 1] = (faulty.at(-1) ?? 0) ^ 1
    await expect(primitives.inflate(faulty, 100_000)).rejects.toThrow()
    expect(await primitives.inflate(packed, 100_000)).toHaveLength(100_000)
  })

  const pairs = {
    p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    p521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
    rsa2048: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    rsa1024: generateKeyPairSync('rsa', { modulusLength: 1024 }),
    ed25519: generateKeyPairSync('ed25519'),
  }
  const publicKey = (name: keyof typeof pairs) =>
    new Uint8Array(pairs[name].publicKey.export({ format: 'der', type: 'spki' }))
  const signed = (name: keyof typeof pairs, scheme: Scheme): Uint8Array => {
    const hash: Hash | null = scheme.kind === 'ed25519' ? null : scheme.hash
    const pss = scheme.kind === 'rsa-pss' ? { padding: 6, saltLength: hashBytes[scheme.hash] } : {}
    return new Uint8Array(sign(hash, data, { key: pairs[name].privateKey, ...pss }))
  }
  const cases: readonly [keyof typeof pairs, Scheme][] = [
    ['p256', { kind: 'ecdsa', hash: 'sha256' }],
    ['p384', { kind: 'ecdsa', hash: 'sha384' }],
    ['p521', { kind: 'ecdsa', hash: 'sha512' }],
    ['p256', { kind: 'ecdsa', hash: 'sha512' }],
    ['rsa2048', { kind: 'rsa', hash: 'sha256' }],
    ['rsa2048', { kind: 'rsa-pss', hash: 'sha384' }],
    ['ed25519', { kind: 'ed25519' }],
  ]

  test.each(cases)('know the signature of a %s key, and no other', async (name, scheme) => {
    const signature = signed(name, scheme)
    const key = publicKey(name)
    expect(await primitives.isSignedBy(key, scheme, data, signature)).toBe(true)
    expect(await primitives.isSignedBy(key, scheme, data.subarray(1), signature)).toBe(false)
    expect(await primitives.isSignedBy(key, scheme, data, signature.subarray(1))).toBe(false)
    expect(await primitives.isSignedBy(key, scheme, data, Uint8Array.of(...signature, 0))).toBe(false)
    expect(await primitives.isSignedBy(key.subarray(1), scheme, data, signature)).toBe(false)
    const other = name === 'p256' ? 'rsa2048' : 'p256'
    expect(await primitives.isSignedBy(publicKey(other), scheme, data, signature)).toBe(false)
  })

  test('refuse a short RSA key although the signature is its own', async () => {
    const scheme: Scheme = { kind: 'rsa', hash: 'sha256' }
    expect(await primitives.isSignedBy(publicKey('rsa1024'), scheme, data, signed('rsa1024', scheme))).toBe(false)
  })

  test('never throw, whatever the key and the signature', async () => {
    const any = fc.uint8Array({ maxLength: 120 })
    await fc.assert(
      fc.asyncProperty(any, any, fc.constantFrom(...cases), async (key, signature, [name, scheme]) => {
        expect(await primitives.isSignedBy(key, scheme, data, signature)).toBe(false)
        expect(await primitives.isSignedBy(publicKey(name), scheme, data, signature)).toBe(false)
      }),
      { numRuns: 100 },
    )
  })
})
