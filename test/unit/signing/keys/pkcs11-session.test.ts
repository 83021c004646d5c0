import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { SigningError } from '../../../../src/model/errors.ts'
import { type Attribute, type Cryptoki, ck, type Handle } from '../../../../src/signing/keys/pkcs11/cryptoki.ts'
import { askToken, type TokenRequest } from '../../../../src/signing/keys/pkcs11/session.ts'
import type { SignatureAlgorithm } from '../../../../src/signing/signer.ts'

/*
 * What no token at hand does on demand: going away, counting down its PIN, offering few mechanisms. The rest is tried
 * with SoftHSM in test/contract.
 */

const { results, attributes, mechanisms, tokenFlags } = ck

type Faults = {
  /** Calls (`C_Sign`) and the CK_RV that each fails with. */
  readonly fails?: { readonly [call: string]: number }
  readonly flags?: number
  readonly mechanisms?: readonly number[]
  readonly pin?: string
  readonly mayNotSign?: boolean
  readonly alwaysAuthenticate?: boolean
}

/** A token with one key; `log` has the calls that were made. */
function token(faults: Faults = {}, pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })) {
  const log: string[] = []
  const called = (name: string) => {
    log.push(name)
    const result = faults.fails?.[name]
    if (result !== undefined) throw Object.assign(new Error(`CKR_SOMETHING:${result}`), { code: result })
  }
  const [slot, session, key] = [Buffer.alloc(8, 1), Buffer.alloc(8, 2), Buffer.alloc(8, 3)]
  let mechanism = 0
  let found: readonly Handle[] = []
  const cryptoki: Cryptoki = {
    load: () => called('load'),
    close: () => called('close'),
    C_Initialize: () => called('C_Initialize'),
    C_Finalize: () => called('C_Finalize'),
    C_GetSlotList: () => [slot],
    C_GetTokenInfo: () => ({
      label: 'Reports                         ',
      manufacturerID: 'Example                         ',
      model: 'One             ',
      serialNumber: '0001            ',
      flags: tokenFlags.initialised | tokenFlags.loginRequired | (faults.flags ?? 0),
    }),
    C_GetMechanismList: () => faults.mechanisms ?? [mechanisms.ecdsa, mechanisms.rsaPkcs],
    C_OpenSession: () => {
      called('C_OpenSession')
      return session
    },
    C_CloseSession: () => called('C_CloseSession'),
    C_Login: (_, user, pin) => {
      called(user === ck.user ? 'C_Login' : 'C_Login again')
      if (pin !== (faults.pin ?? '1234')) throw Object.assign(new Error('CKR_PIN_INCORRECT:160'), { code: 160 })
    },
    C_FindObjectsInit: (_, template) => {
      found = template.some(({ value }) => value === ck.objects.privateKey || value === ck.objects.publicKey)
        ? [key]
        : []
    },
    C_FindObjects: () => found,
    C_FindObjectsFinal: () => {},
    C_GetAttributeValue: (_, __, [wanted]) => [{ value: attributeOf(pair.publicKey, faults, wanted) }],
    C_SignInit: (_, asked) => {
      called('C_SignInit')
      mechanism = asked.mechanism
    },
    C_Sign: (_, data) => {
      called('C_Sign')
      return signed(pair.privateKey, mechanism, data)
    },
  }
  return { cryptoki, log, publicKey: pair.publicKey }
}

function attributeOf(key: KeyObject, faults: Faults, wanted: Attribute | undefined): Uint8Array {
  if (wanted?.type === attributes.sign) return Uint8Array.of(faults.mayNotSign ? 0 : 1)
  if (wanted?.type === attributes.alwaysAuthenticate) return Uint8Array.of(faults.alwaysAuthenticate ? 1 : 0)
  if (wanted?.type === attributes.publicKeyInfo) return key.export({ format: 'der', type: 'spki' })
  throw Object.assign(new Error('CKR_ATTRIBUTE_TYPE_INVALID:18'), { code: 18 })
}

/** Only what is needed to see which mechanism was chosen: those over the data itself. */
function signed(key: KeyObject, mechanism: number, data: Uint8Array): Uint8Array {
  if (mechanism === mechanisms.ecdsaSha256) return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })
  if (mechanism === mechanisms.sha256RsaPkcs) return sign('sha256', data, key)
  return new Uint8Array(64).fill(1)
}

const request: TokenRequest = { module: '/lib/token.so', token: {}, object: {}, pin: '1234', job: { kind: 'open' } }
const signing = (algorithm: SignatureAlgorithm = 'ecdsa-p256-sha256'): TokenRequest => ({
  ...request,
  job: { kind: 'sign', bytes: Buffer.from('to be signed'), algorithm },
})

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'no error'
  } catch (error) {
    return error instanceof SigningError ? error.code : String(error)
  }
}

describe('a session with a token', () => {
  test('shows the public half of the key, and ends', () => {
    const { cryptoki, log, publicKey } = token()
    const answer = askToken(cryptoki, request)
    expect(answer).toMatchObject({ kind: 'key', certificates: [] })
    expect(
      answer.kind === 'key' &&
        createPublicKey({ key: Buffer.from(answer.publicKey), format: 'der', type: 'spki' }).equals(publicKey),
    ).toBe(true)
    expect(log).toEqual(['load', 'C_Initialize', 'C_OpenSession', 'C_Login', 'C_CloseSession', 'C_Finalize', 'close'])
  })

  test.each(['C_OpenSession', 'C_Login', 'C_SignInit', 'C_Sign'])(
    'says that the token went away when it does so in %s, and closes what is open',
    (call) => {
      const { cryptoki, log } = token({
        fails: { [call]: results.deviceRemoved, C_CloseSession: results.deviceRemoved },
      })
      expect(codeOf(() => askToken(cryptoki, signing()))).toBe('AFD_PKCS11_DEVICE')
      expect(log.slice(-2)).toEqual(['C_Finalize', 'close'])
      expect(log.includes('C_CloseSession')).toBe(call !== 'C_OpenSession')
    },
  )

  test('says that a library cannot be loaded, and that a token does something else wrong', () => {
    const refuses = {
      ...token().cryptoki,
      load: () => {
        throw new Error('no such file')
      },
    }
    expect(codeOf(() => askToken(refuses, request))).toBe('AFD_PKCS11_MODULE')
    expect(codeOf(() => askToken(token({ fails: { C_Sign: 0x6 } }).cryptoki, signing()))).toBe('AFD_PKCS11_FAILED')
  })
})

describe('a PIN', () => {
  test('is tried once where it is wrong', () => {
    const { cryptoki, log } = token({ pin: '4321' })
    expect(codeOf(() => askToken(cryptoki, signing()))).toBe('AFD_PKCS11_PIN')
    expect(log.filter((call) => call === 'C_Login')).toHaveLength(1)
  })

  test.each([
    ['one try is left', tokenFlags.finalTry],
    ['the token is locked', tokenFlags.locked],
  ])('is not tried where %s', (_, flags) => {
    const { cryptoki, log } = token({ flags })
    expect(codeOf(() => askToken(cryptoki, signing()))).toBe('AFD_PKCS11_PIN')
    expect(log).not.toContain('C_Login')
  })

  test('is asked for where none is named and the token has no pad', () => {
    expect(codeOf(() => askToken(token().cryptoki, { ...request, pin: null }))).toBe('AFD_PKCS11_PIN')
  })

  test('is left to the pad of a token that has one: not to look, once to sign', () => {
    const pad = token({ flags: tokenFlags.protectedAuthenticationPath })
    const cryptoki = {
      ...pad.cryptoki,
      C_Login: () => {
        pad.log.push('C_Login')
      },
    }
    askToken(cryptoki, { ...request, pin: null })
    expect(pad.log).not.toContain('C_Login')
    askToken(cryptoki, { ...signing(), pin: null })
    expect(pad.log.filter((call) => call === 'C_Login')).toHaveLength(1)
  })

  test('is given again for a key that wants it at each signature', () => {
    const { cryptoki, log } = token({ alwaysAuthenticate: true })
    askToken(cryptoki, signing())
    expect(log.slice(log.indexOf('C_SignInit'), -3)).toEqual(['C_SignInit', 'C_Login again', 'C_Sign'])
  })
})

describe('a key on a token', () => {
  test('that may not sign is refused', () => {
    expect(codeOf(() => askToken(token({ mayNotSign: true }).cryptoki, request))).toBe('AFD_PKCS11_KEY')
    const late = token({ fails: { C_SignInit: results.keyFunctionNotPermitted } })
    expect(codeOf(() => askToken(late.cryptoki, signing()))).toBe('AFD_PKCS11_KEY')
  })

  test.each([
    ['ecdsa-p256-sha256', mechanisms.ecdsaSha256, () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['rsa-sha256', mechanisms.sha256RsaPkcs, () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const)(
    'of %s signs with the mechanism that digests, where the token offers no other',
    (algorithm, only, make) => {
      const { cryptoki, publicKey } = token({ mechanisms: [only] }, make())
      const answer = askToken(cryptoki, signing(algorithm))
      if (answer.kind !== 'signature') throw new Error('no signature')
      expect(verify('sha256', Buffer.from('to be signed'), publicKey, answer.signature)).toBe(true)
    },
  )

  test('whose token offers neither way is refused', () => {
    expect(codeOf(() => askToken(token({ mechanisms: [0x1] }).cryptoki, signing()))).toBe('AFD_PKCS11_KEY')
  })
})
