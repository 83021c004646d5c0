import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRedactor } from '../../../src/collect/redact.ts'
import { encodingsOf, plantedInText, plantedReferences, tracesOf } from '../../helpers/planted-secrets.ts'
import { processorMs } from '../../helpers/processor-time.ts'

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
  'sha256/YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg=',
  'CN=api.example.test, O=Example Retail Ltd, L=Zürich, C=CH',
  'serial 0e:4f:5c:1d:9a:33:7b:00:51:62, CRL http://crl.example.test/ca.crl',
  'X-Request-Id: 7b1e3c1c-2b7f-4d1c-9d7a-0c5f3b1f6a7e\r\nX-Amz-Cf-Id: Zs9kQd0v1m3x5Jw7aTnYbLrUeHgPiKoCfVqXsWzEtRyUiOpAsDfGhJ==',
  'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Headers: Authorization, X-Api-Key, X-CSRF-Token',
  "Content-Security-Policy: default-src 'self'; script-src 'nonce-4f9d2c' 'sha256-YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg='",
  'Strict-Transport-Security: max-age=31536000; includeSubDomains; preload',
  'Vary: Cookie, Authorization\r\nClear-Site-Data: "cookies"',
  '{"issuer":"https://x","token_endpoint":"https://x/token","revocation_endpoint":"https://x/revoke","userinfo_endpoint":"https://x/me"}',
  '{"grant_types_supported":["password","refresh_token"],"token_endpoint_auth_methods_supported":["client_secret_basic"]}',
  '{"id_token_signing_alg_values_supported":["RS256"],"code_challenge_methods_supported":["S256"],"authorization_endpoint":"https://x/a"}',
  '{"kty":"RSA","kid":"2026-09","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXbo","e":"AQAB"}',
  'the token endpoint answered 401 (invalid_client) to the client of the target',
  'token: expired',
  'error="invalid_token", error_description="password: required"',
  'password=true&token=null',
  'refuses a request without a credential: it answered 403',
  '<label for="password">Password</label><input type="text" name="city" value="Basel">',
  '<script src="/main.3f9c1b2e4d5a6b7c.js" integrity="sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"></script>',
  'https://shop.example.test/orders?page=2&sort=date&key=name&signature=no',
  'mailto:kim@example.test ldap://ldap.example.test:389/dc=example',
  'token: env:API_TOKEN',
  'a next line in Base64: VGhpcyBpcyBhIHBsYWluIHRleHQgd2l0aG91dCBhbnkgc2VjcmV0IGluIGl0Lg==',
  'discount 100%25 and caf%C3%A9',
  'T\0h\0e\0 \0p\0a\0g\0e\0 \0i\0s\0 \0e\0m\0p\0t\0y\0',
])('%j is no secret and stays', (given) => {
  expect(text(given)).toBe(given)
})

test.each(plantedInText)('of $kind nothing is left', ({ secret, shown }) => {
  for (const given of [
    shown,
    `before ${shown}`,
    JSON.stringify({ shown }),
    Buffer.from(shown, 'utf16le').toString('latin1'),
  ]) {
    const kept = text(given)
    expect(tracesOf(secret).filter((trace) => kept.includes(trace))).toEqual([])
    expect(text(kept)).toBe(kept)
  }
})

test.each(Object.values(plantedReferences).flatMap(encodingsOf))('a known value is recognised as %j', (shown) => {
  const redactor = createRedactor()
  for (const secret of Object.values(plantedReferences)) redactor.conceal(secret, 'secret')
  const kept = redactor.text(`a ${shown} b`)
  for (const secret of Object.values(plantedReferences)) {
    expect(tracesOf(secret).filter((trace) => kept.includes(trace))).toEqual([])
  }
})

test('names of settings are kept, and what stands beside a secret', () => {
  expect(text('DB_PASSWORD=hunter2\nPORT=1')).toBe('DB_PASSWORD=[redacted:secret]\nPORT=1')
  expect(text('password=a b&remember=1')).toBe('password=[redacted:secret]&remember=1')
  expect(text('Pwd=x1;Encrypt=true')).toBe('Pwd=[redacted:secret];Encrypt=true')
  expect(text('db:\n  password: |\n    one\n    two\n  port: 1')).toBe(
    'db:\n  password: |\n[redacted:secret]\n  port: 1',
  )
  expect(text('https://app/?next=%2Fcb%3Fcode%3DSplxlOBeZQQ1%26a%3D1&b=2')).toBe(
    'https://app/?next=%2Fcb%3Fcode%3D%5Bredacted%3Acode%5D%26a%3D1&b=2',
  )
  expect(text('postgres://shop:p@ss@db/x')).toBe('postgres://shop:[redacted:password]@db/x')
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
        'API_KEY: ',
        "'secret' => '",
        '<input name="token" value="',
        '<saml:Assertion>',
        '%22password%22%3A%22',
        '%',
        '--password ',
        'cGFzc3dvcmQ9aHVudGVyMjsgcGFzc3dvcmQ9aHVudGVyMg==',
        'p\0a\0s\0s\0w\0o\0r\0d\0=\0x\0y\0',
        '\n',
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

test('what comes out is no more than a few times as long as what went in', () => {
  fc.assert(
    fc.property(dense, (given) => {
      const redactor = createRedactor()
      redactor.conceal('known-secret', 'secret')
      expect(redactor.text(given).length).toBeLessThanOrEqual(20 * given.length + 40)
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
  'API_KEY: ',
  'password: |\n ',
  'a.password=',
  "'secret' => '",
  '--token ',
  '<a ',
  '<password ',
  '<input name="token" ',
  '<x:Assertion ',
  'Private-Lines: 1',
  '%41',
  '%',
  'YWJjZGVm',
  'YWJjZGVmYWJjZGVmYWJjZGVm\n',
  'a\0',
  'curl curl -u ',
  'login a password ',
  '$2y$10$',
  'Cookie: ',
  '&a=',
  ';a',
])('a megabyte of %j takes no more than linear time', async (unit) => {
  const redactor = createRedactor()
  redactor.conceal('known-secret', 'secret')
  const given = unit.repeat(Math.ceil(1_000_000 / unit.length))
  expect(await processorMs(() => redactor.text(given))).toBeLessThan(3_000)
})
