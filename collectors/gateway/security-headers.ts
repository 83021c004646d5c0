/** What a Strict-Transport-Security field says, RFC 6797 section 6.1; null where a user agent would ignore it. */
export type Hsts = { readonly maxAge: number; readonly includeSubDomains: boolean; readonly preload: boolean }

/** Reads the first Strict-Transport-Security field line, the only one that counts (RFC 6797 section 8.1). */
export function parseHsts(lines: readonly string[]): Hsts | null {
  const [first] = lines
  if (first === undefined) return null
  const directives = new Map<string, string>()
  for (const part of first.split(';')) {
    const [name = '', ...value] = part.split('=')
    const key = name.trim().toLowerCase()
    if (key === '') continue
    if (directives.has(key)) return null
    directives.set(key, unquoted(value.join('=').trim()))
  }
  const maxAge = directives.get('max-age')
  if (maxAge === undefined || !/^\d+$/.test(maxAge)) return null
  return {
    maxAge: Math.min(Number(maxAge), Number.MAX_SAFE_INTEGER),
    includeSubDomains: directives.has('includesubdomains'),
    preload: directives.has('preload'),
  }
}

/** X-Content-Type-Options as the Fetch standard reads it: `nosniff` where that is the first value, else the text as sent. */
export function contentTypeOptions(lines: readonly string[]): string | null {
  if (lines.length === 0) return null
  const text = lines.join(', ')
  return text.split(',')[0]?.trim().toLowerCase() === 'nosniff' ? 'nosniff' : text
}

/**
 * Whether other origins are kept from framing the response. Where a policy has frame-ancestors, X-Frame-Options does
 * not count (CSP Level 3 section 6.4.2.1).
 */
export function framingProtected(policies: readonly string[], frameOptions: readonly string[]): boolean {
  const ancestors = policies.flatMap((line) => line.split(',')).flatMap(frameAncestors)
  if (ancestors.length > 0) return ancestors.some((sources) => sources.every((source) => !isOpen(source)))
  const options = frameOptions.flatMap((line) => line.split(',')).map((option) => option.trim().toLowerCase())
  return options.length > 0 && options.every((option) => option === 'deny' || option === 'sameorigin')
}

/** The sources of a policy's first frame-ancestors directive, in a list of its own; none where it has no such directive. */
function frameAncestors(policy: string): readonly (readonly string[])[] {
  for (const directive of policy.split(';')) {
    const [name, ...sources] = directive.trim().split(/\s+/)
    if (name?.toLowerCase() === 'frame-ancestors') return [sources]
  }
  return []
}

function isOpen(source: string): boolean {
  return /^(?:\*|(?:https?:)(?:\/\/\*)?)$/i.test(source)
}

function unquoted(value: string): string {
  return /^"(.*)"$/.exec(value)?.[1] ?? value
}
