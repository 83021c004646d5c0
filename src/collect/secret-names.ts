import { type Hide, last, type Pattern } from './secret-pattern.ts'

/**
 * Values that are secret because of the name beside them: members, fields, headers, settings, options. A name counts by
 * its end (`DB_PASSWORD`, `spring.datasource.password`, `X-Acme-Session-Token`), so `token_endpoint` is none. Every
 * expression is linear: it starts at such a name only, and what it scans holds no further start, or is bounded.
 */

/** Ends of names, as regular expressions; `-` stands for an optional `_`, `-` or `.` between two words. */
const ends = [
  'pass(?:word|wd|phrase|code|wort)s?',
  'pwd',
  '(?:store|key|dest|trust)-pass',
  '(?<![a-z])pass',
  '(?:bind|root)-pw',
  'secret',
  'token',
  '(?:api|app|account|auth|encryption|master|private|signing|storage|subscription|webhook)-key',
  '(?:secret|shared)-(?:access-)?key',
  '(?:secret|private)-key-id',
  'pre-shared-key',
  'client-key-data',
  'access-key',
  'credential',
  'assertion',
  'saml-(?:response|request|art)',
  'session-id',
  '(?:j|php|asp)sess(?:ion)?id',
  'connect\\.sid',
  'code-verifier',
  'device-code',
  'id-token-hint',
  'iap-jwt-assertion',
].map((end) => end.replaceAll('-', '[_.-]?'))
const name = `(?:${ends.join('|')})`
/** Names that mean a credential in data; in a header they have a form of their own. */
const memberName = `(?:${ends.join('|')}|(?:proxy[_-]?)?authorization|cookie)`

/** What says how things stand with a credential and is none. */
const state =
  /^(?:\*+|true|false|yes|no|none|null|nil|undefined|on|off|0|1|enabled|disabled|required|optional|expired|invalid|missing|unknown|malformed|unsupported|revoked|incorrect|wrong|rejected|accepted|valid|it|this|that|which|is|was|are|has|must|should|may|can|cannot|could|not|the|an?|and|or|for|of|to|in|with|signature|bearer|jwt|opaque|string|\d{3})[.!?)]?$/i
/** A reference to a secret, of ours or of a shell. */
const reference = /^(?:env:[A-Za-z_][A-Za-z0-9_]*(?:[ \t]+#.*)?|\$\{?[A-Z_][A-Z0-9_]*\}?)$/

/** Hides the second group, unless it only says how things stand. */
const unlessState: Hide = (groups, mask) => {
  const value = (groups[2] ?? '').trim()
  return state.test(value) || reference.test(value) ? (groups[0] ?? '') : last(groups, mask)
}

const secret = (find: RegExp, hide: Hide = unlessState): Pattern => ({ kind: 'secret', find, hide })

/** A JSON string member up to its value, and the value; the end quote is not required, so no start rescans. */
export const jsonMember = (names: string): RegExp =>
  new RegExp(`(${names}"[ \\t\\r\\n]*:[ \\t\\r\\n]*\\[?[ \\t\\r\\n]*")([^"\\\\]*(?:\\\\[^][^"\\\\]*)*)`, 'gi')

/** The same inside a JSON string, where each quote has a backslash before it. */
export const nestedJsonMember = (names: string): RegExp =>
  new RegExp(
    `(${names}\\\\"[ \\t]*:[ \\t]*\\[?[ \\t]*\\\\")([^"\\\\]*(?:\\\\\\\\(?:\\\\["\\\\]|[^"\\\\])[^"\\\\]*)*)`,
    'gi',
  )

const htmlQuote = '(?:&quot;|&apos;|&#0?3[49];|&#x2[27];)'
/** Up to where a line, a form or a connection string goes on with its next name. */
const restOfLine = '(?:[^\\r\\n&;]|&(?![\\w.-]{1,64}=)|;(?![ \\t]*[\\w. -]{1,64}=))+'

/** In the order in which they are applied: what has quotes ends at its quote, the rest at its line or word. */
export const namedSecrets: readonly Pattern[] = [
  secret(jsonMember(memberName)),
  secret(nestedJsonMember(memberName)),
  // Deeper inside JSON inside JSON.
  secret(new RegExp(`(${memberName}\\\\{3,}"[ \\t]*:[ \\t]*\\\\{3,}")([^"\\\\]*)`, 'gi')),
  // Dictionaries of PHP, Python and Ruby, JavaScript objects, assignments with quotes.
  secret(
    new RegExp(
      `(${name}["']?\\]?[ \\t]{0,8}(?:=>|:?=|:)[ \\t]{0,8}')([^'\\\\\\r\\n]*(?:\\\\.[^'\\\\\\r\\n]*)*)(?=')`,
      'gi',
    ),
  ),
  secret(
    new RegExp(
      `(${name}["']?\\]?[ \\t]{0,8}(?:=>|:?=|:)[ \\t]{0,8}")([^"\\\\\\r\\n]*(?:\\\\.[^"\\\\\\r\\n]*)*)(?=")`,
      'gi',
    ),
  ),
  // The same inside a string of JSON.
  secret(
    new RegExp(
      `(${name}(?:\\\\{1,7}["'])?\\]?[ \\t]{0,8}(?:=>|:?=|:)[ \\t]{0,8}\\\\{1,7}["'])([^"'\\\\]*(?:\\\\\\\\(?:\\\\["\\\\]|[^"\\\\])[^"'\\\\]*)*)`,
      'gi',
    ),
  ),
  secret(
    new RegExp(
      `(${name}${htmlQuote}?[ \\t]{0,8}(?:=&gt;|=|:)[ \\t]{0,8}${htmlQuote})((?:(?!${htmlQuote})[^\\r\\n<])*)`,
      'gi',
    ),
  ),
  // YAML's block of lines that are indented further.
  {
    kind: 'secret',
    find: new RegExp(
      `^([ \\t]*)((?:-[ \\t]+)?[\\w./-]{0,80}${name}:[ \\t]*[|>][+-]?[ \\t]*\\r?\\n)((?:\\1[ \\t]+[^\\r\\n]*(?:\\r?\\n(?=\\1[ \\t]))?)+)`,
      'gim',
    ),
    hide: ([, indent = '', key = '', lines = ''], mask) => `${indent}${key}${mask(lines)}`,
  },
  // A header, a setting, an attribute of LDIF: the name begins its line, and the value is what is left of it.
  secret(
    new RegExp(
      `^([ \\t>*#-]{0,80}(?:export[ \\t]+)?[\\w./-]{0,80}${name}[ \\t]*(?:::?|=)[ \\t]*)(?![\\s"'[{|>&;])(${restOfLine})`,
      'gim',
    ),
  ),
  secret(new RegExp(`(${name}=)([^&\\s"'<>;,]*)`, 'gi')),
  secret(new RegExp(`(${name}[ \\t]{1,8}=[ \\t]{1,8})([^&\\s"'<>;,]+)`, 'gi')),
  secret(new RegExp(`(${name}::?[ \\t]{1,4})([^\\s"'<>|,;()[\\]{}]+)`, 'gi')),
  secret(new RegExp(`(<(?:[\\w-]{1,40}:)?[\\w.-]{0,64}${name}(?:\\s[^<>]{0,400})?>(?:<!\\[CDATA\\[)?)([^<]*)`, 'gi')),
  {
    // Form fields and settings that have their name in one attribute and their value in another.
    kind: 'secret',
    find: /<[A-Za-z][^<>]{0,2000}>/g,
    hide: ([tag = ''], mask) =>
      namesSecret.test(tag) ? tag.replace(valueAttribute, (...groups) => last(groups, mask)) : tag,
  },
  secret(new RegExp(`((?<![\\w-])--?[\\w-]{0,32}${name}[ \\t]+)(?!-)([^\\s"']+)`, 'gi')),
  secret(/(\blogin[ \t]+\S{1,80}[ \t]+password[ \t]+)(\S+)/gi, last),
  secret(/(\b(?:bind|root)pw[ \t]+)(\S+)/gi, last),
  secret(
    /(\b(?:identified[ \t]+(?:with[ \t]+\S{1,40}[ \t]+)?by|password)[ \t]+(?:password[ \t]+)?')([^'\r\n]*)/gi,
    last,
  ),
  secret(/(-pass(?:in|out)?[ \t]+pass:)(\S+)/gi, last),
  secret(/(\bcurl\b[^\r\n]{0,200}?[ \t](?:-u|--user)[ \t=]?["']?[^\s:"']{1,80}:)([^\s"']+)/gi, last),
  secret(/(\bsshpass[ \t]+-p[ \t]*["']?)([^\s"']+)/gi, last),
  // npm's and Docker's stored logins.
  secret(/((?<![A-Za-z0-9])_auth=)(\S+)/gi, last),
  secret(/(\\{0,7}"auth\\{0,7}"[ \t\r\n]*:[ \t\r\n]*\\{0,7}")([A-Za-z0-9+/=]{8,})/gi, last),
  secret(/(\\?"(?:password|passwd|pwd|pin|otp)\\?"[ \t\r\n]*:[ \t\r\n]*)(-?\d[\d.]*)/gi, last),
  // Parameters of signed URLs, and those whose names are too short to mean anything elsewhere.
  secret(
    /([?&](?:x-amz-signature|x-goog-signature|signature|sig|hmac|auth|jwt|ticket|sid)=)([^&\s"'<>;,#]{8,})/gi,
    last,
  ),
  secret(/([?&]key=)([^&\s"'<>;,#]{20,})/gi, last),
]

const namesSecret = new RegExp(
  `\\s(?:name|key|id|property|itemprop)\\s{0,4}=\\s{0,4}\\\\{0,7}["']?[^"'>]{0,64}${name}["'\\\\\\s/>]|\\stype\\s{0,4}=\\s{0,4}\\\\{0,7}["']?password\\b`,
  'i',
)
const valueAttribute = /(\s(?:value|content)\s{0,4}=\s{0,4}\\{0,7}["']?)([^"'\\>]*)/gi
