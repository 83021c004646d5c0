import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentTypeOptions, framingProtected, parseHsts } from '../../../../collectors/gateway/security-headers.ts'

describe('Strict-Transport-Security', () => {
  test('directives are read without regard to case, order and spaces', () => {
    const hsts = { maxAge: 31_536_000, includeSubDomains: true, preload: true }
    expect(parseHsts(['max-age=31536000; includeSubDomains; preload'])).toEqual(hsts)
    expect(parseHsts([' PRELOAD ;INCLUDESUBDOMAINS;Max-Age = "31536000" ;'])).toEqual(hsts)
  })

  test('only the first field line counts', () => {
    expect(parseHsts(['max-age=60', 'max-age=31536000'])?.maxAge).toBe(60)
  })

  test.each([
    ['no field', []],
    ['no max-age', ['includeSubDomains']],
    ['a max-age that is no number', ['max-age=1year']],
    ['a negative max-age', ['max-age=-1']],
    ['a directive given twice', ['max-age=0; max-age=31536000']],
    ['two values joined by a comma', ['max-age=31536000, max-age=31536000']],
  ])('a user agent would ignore %s', (_, lines) => {
    expect(parseHsts(lines)).toBeNull()
  })

  test('a max-age of zero is a policy, and an endless one stays a whole number', () => {
    expect(parseHsts(['max-age=0'])?.maxAge).toBe(0)
    expect(parseHsts([`max-age=${'9'.repeat(40)}`])?.maxAge).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.array(fc.string()), (lines) => void parseHsts(lines)))
  })
})

test('nosniff counts where it is the first value, and other text is reported as sent', () => {
  expect(contentTypeOptions([])).toBeNull()
  expect(contentTypeOptions(['NoSniff'])).toBe('nosniff')
  expect(contentTypeOptions(['nosniff', 'nosniff'])).toBe('nosniff')
  expect(contentTypeOptions(['sniff', 'nosniff'])).toBe('sniff, nosniff')
})

describe('framing', () => {
  test.each<[string, string[], string[], boolean]>([
    ['nothing', [], [], false],
    ['X-Frame-Options DENY', [], ['DENY'], true],
    ['X-Frame-Options sameorigin sent twice', [], ['sameorigin', 'SAMEORIGIN'], true],
    ['the withdrawn ALLOW-FROM', [], ['ALLOW-FROM https://a.test'], false],
    ['contradicting X-Frame-Options', [], ['DENY, ALLOWALL'], false],
    ['frame-ancestors none', ["default-src 'self'; frame-ancestors 'none'"], [], true],
    ['frame-ancestors without a source', ['frame-ancestors'], [], true],
    ['frame-ancestors with a named site', ["frame-ancestors 'self' https://portal.example.test"], [], true],
    ['frame-ancestors *', ['frame-ancestors *'], [], false],
    ['frame-ancestors https:', ['frame-ancestors https:'], [], false],
    ['frame-ancestors * beside DENY, which browsers then ignore', ['frame-ancestors *'], ['DENY'], false],
    ['a policy without frame-ancestors beside DENY', ["default-src 'none'"], ['DENY'], true],
    ['two policies, of which one is strict', ["frame-ancestors *, frame-ancestors 'none'"], [], true],
  ])('%s', (_, policies, options, expected) => {
    expect(framingProtected(policies, options)).toBe(expected)
  })
})
