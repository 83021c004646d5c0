/** Text that looks like a secret, and what of it to hide. Every expression is linear: see the comment at each. */
export type Pattern = {
  readonly kind: string
  readonly find: RegExp
  /** The text to put in place of a match; `groups[0]` is the match. */
  readonly hide: (groups: readonly (string | undefined)[], mask: (value: string) => string) => string
}

/** Fields whose whole value is a credential. */
const credentialHeaders = [
  'x-api-key',
  'api-key',
  'apikey',
  'x-auth-token',
  'x-access-token',
  'x-session-token',
  'x-amz-security-token',
  'x-goog-api-key',
  'x-goog-iap-jwt-assertion',
  'x-vault-token',
  'x-gitlab-token',
  'private-token',
  'ocp-apim-subscription-key',
  'cf-access-client-secret',
]

/** Names of JSON members, form fields and query parameters, without regard to case, `_` and `-`. */
const secretFields = [
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'secret',
  'client_secret',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'auth_token',
  'session_token',
  'security_token',
  'subject_token',
  'actor_token',
  'logout_token',
  'registration_access_token',
  'initial_access_token',
  'id_token_hint',
  'device_code',
  'code_verifier',
  'client_assertion',
  'assertion',
  'api_key',
  'private_key',
  'secret_key',
  'signing_key',
  'aws_secret_access_key',
  'secret_access_key',
  'saml_response',
  'authorization',
  'proxy_authorization',
  'cookie',
  'x_api_key',
]

const field = secretFields.map((name) => name.replaceAll('_', '[_-]?')).join('|')

const whole = (groups: readonly (string | undefined)[], mask: (value: string) => string): string =>
  mask(groups[0] ?? '')

/** Hides the last group and keeps what stands before it. */
const last = (groups: readonly (string | undefined)[], mask: (value: string) => string): string =>
  `${groups[1] ?? ''}${mask(groups[2] ?? '')}`

/** A code is an authorisation code only where it does not look like an error name or a status. */
const unlessPlain = (groups: readonly (string | undefined)[], mask: (value: string) => string): string =>
  /^(?:[A-Za-z]{1,20}(?:[_. -][A-Za-z]{1,20})*|\d{1,6})$/.test(groups[2] ?? '') ? (groups[0] ?? '') : last(groups, mask)

/** A JSON string member up to its value, and the value; the end quote is not required, so no start rescans. */
const jsonMember = (names: string): RegExp =>
  new RegExp(`("(?:${names})"[ \\t\\r\\n]*:[ \\t\\r\\n]*")([^"\\\\]*(?:\\\\[^][^"\\\\]*)*)`, 'gi')

/** The same inside a JSON string, where each quote has a backslash before it. */
const nestedJsonMember = (names: string): RegExp =>
  new RegExp(
    `(\\\\"(?:${names})\\\\"[ \\t]*:[ \\t]*\\\\")([^"\\\\]*(?:\\\\\\\\(?:\\\\["\\\\]|[^"\\\\])[^"\\\\]*)*)`,
    'gi',
  )

export const patterns: readonly Pattern[] = [
  {
    // The body ends at the next run of five hyphens, so bodies never overlap.
    kind: 'private-key',
    find: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-(?!----)[^-]*)*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
    hide: whole,
  },
  {
    // One line, one match.
    kind: 'credential',
    find: /^((?:proxy-)?authorization[ \t]*:[ \t]*(?:(?:basic|bearer|digest|dpop|negotiate|apikey|token|aws4-hmac-sha256)[ \t]+)?)([^\r\n]*)/gim,
    hide: last,
  },
  { kind: 'cookie', find: /^(set-cookie[ \t]*:[ \t]*[^=;\r\n]*=)([^;\r\n]*)/gim, hide: last },
  {
    kind: 'cookie',
    find: /^(cookie[ \t]*:[ \t]*)([^\r\n]*)/gim,
    hide: (groups, mask) =>
      `${groups[1] ?? ''}${(groups[2] ?? '')
        .split(';')
        .map((pair) => hideCookie(pair, mask))
        .join(';')}`,
  },
  {
    kind: 'api-key',
    find: new RegExp(`^((?:${credentialHeaders.join('|')})[ \\t]*:[ \\t]*)([^\\r\\n]*)`, 'gim'),
    hide: last,
  },
  {
    // Starts only where a token starts, so that at most three starts scan the same characters.
    kind: 'jwt',
    find: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*)?/g,
    hide: whole,
  },
  {
    // Parameters of a challenge (`Bearer realm="api"`) are no tokens.
    kind: 'credential',
    find: /(\b(?:bearer|basic|dpop)[ \t]+)(?![a-z_*-]{1,40}[ \t]*=[ \t]*["'])([A-Za-z0-9._~+/-]{16,}=*)/gi,
    hide: last,
  },
  { kind: 'aws-key', find: /(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16,}/g, hide: whole },
  { kind: 'github-token', find: /(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,})/g, hide: whole },
  { kind: 'gitlab-token', find: /gl(?:pat|dt|rt)-[A-Za-z0-9_-]{20,}/g, hide: whole },
  { kind: 'slack-token', find: /(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}/g, hide: whole },
  {
    kind: 'slack-webhook',
    find: /(hooks\.slack\.com\/(?:services|workflows)\/)([A-Za-z0-9/_-]+)/g,
    hide: last,
  },
  {
    kind: 'google-key',
    find: /(?:AIza[A-Za-z0-9_-]{35,}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})/g,
    hide: whole,
  },
  { kind: 'stripe-key', find: /(?:(?:sk|rk)_(?:live|test)|whsec)_[A-Za-z0-9]{16,}/g, hide: whole },
  { kind: 'npm-token', find: /npm_[A-Za-z0-9]{36,}/g, hide: whole },
  {
    // Anchored at `://`, and neither part may hold a slash, so no two starts scan the same characters.
    kind: 'password',
    find: /(:\/\/[^\s/?#@:"'<>[\]]*:)([^\s/?#@"'<>]+)(?=@)/g,
    hide: last,
  },
  { kind: 'secret', find: jsonMember(field), hide: last },
  { kind: 'secret', find: nestedJsonMember(field), hide: last },
  {
    kind: 'secret',
    find: /(\\?"(?:password|passwd|pwd|pin|otp)\\?"[ \t\r\n]*:[ \t\r\n]*)(-?\d[\d.]*)/gi,
    hide: last,
  },
  { kind: 'code', find: jsonMember('code|otp|pin'), hide: unlessPlain },
  { kind: 'code', find: nestedJsonMember('code|otp|pin'), hide: unlessPlain },
  {
    // Private and symmetric members of a JSON Web Key, RFC 7518 section 6.
    kind: 'private-key',
    find: /(\\?"(?:d|p|q|dp|dq|qi|k)\\?"[ \t\r\n]*:[ \t\r\n]*\\?")([A-Za-z0-9_-]{20,})/g,
    hide: last,
  },
  {
    kind: 'secret',
    find: new RegExp(`((?<![A-Za-z0-9_.-])(?:${field})=)([^&\\s"'<>;,]*)`, 'gi'),
    hide: last,
  },
  { kind: 'code', find: /((?:[?&#]|^)code=)([^&\s"'<>;,]*)/gim, hide: unlessPlain },
]

function hideCookie(pair: string, mask: (value: string) => string): string {
  const equals = pair.indexOf('=')
  return equals === -1 ? pair : `${pair.slice(0, equals + 1)}${mask(pair.slice(equals + 1))}`
}
