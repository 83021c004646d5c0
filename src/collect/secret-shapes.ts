import { jsonMember, namedSecrets, nestedJsonMember } from './secret-names.ts'
import { type Hide, last, type Pattern, whole } from './secret-pattern.ts'
import { tokens } from './secret-tokens.ts'

/** Header fields whose whole value is a credential, and whose names do not say so by their end. */
const credentialHeaders = ['api-key', 'apikey', 'cf-access-client-secret', 'x-csrf', 'x-xsrf', 'x-auth', 'x-session']

/** The name of a header begins here, perhaps behind an escaped line end. */
const begin = '(?:(?<![A-Za-z_]|set-)|(?<=\\\\[bfnrt]))'
const scheme = '(?:(?:basic|bearer|digest|dpop|hawk|hmac|negotiate|ntlm|apikey|token|aws4-hmac-sha256)[ \\t]+)'

const hideCookies: Hide = (groups, mask) =>
  `${groups[1] ?? ''}${(groups[2] ?? '')
    .split(';')
    .map((pair) => hideCookie(pair, mask))
    .join(';')}`

/** A code is an authorisation code only where it does not look like an error name or a status. */
const unlessPlain: Hide = (groups, mask) =>
  /^(?:[A-Za-z]{1,20}(?:[_. -][A-Za-z]{1,20})*|\d{1,6})$/.test(groups[2] ?? '') ? (groups[0] ?? '') : last(groups, mask)

/** In the order in which they are applied. */
export const patterns: readonly Pattern[] = [
  {
    // The body ends at the next run of five hyphens, so bodies never overlap. RFC 4716 writes `---- BEGIN`.
    kind: 'private-key',
    find: /----[ -]BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?[ -]----[^-]*(?:-(?!---)[^-]*)*(?:----[ -]END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?[ -]----)?/g,
    hide: whole,
  },
  {
    // PuTTY's own format; without its end all that follows is taken for it.
    kind: 'private-key',
    find: /(Private-Lines:[ \t]*\d{1,4})([\s\S]*?)(?=Private-MAC|$)/g,
    hide: last,
  },
  {
    // A bearer credential as a whole; without an end all that follows is taken for it, so no start rescans.
    kind: 'saml-assertion',
    find: /(<(?:[\w-]{1,40}:)?Assertion(?=[\s>])[^<>]*>)([\s\S]*?)(?=<\/(?:[\w-]{1,40}:)?Assertion>|$)/g,
    hide: last,
  },
  {
    // One line, one match.
    kind: 'credential',
    find: new RegExp(`^((?:proxy-)?authorization[ \\t]*:[ \\t]*${scheme}?)([^\\r\\n]*)`, 'gim'),
    hide: last,
  },
  { kind: 'cookie', find: /^(set-cookie[ \t]*:[ \t]*[^=;\r\n]*=)([^;\r\n]*)/gim, hide: last },
  { kind: 'cookie', find: /^(cookie[ \t]*:[ \t]*)([^\r\n]*)/gim, hide: hideCookies },
  // The same in the middle of something: a line of a log, a text in JSON. There it ends at a quote.
  {
    kind: 'credential',
    find: new RegExp(`(${begin}(?:proxy-)?authorization:[ \\t]*${scheme}?)([^\\s"'\\\\<>,]+)`, 'gi'),
    hide: last,
  },
  { kind: 'credential', find: /(\bresponse=\\{0,7}")([0-9a-f]{32,})/gi, hide: last },
  {
    kind: 'cookie',
    find: new RegExp(`(${begin}set-cookie:[ \\t]*[^=;\\r\\n"\\\\]{0,400}=)([^;\\r\\n"\\\\<]*)`, 'gi'),
    hide: last,
  },
  { kind: 'cookie', find: new RegExp(`(${begin}cookie:[ \\t]*)([^\\r\\n"\\\\<]*)`, 'gi'), hide: hideCookies },
  {
    kind: 'api-key',
    find: new RegExp(
      `^((?:[\\w-]{0,40}(?:api|subscription|access)-key|${credentialHeaders.join('|')})[ \\t]*:[ \\t]*)([^\\r\\n]*)`,
      'gim',
    ),
    hide: last,
  },
  {
    // Parameters of a challenge (`Bearer realm="api"`) are no tokens.
    kind: 'credential',
    find: /(\b(?:bearer|basic|dpop|negotiate|ntlm)[ \t]+)(?![a-z_*-]{1,40}[ \t]*=[ \t]*["'])([A-Za-z0-9._~+/-]{16,}=*)/gi,
    hide: last,
  },
  ...tokens,
  {
    kind: 'webhook',
    find: /((?:hooks\.slack\.com\/(?:services|workflows)|discord(?:app)?\.com\/api\/webhooks|[\w.-]{1,60}\.webhook\.office\.com\/webhookb2)\/)([\w@/-]+)/g,
    hide: last,
  },
  {
    // Anchored at `://`, and neither part may hold a slash, so no two starts scan the same characters.
    kind: 'password',
    find: /(:\/\/[^\s/?#@:"'<>[\]]*:)([^\s/?#"'<>]+)(?=@)/g,
    hide: last,
  },
  { kind: 'password', find: /(:\/\/)([\w.~-]{16,})(?=@)/g, hide: last },
  ...namedSecrets,
  { kind: 'code', find: jsonMember('"(?:code|otp|pin)'), hide: unlessPlain },
  { kind: 'code', find: nestedJsonMember('\\\\"(?:code|otp|pin)'), hide: unlessPlain },
  {
    // Private and symmetric members of a JSON Web Key, RFC 7518 section 6.
    kind: 'private-key',
    find: /(\\?"(?:d|p|q|dp|dq|qi|k)\\?"[ \t\r\n]*:[ \t\r\n]*\\?")([A-Za-z0-9_-]{20,})/g,
    hide: last,
  },
  { kind: 'code', find: /((?:[?&#]|^)code=)([^&\s"'<>;,]*)/gim, hide: unlessPlain },
]

function hideCookie(pair: string, mask: (value: string) => string): string {
  const equals = pair.indexOf('=')
  return equals === -1 ? pair : `${pair.slice(0, equals + 1)}${mask(pair.slice(equals + 1))}`
}
