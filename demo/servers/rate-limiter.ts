import type { RateLimit } from './api-settings.ts'

/** What is left to a client in its window; `resetSeconds` is rounded up. */
export type Allowance = { readonly allowed: boolean; readonly remaining: number; readonly resetSeconds: number }

/** Counts requests in fixed windows, one count for each key. */
export function rateLimiter(): (key: string, limit: RateLimit) => Allowance {
  const windows = new Map<string, { ends: number; used: number }>()
  return (key, limit) => {
    const now = Date.now()
    for (const [other, { ends }] of windows) if (ends <= now) windows.delete(other)
    const window = windows.get(key) ?? { ends: now + limit.windowSeconds * 1000, used: 0 }
    window.used += 1
    windows.set(key, window)
    return {
      allowed: window.used <= limit.requests,
      remaining: Math.max(0, limit.requests - window.used),
      resetSeconds: Math.max(1, Math.ceil((window.ends - now) / 1000)),
    }
  }
}
