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
  const counts = Object.entries(headers).flatMap(([name, lines]) => {
    if (/^(?:x-)?rate-?limit-limit$/.test(name)) return lines.flatMap((line) => /^\s*(\d{1,9})/.exec(line)?.[1] ?? [])
    if (/^(?:ratelimit|ratelimit-policy)$/.test(name)) {
      return lines.flatMap((line) => [...line.matchAll(/;\s*q=(\d{1,9})/g)].map((match) => match[1] ?? ''))
    }
    return []
  })
  return counts.length === 0 ? null : Math.min(...counts.map(Number))
}
