import { describe, expect, test } from 'vitest'
import { tlsCollector } from '../../../../collectors/tls/index.ts'
import { parseShorthand, serverNameOf, subjectOf, tlsTarget } from '../../../../collectors/tls/target.ts'

const parse = (raw: object) => tlsTarget.parse(raw)

describe('shorthand', () => {
  test.each([
    ['example.com', 'example.com', 443],
    ['example.com:8443', 'example.com', 8_443],
    ['[::1]:443', '::1', 443],
    ['::1', '::1', 443],
    ['https://host/', 'host', 443],
    ['https://host.example:444/path?x=1', 'host.example', 444],
    ['127.0.0.1:65535', '127.0.0.1', 65_535],
  ])('%s', (text, host, port) => {
    expect(parseShorthand(text)).toEqual({ host, port })
    expect(parse(parseShorthand(text) ?? {})).toMatchObject({ host, port })
  })

  test.each(['', 'http://host/', 'host:99999', 'user@host', 'a b', 'https://'])('%j is none', (text) => {
    expect(parseShorthand(text)).toBeUndefined()
  })
})

describe('a name beyond ASCII', () => {
  test('is written as xn--, in the configuration and in short', () => {
    const target = parse({ host: 'MÜNCHEN.example', serverName: 'bücher.example' })
    expect(target).toMatchObject({ host: 'xn--mnchen-3ya.example', serverName: 'xn--bcher-kva.example' })
    expect(subjectOf(target)).toBe('xn--mnchen-3ya.example:443#xn--bcher-kva.example')
    expect(parse(target)).toEqual(target)
    for (const scheme of ['', 'https://', 'tls://']) {
      expect(parseShorthand(`${scheme}münchen.example:8443`)).toEqual({ host: 'xn--mnchen-3ya.example', port: 8_443 })
    }
    expect(parseShorthand('smtp://münchen.example')).toMatchObject({ host: 'xn--mnchen-3ya.example', port: 25 })
    expect(parseShorthand('https://[::1]:444/weiß')).toEqual({ host: '::1', port: 444 })
    expect(parseShorthand('https://münchen.example/weiß?ä=ö')).toEqual({ host: 'xn--mnchen-3ya.example', port: 443 })
  })

  test('that is no name is refused for that, however it is given', () => {
    const strange = '\u00ad.\u{10ffff}example'
    const problemOf = (raw: unknown) => tlsTarget.safeParse(raw).error?.issues[0]
    expect(problemOf({ host: strange })).toMatchObject({ code: 'custom', path: ['host'] })
    expect(problemOf({ host: 'a.test', serverName: strange })).toMatchObject({ code: 'custom', path: ['serverName'] })
    expect(problemOf(parseShorthand(strange))).toMatchObject({ code: 'custom', path: ['host'] })
    expect(problemOf(parseShorthand(`smtp://${strange}:25`))).toMatchObject({ code: 'custom', path: ['host'] })
  })

  test('that holds what no name holds is refused as an ASCII one is', () => {
    expect(tlsTarget.safeParse({ host: 'münchen..example' }).success).toBe(false)
    expect(tlsTarget.safeParse({ host: 'mün chen.example' }).success).toBe(false)
  })
})

test('the port is 443 and the server name the host, unless that is an address', () => {
  expect(parse({ host: 'api.example.test' })).toMatchObject({ port: 443, permit: 'passive', trust: [] })
  expect(serverNameOf(parse({ host: 'api.example.test.' }))).toBe('api.example.test')
  expect(serverNameOf(parse({ host: '192.0.2.1' }))).toBeUndefined()
  expect(serverNameOf(parse({ host: '192.0.2.1', serverName: 'a.test' }))).toBe('a.test')
})

test('a protocol that begins in plain text brings its own port, unless one is given', () => {
  expect(parse({ host: 'mail.test', starttls: 'smtp' })).toMatchObject({ port: 25, starttls: 'smtp' })
  expect(parse({ host: 'mail.test', starttls: 'smtp', port: 587 })).toMatchObject({ port: 587 })
  expect(parse({ host: 'db.test', starttls: 'postgres' })).toMatchObject({ port: 5_432 })
  expect(tlsTarget.safeParse({ host: 'mail.test', starttls: 'gopher' }).success).toBe(false)
})

test.each([
  ['smtp://mail.test', { host: 'mail.test', port: 25, starttls: 'smtp' }],
  ['imap://mail.test:1143/', { host: 'mail.test', port: 1_143, starttls: 'imap' }],
  ['postgresql://db.test/orders', { host: 'db.test', port: 5_432, starttls: 'postgres' }],
  ['ftp://files.test', { host: 'files.test', port: 21, starttls: 'ftp' }],
  ['ldap://[::1]', { host: '::1', port: 389, starttls: 'ldap' }],
  ['xmpp-server://chat.test', { host: 'chat.test', port: 5_269, starttls: 'xmpp-server' }],
])('%s names the protocol that begins in plain text', (text, expected) => {
  expect(parseShorthand(text)).toEqual(expected)
})

test('the subject is host and port, with the server name where it differs', () => {
  expect(subjectOf(parse({ host: 'API.example.test' }))).toBe('api.example.test:443')
  expect(subjectOf(parse({ host: '::1', port: 8_443 }))).toBe('[::1]:8443')
  expect(subjectOf(parse({ host: '192.0.2.1', serverName: 'a.test' }))).toBe('192.0.2.1:443#a.test')
  expect(subjectOf(parse({ host: 'a.test', serverName: 'A.test' }))).toBe('a.test:443')
})

test.each([
  { host: '' },
  { host: 'https://a.test' },
  { host: 'a.test', port: 0 },
  { host: 'a.test', port: 70_000 },
  { host: 'a b' },
  { host: 'a.test', serverNames: 'x' },
])('%j is refused', (raw) => {
  expect(tlsTarget.safeParse(raw).success).toBe(false)
})

test('the collector reaches its endpoint and its trust files, and nothing else', () => {
  const target = parse({ host: '[::1]', port: 8_443, trust: ['ca.pem'] })
  expect(tlsCollector.reach(target)).toEqual({ endpoints: [{ host: '::1', port: 8_443 }], paths: ['ca.pem'] })
  expect(tlsCollector.defaults).toMatchObject({ timeoutMs: 20_000, concurrency: 16 })
})
