import { describe, expect, test } from 'vitest'
import { gatewayCollector } from '../../../../collectors/gateway/index.ts'
import { GatewayTarget } from '../../../../collectors/gateway/target.ts'

const parse = (target: object) => GatewayTarget.parse(target)
const problems = (target: object): readonly string[] =>
  GatewayTarget.safeParse(target).error?.issues.map(({ path }) => path.join('.')) ?? []

test('a URL is all that a target needs', () => {
  expect(parse({ url: 'https://API.example.test/' })).toMatchObject({
    url: 'https://api.example.test',
    paths: ['/'],
    cors: { trusted: [] },
    permit: 'passive',
  })
})

describe('a target is refused', () => {
  test.each<[string, object, string]>([
    ['for an http URL', { url: 'http://api.example.test' }, 'url'],
    ['for a URL with a path', { url: 'https://api.example.test/v1' }, 'url'],
    ['for a URL with a credential', { url: 'https://user:secret@api.example.test' }, 'url'],
    ['for text that is no URL', { url: 'api.example.test' }, 'url'],
    ['for a path without a slash', { url: 'https://a.test', paths: ['customers'] }, 'paths.0'],
    ['without paths', { url: 'https://a.test', paths: [] }, 'paths'],
    ['for an https address as plain http', { url: 'https://a.test', http: 'https://a.test' }, 'http'],
    [
      'for a budget without bounds',
      { url: 'https://a.test', rateLimit: { path: '/', budget: 1e6 } },
      'rateLimit.budget',
    ],
    ['for a literal token', { url: 'https://a.test', credential: { token: 'abc' } }, 'credential.token'],
    ['for an unknown key', { url: 'https://a.test', path: '/' }, ''],
  ])('%s', (_, target, where) => {
    expect(problems(target)).toEqual([where])
  })
})

describe('reach', () => {
  const reach = (target: object) => gatewayCollector.reach(parse(target)).endpoints

  test('covers port 80 of the same host where nothing else is said', () => {
    expect(reach({ url: 'https://api.example.test:8443' })).toEqual([
      { host: 'api.example.test', port: 8443 },
      { host: 'api.example.test', port: 80 },
    ])
  })

  test('covers the plain http address that is named, or none', () => {
    const url = 'https://[2001:db8::1]'
    expect(reach({ url, http: 'http://[2001:db8::1]:8080' })).toEqual([
      { host: '2001:db8::1', port: 443 },
      { host: '2001:db8::1', port: 8080 },
    ])
    expect(reach({ url, http: false })).toEqual([{ host: '2001:db8::1', port: 443 }])
  })
})

test.each([
  ['api.example.test', { url: 'https://api.example.test', paths: ['/'] }],
  ['api.example.test:8443/customers?page=1', { url: 'https://api.example.test:8443', paths: ['/customers?page=1'] }],
  ['https://api.example.test/customers', { url: 'https://api.example.test', paths: ['/customers'] }],
  ['http://api.example.test', undefined],
  ['not a host', undefined],
])('the shorthand %s', (text, target) => {
  expect(gatewayCollector.shorthand?.(text)).toEqual(target)
})
