type Fields = { readonly [name: string]: readonly string[] }

const limitField = /^(?:x-)?rate-?limit(?:-|$)/

/** The names of RateLimit fields in a response, those of the IETF draft and the older x- ones, sorted. */
export function rateLimitFields(headers: Fields): readonly string[] {
  return Object.keys(headers)
    .filter((name) => limitField.test(name))
    .sort()
}

/** Seconds that Retry-After asks to wait, RFC 9110 section 10.2.3; null where it is absent or cannot be read. */
export function retryAfterSeconds(headers: Fields, now: string): number | null {
  const text = headers['retry-after']?.[0]?.trim()
  if (text === undefined || text === '') return null
  if (/^\d+$/.test(text)) return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
  const at = Date.parse(text)
  if (Number.isNaN(at)) return null
  const sent = Date.parse(headers.date?.[0] ?? '')
  return Math.max(0, Math.round((at - (Number.isNaN(sent) ? Date.parse(now) : sent)) / 1000))
}

/** The smallest quota that a response announces, in requests; null where it announces none. */
export function announcedQuota(headers: Fields): number | null {
  const quotas = numbersOf(headers, /^(?:x-)?rate-?limit-limit(?:-[a-z]+)?$/, /(?:^|[;,]\s*)(?:q|limit)=(\d{1,9})/g)
  return quotas.length === 0 ? null : Math.min(...quotas)
}

/** Whether a response says that nothing is left of the client's quota. */
export function quotaUsedUp(headers: Fields): boolean {
  return numbersOf(
    headers,
    /^(?:x-)?rate-?limit-remaining(?:-[a-z]+)?$/,
    /(?:^|[;,]\s*)(?:r|remaining)=(\d{1,9})/g,
  ).includes(0)
}

/** The numbers of fields that hold one, and those of a named parameter in RateLimit and RateLimit-Policy. */
function numbersOf(headers: Fields, field: RegExp, parameter: RegExp): readonly number[] {
  return Object.entries(headers).flatMap(([name, lines]) => {
    if (field.test(name)) return lines.flatMap((line) => /^\s*(\d{1,9})\b/.exec(line)?.[1] ?? []).map(Number)
    if (name !== 'ratelimit' && name !== 'ratelimit-policy') return []
    return lines.flatMap((line) => [...line.matchAll(parameter)].map((match) => Number(match[1])))
  })
}
