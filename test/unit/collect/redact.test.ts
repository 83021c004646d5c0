import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRedactor } from '../../../src/collect/redact.ts'

const { text } = createRedactor()
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'

test.each([
  ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted:credential]'],
  ['authorization: Basic dXNlcjpwYXNz', 'authorization: Basic [redacted:credential]'],
  ['Authorization: AWS4-HMAC-SHA256 Credential=A', 'Authorization: AWS4-HMAC-SHA256 [redacted:credential]'],
  ['Proxy-Authorization: secretthing', 'Proxy-Authorization: [redacted:credential]'],
  ['X-API-Key: 12345', 'X-API-Key: [redacted:api-key]'],
  ['Cookie: a=1; b=two; c', 'Cookie: a=[redacted:cookie]; b=[redacted:cookie]; c'],
  ['Set-Cookie: sid=abc; Path=/; HttpOnly; Secure', 'Set-Cookie: sid=[redacted:cookie]; Path=/; HttpOnly; Secure'],
  [`token was ${jwt}, then`, 'token was [redacted:jwt], then'],
  ['log: Bearer abcdefghijklmnop12345 used', 'log: Bearer [redacted:credential] used'],
  ['key AKIAIOSFODNN7EXAMPLE here', 'key [redacted:aws-key] here'],
  [`ghp_${'a1'.repeat(18)}`, '[redacted:github-token]'],
  [`xoxb-${'1234567890-abc'}`, '[redacted:slack-token]'],
  [`AIza${'a'.repeat(35)}`, '[redacted:google-key]'],
  [`sk_live_${'a1'.repeat(12)}`, '[redacted:stripe-key]'],
  ['https://user:hunter2@db.example/x', 'https://user:[redacted:password]@db.example/x'],
  ['{"password": "hunter2", "a": 1}', '{"password": "[redacted:secret]", "a": 1}'],
  ['{"password":"a\\"b\\\\","x":1}', '{"password":"[redacted:secret]","x":1}'],
  [
    '{"clientSecret":"x1","access_token":"y2"}',
    '{"clientSecret":"[redacted:secret]","access_token":"[redacted:secret]"}',
  ],
  [
    '{"body":"{\\"refresh_token\\":\\"abc\\",\\"n\\":1}"}',
    '{"body":"{\\"refresh_token\\":\\"[redacted:secret]\\",\\"n\\":1}"}',
  ],
  ['{"password": "cut off in the mid', '{"password": "[redacted:secret]'],
  ['{"authorization":"Basic abc"}', '{"authorization":"[redacted:secret]"}'],
  ['{"pin": 1234567}', '{"pin": [redacted:secret]}'],
  [
    'grant_type=x&client_secret=abc&code=SplxlOBeZQQYbYS6WxSbIA',
    'grant_type=x&client_secret=[redacted:secret]&code=[redacted:code]',
  ],
  ['GET /cb?code=SplxlOBeZQQYbYS6WxSbIA&state=1', 'GET /cb?code=[redacted:code]&state=1'],
  [
    '{"kty":"RSA","n":"nnnnnnnnnnnnnnnnnnnnnnnn","d":"dddddddddddddddddddddddd"}',
    '{"kty":"RSA","n":"nnnnnnnnnnnnnnnnnnnnnnnn","d":"[redacted:private-key]"}',
  ],
])('%j is kept as %j', (given, kept) => {
  expect(text(given)).toBe(kept)
})

test.each([
  'WWW-Authenticate: Bearer realm="api", error="invalid_token", error_description="The token is expired"',
  '{"code":"invalid_request","error":"invalid_token","token_type":"Bearer","token_endpoint":"https://x/token"}',
  'GET /errors?code=404 HTTP/1.1',
  '{"kid":"2026-09","use":"sig","e":"AQAB"}',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  'ETag: "5f43a-9d8e"',
  '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
])('%j is no secret and stays', (given) => {
  expect(text(given)).toBe(given)
})

test('a private key goes whole, also where its end is missing', () => {
  const key =
    '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIE\n-----END RSA PRIVATE KEY-----'
  expect(text(`a ${key} b`)).toBe('a [redacted:private-key] b')
  expect(text(`a ${key.slice(0, 80)}`)).toBe('a [redacted:private-key]')
})

test('a known value disappears as it is, in both Base64s, URL-encoded, in JSON, and in bytes', () => {
  const redactor = createRedactor()
  const value = 'pä$$ "wörd" &+/?'
  redactor.conceal(value, 'secret')
  const bytes = Buffer.from(value)
  const shown = [
    value,
    bytes.toString('base64'),
    bytes.toString('base64url'),
    encodeURIComponent(value),
    JSON.stringify({ x: value }),
  ]
  for (const form of shown) {
    expect(redactor.text(`<${form}>`)).not.toContain(form)
    expect(Buffer.from(redactor.bytes(Buffer.from(`<${form}>`))).toString()).toContain('[redacted:secret]')
  }
})

test('bytes that are no text survive unchanged around a secret', () => {
  const redactor = createRedactor()
  redactor.conceal('topsecret', 'secret')
  const before = Uint8Array.from([0, 0xff, 0xc3, 0x28, 0xa0])
  const redacted = redactor.bytes(Buffer.concat([before, Buffer.from('topsecret'), before]))
  expect(Buffer.from(redacted)).toEqual(Buffer.concat([before, Buffer.from('[redacted:secret]'), before]))
})

/** Text that is dense with what the patterns look for, and with what could come between them. */
const dense = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'Authorization: Bearer ',
        '\r\nCookie: a=',
        '\nSet-Cookie: ',
        '; ',
        '"password":"',
        '\\"token\\":\\"',
        '"code":"',
        '?code=',
        '&client_secret=',
        'eyJhbGciOi.',
        'AKIA0000000000000000',
        '-----BEGIN PRIVATE KEY-----',
        '-----END PRIVATE KEY-----',
        '://u:',
        '@',
        '[redacted:secret]',
        '[redacted:',
        ']',
        '\\',
        '"',
        'known-secret',
        'bearer ',
        'a=',
      ),
      fc.string(),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''))

test('redacting twice is redacting once', () => {
  fc.assert(
    fc.property(dense, fc.array(fc.string({ minLength: 4, maxLength: 12 }), { maxLength: 3 }), (given, secrets) => {
      const redactor = createRedactor()
      redactor.conceal('known-secret', 'secret')
      for (const secret of secrets) redactor.conceal(secret, 'token')
      const once = redactor.text(given)
      expect(redactor.text(once)).toBe(once)
    }),
    { numRuns: 1_000 },
  )
})

test('no known value of eight characters or more survives', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8, maxLength: 40 }), dense, dense, (secret, before, after) => {
      fc.pre(!'[redacted:secret]'.includes(secret))
      const redactor = createRedactor()
      redactor.conceal(secret, 'secret')
      const kept = redactor.text(before + secret + after)
      expect(kept.replaceAll(/\[redacted:[a-z-]+\]/g, '\0')).not.toContain(secret)
    }),
  )
})

test.each([
  'eyJ',
  'eyJa.',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN ',
  '"password":"',
  '\\"password\\":\\"',
  '"password"  ',
  'password=',
  'Bearer ',
  'Bearer a_',
  '://a:',
  '://',
  'Set-Cookie: ',
  'Cookie: a=;',
  'Authorization:',
  'AKIA',
  ' ',
  '-',
  '\\',
  'sk_live_',
])('a megabyte of %j takes no more than linear time', (unit) => {
  const redactor = createRedactor()
  redactor.conceal('known-secret', 'secret')
  const given = unit.repeat(Math.ceil(1_000_000 / unit.length))
  const started = performance.now()
  redactor.text(given)
  expect(performance.now() - started).toBeLessThan(2_000)
})
