import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forge, forgeries } from '../../../../collectors/auth/forge.ts'
import type { KeySet } from '../../../../collectors/auth/jwks.ts'
import { isSignedBy, readJwt, signingInput, writeJwt } from '../../../../collectors/auth/jwt.ts'

const payload = { iss: 'https://id.example.test', sub: 'tester', jti: 'one', exp: 2_000_000_000 }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ec521 = generateKeyPairSync('ec', { namedCurve: 'P-521' })
const ed = generateKeyPairSync('ed25519')
const dsaEncoding = 'ieee-p1363'

type Algorithm = { readonly alg: string; readonly sign: (input: Buffer) => Buffer; readonly publicKey?: KeyObject }
const algorithms: readonly Algorithm[] = [
  { alg: 'RS256', sign: (input) => sign('sha256', input, rsa.privateKey), publicKey: rsa.publicKey },
  { alg: 'PS256', sign: (input) => sign('sha256', input, { key: rsa.privateKey, ...pss }), publicKey: rsa.publicKey },
  {
    alg: 'ES256',
    sign: (input) => sign('sha256', input, { key: ec.privateKey, dsaEncoding }),
    publicKey: ec.publicKey,
  },
  {
    alg: 'ES512',
    sign: (input) => sign('sha512', input, { key: ec521.privateKey, dsaEncoding }),
    publicKey: ec521.publicKey,
  },
  { alg: 'EdDSA', sign: (input) => sign(null, input, ed.privateKey), publicKey: ed.publicKey },
  { alg: 'HS256', sign: (input) => createHmac('sha256', 'a shared secret').update(input).digest() },
]

function issue({ alg, sign: make }: Algorithm): string {
  const header = { alg, kid: 'k1', typ: 'at+jwt' }
  return writeJwt({
    header,
    payload,
    signature: make(Buffer.from(signingInput(header, payload))).toString('base64url'),
  })
}

function keySetOf({ alg, publicKey }: Algorithm): KeySet {
  return { keys: publicKey ? [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg }] : [] }
}

test.each(algorithms.filter(({ publicKey }) => publicKey))(
  'a token signed with $alg is known as such',
  async (algorithm) => {
    expect(await isSignedBy(issue(algorithm), keySetOf(algorithm))).toBe(true)
  },
)

describe.each(algorithms)('from a token signed with $alg', (algorithm) => {
  const token = issue(algorithm)
  const keySet = keySetOf(algorithm)

  test.each(forgeries)('%s can be made, and its signature is never good', async (forgery) => {
    const made = forge(token, forgery)
    expect(made.length).toBeGreaterThan(0)
    for (const forged of made) {
      expect(forged).not.toBe(token)
      expect(await isSignedBy(forged, keySet)).toBe(false)
    }
  })

  test('the claims that an API would read stay as they are', () => {
    for (const forged of forgeries.flatMap((forgery) => forge(token, forgery))) {
      expect(readJwt(forged)?.payload).toMatchObject({ iss: payload.iss, sub: payload.sub, exp: payload.exp })
    }
  })

  test('a signature by the wrong key has the algorithm, key id and length of a good one', () => {
    const [forged = ''] = forge(token, 'wrong-key')
    const [good, bad] = [readJwt(token), readJwt(forged)]
    expect(bad?.header).toEqual(good?.header)
    expect(bad?.signature).toHaveLength(good?.signature.length ?? 0)
  })
})

test('alg none comes in four spellings, without a signature', () => {
  const [first] = algorithms
  const made = first ? forge(issue(first), 'alg-none').map((forged) => readJwt(forged)) : []
  expect(made.map((jwt) => jwt?.header.alg)).toEqual(['none', 'None', 'NONE', 'nOnE'])
  expect(made.map((jwt) => jwt?.signature)).toEqual(['', '', '', ''])
})

test('an unknown algorithm is not signed with', () => {
  const token = writeJwt({ header: { alg: 'XX999' }, payload, signature: 'AAAA' })
  expect(forge(token, 'wrong-key')).toEqual([])
  expect(forge(token, 'alg-none')).toHaveLength(4)
})

test('reading never throws, and nothing is forged from an opaque token', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.base64String(), { maxLength: 5 }).map((parts) => parts.join('.')),
      ),
      (text) => {
        if (readJwt(text) === undefined) expect(forgeries.flatMap((forgery) => forge(text, forgery))).toEqual([])
      },
    ),
  )
})

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.base64String(), (claims, signature) => {
      const plain = JSON.parse(JSON.stringify(claims))
      expect(readJwt(writeJwt({ header: { alg: 'ES256' }, payload: plain, signature }))).toEqual({
        header: { alg: 'ES256' },
        payload: plain,
        signature,
      })
    }),
  )
})
