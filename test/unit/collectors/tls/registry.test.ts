import { expect, test } from 'vitest'
import { alertName } from '../../../../collectors/tls/registry/alerts.ts'
import {
  cipherSuiteName,
  cipherSuites,
  isWeak,
  sslv2CipherName,
} from '../../../../collectors/tls/registry/cipher-suites.ts'
import { groupName, isPostQuantum, tls12Groups, tls13Groups } from '../../../../collectors/tls/registry/groups.ts'

const named = (name: string) => [...cipherSuites.values()].find((suite) => suite.name === name)

test('the registry holds the suites of IANA, each name once', () => {
  expect(cipherSuites.size).toBeGreaterThan(350)
  expect(new Set([...cipherSuites.values()].map(({ name }) => name)).size).toBe(cipherSuites.size)
})

test.each([
  [
    'TLS_AES_256_GCM_SHA384',
    {
      number: 0x1302,
      keyExchange: 'any',
      cipher: 'AES-256-GCM',
      bits: 256,
      mac: 'AEAD',
      era: '1.3',
      forwardSecrecy: true,
    },
  ],
  [
    'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
    {
      keyExchange: 'ECDHE',
      authentication: 'RSA',
      bits: 128,
      mac: 'SHA1',
      aead: false,
      era: 'any',
      forwardSecrecy: true,
    },
  ],
  [
    'TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8',
    { authentication: 'ECDSA', cipher: 'AES-256-CCM-8', mac: 'AEAD', aead: true, era: '1.2' },
  ],
  [
    'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
    { keyExchange: 'RSA', authentication: 'RSA', cipher: '3DES-CBC', bits: 112, forwardSecrecy: false },
  ],
  ['TLS_RSA_EXPORT_WITH_RC4_40_MD5', { export: true, bits: 40, mac: 'MD5', keyExchange: 'RSA', authentication: 'RSA' }],
  ['TLS_DH_anon_WITH_AES_128_CBC_SHA', { keyExchange: 'DH', authentication: 'anon', forwardSecrecy: true }],
  ['TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256', { keyExchange: 'ECDH', forwardSecrecy: false }],
  ['TLS_DHE_PSK_WITH_AES_128_CBC_SHA256', { keyExchange: 'DHE', authentication: 'PSK', mac: 'SHA256', era: '1.2' }],
  ['TLS_PSK_DHE_WITH_AES_128_CCM_8', { keyExchange: 'DHE', authentication: 'PSK', forwardSecrecy: true }],
  ['TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA', { keyExchange: 'SRP', authentication: 'RSA', bits: 256 }],
  ['TLS_SHA256_SHA256', { cipher: 'NULL', bits: 0, mac: 'SHA256', era: '1.3' }],
  ['TLS_GOSTR341112_256_WITH_KUZNYECHIK_MGM_L', { era: '1.3', aead: true, bits: 256 }],
  ['TLS_KRB5_EXPORT_WITH_DES_CBC_40_SHA', { export: true, bits: 40, keyExchange: 'KRB5' }],
])('%s is what its name says', (name, properties) => {
  expect(named(name)).toMatchObject(properties)
})

test('every suite has a cipher that is known by its name', () => {
  const unknown = [...cipherSuites.values()].filter(({ bits, cipher }) => bits === 0 && cipher !== 'NULL')
  expect(unknown).toEqual([])
})

test('weak is what is broken or short, and nothing else', () => {
  const weak = [
    'TLS_RSA_WITH_RC4_128_SHA',
    'TLS_RSA_WITH_NULL_SHA256',
    'TLS_ECDH_anon_WITH_AES_256_CBC_SHA',
    'TLS_RSA_WITH_DES_CBC_SHA',
    'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
  ]
  const sound = [
    'TLS_AES_128_GCM_SHA256',
    'TLS_RSA_WITH_AES_128_CBC_SHA',
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    'TLS_RSA_WITH_SEED_CBC_SHA',
  ]
  for (const name of [...weak, ...sound]) {
    const suite = named(name)
    expect(suite && isWeak(suite), name).toBe(weak.includes(name))
  }
})

test('unknown numbers are shown as numbers', () => {
  expect(cipherSuiteName(0xabcd)).toBe('0xABCD')
  expect(groupName(0xfe00)).toBe('0xFE00')
  expect(sslv2CipherName(0x123456)).toBe('0x123456')
  expect(alertName(250)).toBe('alert 250')
})

test('the post-quantum groups are asked for in TLS 1.3 only', () => {
  expect(groupName(0x11ec)).toBe('X25519MLKEM768')
  expect(tls13Groups.flat().filter(isPostQuantum).length).toBeGreaterThan(5)
  expect(tls12Groups.flat().some(isPostQuantum)).toBe(false)
})
