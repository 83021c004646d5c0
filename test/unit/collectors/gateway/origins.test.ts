import fc from 'fast-check'
import { expect, test } from 'vitest'
import { probeOrigins } from '../../../../collectors/gateway/origins.ts'

const shown = (host: string, trusted: readonly string[] = []) =>
  probeOrigins(host, trusted).map(({ kind, origin }) => `${kind} ${origin}`)

test('a host is imitated at its beginning, at its end and by an invented subdomain of its domain', () => {
  expect(shown('api.example.test')).toEqual([
    'foreign https://affidavit-probe.invalid',
    'null null',
    'suffix https://api.example.test.affidavit-probe.invalid',
    'suffix https://affidavit-probeexample.test',
    'subdomain https://affidavit-probe.example.test',
  ])
})

test('an address and a bare name have no subdomains', () => {
  expect(shown('192.0.2.7').filter((text) => text.startsWith('subdomain'))).toEqual([])
  expect(shown('localhost').filter((text) => text.startsWith('subdomain'))).toEqual([])
  expect(shown('[::1]')).toEqual(['foreign https://affidavit-probe.invalid', 'null null'])
})

test('look-alikes of trusted origins are tried too, each origin once', () => {
  const all = shown('api.example.test', ['https://app.example.test', 'https://portal.test:8443'])
  expect(all).toContain('suffix https://app.example.test.affidavit-probe.invalid')
  expect(all).toContain('subdomain https://affidavit-probe.portal.test')
  expect(new Set(all).size).toBe(all.length)
})

test('a trusted origin itself is never tried', () => {
  fc.assert(
    fc.property(fc.domain(), fc.array(fc.domain(), { maxLength: 5 }), (host, names) => {
      const trusted = names.map((name) => `https://${name}`)
      const tried = probeOrigins(host, trusted).map(({ origin }) => origin)
      expect(tried.filter((origin) => trusted.includes(origin) || origin === `https://${host}`)).toEqual([])
    }),
  )
})

test('every origin but null is a serialised origin', () => {
  fc.assert(
    fc.property(fc.domain(), (host) => {
      for (const { origin } of probeOrigins(host, []).filter(({ kind }) => kind !== 'null')) {
        expect(new URL(origin).origin).toBe(origin)
      }
    }),
  )
})
