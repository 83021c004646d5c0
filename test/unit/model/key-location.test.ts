import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyLocationText, parseKeyLocation } from '../../../src/model/key-location.ts'

const module = 'module-path=/usr/lib/softhsm/libsofthsm2.so'
const located = (text: string) => parseKeyLocation(text).location
const problem = (text: string) => parseKeyLocation(text).problem

test.each(['keys/report.key.pem', './report.p12', '/etc/keys/a:b.pem', 'C:\\keys\\report.p12', 'C:/keys/report.p12'])(
  '%s is a file',
  (path) => expect(located(path)).toEqual({ kind: 'file', path }),
)

test('a PKCS #11 URI says which token, which key, which library and where the PIN is', () => {
  const text = `pkcs11:token=My%20token;serial=12%3B3;slot-id=7;object=report;id=%01%AB;type=private?${module}&pin-source=env:PIN`
  expect(located(text)).toEqual({
    kind: 'pkcs11',
    uri: {
      module: '/usr/lib/softhsm/libsofthsm2.so',
      token: { label: 'My token', serial: '12;3', slot: '7' },
      object: { label: 'report', id: '01ab' },
      pin: 'env:PIN',
    },
  })
})

test('a PKCS #11 URI may leave everything open but the library', () => {
  expect(located(`pkcs11:?${module}`)).toMatchObject({ uri: { token: {}, object: {}, pin: null } })
})

test('a PIN that stands in the URI is refused, and not repeated', () => {
  for (const text of [`pkcs11:?${module}&pin-value=24680`, `pkcs11:pin-value=24680?${module}`]) {
    expect(problem(text)).toContain('pin-value')
    expect(problem(text)).not.toContain('24680')
  }
  expect(problem(`pkcs11:?${module}&pin-source=24680`)).not.toContain('24680')
})

test.each([
  ['an attribute that nobody knows', `pkcs11:tokn=x?${module}`, 'tokn'],
  ['an attribute in the wrong part', `pkcs11:token=x?${module}&object=y`, 'object'],
  ['an attribute twice', `pkcs11:token=x;token=y?${module}`, 'token'],
  ['a broken escape', `pkcs11:token=%zz?${module}`, 'token'],
  ['an attribute without a value', `pkcs11:token=?${module}`, 'token'],
  ['a public key', `pkcs11:type=public?${module}`, 'private'],
  ['a slot that is no number', `pkcs11:slot-id=a?${module}`, 'slot-id'],
  ['no library', 'pkcs11:token=x', 'module-path'],
  ['a library by a relative path', 'pkcs11:token=x?module-path=softhsm.so', 'module-path'],
])('%s is refused with its name', (_, text, name) => expect(problem(text)).toContain(name))

const uuid = '1234abcd-12ab-34cd-56ef-1234567890ab'

test.each([
  [`awskms:///${uuid}`, uuid, null, null],
  ['awskms:///alias/reports', 'alias/reports', null, null],
  [
    `awskms:///arn:aws:kms:eu-central-2:111122223333:key/${uuid}`,
    `arn:aws:kms:eu-central-2:111122223333:key/${uuid}`,
    null,
    'eu-central-2',
  ],
  [
    'awskms:///arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/a/b',
    'arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/a/b',
    null,
    'us-gov-west-1',
  ],
  [`awskms://vpce-1.kms.eu-west-1.vpce.amazonaws.com/${uuid}`, uuid, 'vpce-1.kms.eu-west-1.vpce.amazonaws.com', null],
])('%s is a key of AWS KMS', (text, keyId, endpoint, region) => {
  expect(located(text)).toEqual({ kind: 'awskms', keyId, endpoint, region })
})

test('a key of Azure Key Vault has a vault, a name, and a version or none', () => {
  const key = { kind: 'azurekms', vault: 'acme.vault.azure.net', name: 'report' }
  expect(located('azurekms://acme.vault.azure.net/report')).toEqual({ ...key, version: null })
  expect(located('azurekms://acme.vault.azure.net/report/0a1b')).toEqual({ ...key, version: '0a1b' })
})

test('a key of Google Cloud KMS is one version, in both spellings of it', () => {
  const name = 'projects/p/locations/europe-west6/keyRings/r/cryptoKeys/k'
  const version = `${name}/cryptoKeyVersions/3`
  expect(located(`gcpkms://${version}`)).toEqual({ kind: 'gcpkms', version })
  expect(located(`gcpkms://${name}/versions/3`)).toEqual({ kind: 'gcpkms', version })
  expect(problem(`gcpkms://${name}`)).toContain('version')
})

test.each([
  'awskms://alias/x',
  'awskms:///',
  'azurekms://acme/report',
  'gcpkms://k',
  'hashivault://k',
  'pkcs12:a.p12',
  'https://a/b',
])('%s is refused', (text) => expect(problem(text)).toBeTruthy())

test('any text is a location that can be told in words, or a problem', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('pkcs11:', 'awskms://', 'azurekms://', 'gcpkms://', ''),
      fc.string(),
      (scheme, rest) => {
        const parsed = parseKeyLocation(scheme + rest)
        if (parsed.location) expect(typeof keyLocationText(parsed.location)).toBe('string')
        else expect(parsed.problem.length).toBeGreaterThan(10)
      },
    ),
  )
})
