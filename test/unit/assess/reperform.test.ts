import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endpointOf, placeholders, reperform } from '../../../src/assess/reperform.ts'
import type { JsonObject } from '../../../src/model/json.ts'

const fill = (command: string, facts: JsonObject = {}, subject = 'api.example.test:443', params: JsonObject = {}) =>
  reperform(command, { subject, facts, params })

test.each([
  ['openssl s_client -connect {subject}', {}, 'openssl s_client -connect api.example.test:443'],
  ['openssl s_client -connect {host}:{port}', {}, 'openssl s_client -connect api.example.test:443'],
  ['curl {facts.url}', { url: 'https://a.test/b?c=d&e' }, "curl 'https://a.test/b?c=d&e'"],
  ['curl {url}', { url: 'https://a.test/b' }, 'curl https://a.test/b'],
  ["curl -H 'Origin: {origin}' x", { origin: "o'k" }, "curl -H 'Origin: o'\\''k' x"],
  ['curl -H "Origin: {origin}" x', { origin: '$(id)' }, `curl -H "Origin: "'$(id)'"" x`],
  ["curl -w '%{http_code}' {host}", {}, "curl -w '%{http_code}' api.example.test"],
  [`echo \${HOME} {params.days}`, {}, `echo \${HOME} 90`],
  ['grep {keys.first}', { keys: { first: 7 } }, 'grep 7'],
  ['x {list}', { list: ['a', 'b'] }, 'x a,b'],
  ['openssl s_client {-starttls:starttls} -brief', { starttls: 'smtp' }, 'openssl s_client -starttls smtp -brief'],
  ['openssl s_client {-starttls:starttls} -brief', {}, 'openssl s_client -brief'],
  ['testssl.sh {--starttls:starttls}', {}, 'testssl.sh '],
  ['x {--to:location}', { location: '-K' }, 'x '],
  ['x {absent} {nothing}', { nothing: null }, 'x {absent} {nothing}'],
  ['curl {location}', { location: '-K/etc/passwd' }, 'curl {location}'],
  ['curl {location}', { location: 'a\nrm b' }, 'curl {location}'],
])('%s with %j', (command, facts, expected) => {
  expect(fill(command, facts as JsonObject, undefined, { days: 90 })).toBe(expected)
})

test.each([
  ['host:443', { host: 'host', port: '443' }],
  ['host:8443#name', { host: 'host', port: '8443' }],
  ['[::1]:443', { host: '[::1]', port: '443' }],
  ['https://a.test/x', { host: 'a.test', port: '443' }],
  ['GET http://a.test:8080/x', { host: 'a.test', port: '8080' }],
  ['audit-log', undefined],
])('the endpoint of %s', (subject, endpoint) => {
  expect(endpointOf(subject)).toEqual(endpoint)
})

test('a subject with a method gives the method and the URL', () => {
  expect(fill('curl -X {method} {url}', {}, 'GET https://a.test/x')).toBe('curl -X GET https://a.test/x')
})

test('placeholders are named, what only looks like them is not', () => {
  expect(placeholders(`a {subject} {facts.x} %{http_code} \${HOME} '{print $1}'`)).toEqual(['subject', 'facts.x'])
})

describe('a shell', () => {
  const templates = ['printf %s x{value}', "printf %s 'x{value}'", 'printf %s "x{value}"']

  test('takes whatever a system under audit answered as plain text', () => {
    const value = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('$(id)', '`id`', "';id;'", '";id;"', '\\', '!!', '*', '~', '{a,b}', '#', '\\"'),
    )
    fc.assert(
      fc.property(value, fc.constantFrom(...templates), (text, template) => {
        const command = fill(template, { value: text })
        if (command === template) return
        expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe(`x${text}`)
      }),
      { numRuns: 120 },
    )
  })
})
