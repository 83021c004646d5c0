import { expect, test } from 'vitest'
import { bareHost, createGuard, endpointOf, formatEndpoint } from '../../../src/collect/guard.ts'
import { CollectionError } from '../../../src/model/errors.ts'

const guard = createGuard([
  { host: 'API.example.test', port: 443 },
  { host: '[2001:DB8::0:1]', port: 8443 },
])

test.each([
  { host: 'api.example.test', port: 443 },
  { host: 'API.EXAMPLE.TEST.', port: 443 },
  { host: '2001:db8::1', port: 8443 },
])('$host is the same host however it is written', (endpoint) => {
  expect(() => guard(endpoint)).not.toThrow()
})

test.each([
  { host: 'api.example.test', port: 80 },
  { host: 'example.test', port: 443 },
  { host: 'evil.api.example.test', port: 443 },
  { host: 'api.example.test.evil', port: 443 },
  { host: '169.254.169.254', port: 80 },
  { host: 'localhost', port: 443 },
])('$host:$port is refused', (endpoint) => {
  expect(() => guard(endpoint)).toThrow(expect.objectContaining({ failure: 'not-permitted' }))
  expect(() => guard(endpoint)).toThrow(CollectionError)
})

test('a URL leads to its scheme’s port where it names none', () => {
  expect(endpointOf(new URL('https://A.test/x'))).toEqual({ host: 'a.test', port: 443 })
  expect(endpointOf(new URL('http://[::1]/x'))).toEqual({ host: '::1', port: 80 })
  expect(endpointOf(new URL('http://a.test:8080'))).toEqual({ host: 'a.test', port: 8080 })
})

test('a decimal or hexadecimal address in a URL is the address that it stands for', () => {
  expect(endpointOf(new URL('http://2130706433/')).host).toBe('127.0.0.1')
  expect(endpointOf(new URL('http://0x7f.1/')).host).toBe('127.0.0.1')
})

test('an IPv6 endpoint is written with brackets', () => {
  expect(formatEndpoint({ host: '2001:db8::1', port: 443 })).toBe('[2001:db8::1]:443')
  expect(bareHost('[::1]')).toBe('::1')
})
