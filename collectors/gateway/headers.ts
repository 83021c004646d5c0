import type { HttpExchange, NewObservation } from '../../src/collect/contract.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Ask } from './ask.ts'
import { showsStackTrace, versionsShown } from './disclosure.ts'
import { contentTypeOptions, framingProtected, parseHsts } from './security-headers.ts'
import { type GatewayTarget, urlAt } from './target.ts'

/** A last segment that no API has. */
export const missing = 'affidavit-probe-does-not-exist'

/** One `gateway.headers` for each path, one for a path below each that does not exist, and one for such a path at the root. */
export async function* observeHeaders(target: GatewayTarget, ask: Ask): AsyncIterable<NewObservation> {
  for (const path of target.paths) {
    const url = urlAt(target.url, path)
    yield headersObservation(url, path, 'normal', await ask({ url, keepBody: false }))
  }
  for (const path of new Set(['/', ...target.paths.map(withoutQuery)])) {
    const url = urlAt(target.url, `${path.replace(/\/$/, '')}/${missing}`)
    yield headersObservation(url, path, 'error', await ask({ url, keepBody: true }))
  }
}

function headersObservation(
  subject: string,
  path: string,
  response: 'normal' | 'error',
  exchange: HttpExchange,
): NewObservation {
  return {
    kind: 'gateway.headers',
    subject,
    methods: ['TEST'],
    evidence: [exchange.evidence],
    facts: headersFacts(path, response, exchange, exchange.text()),
  }
}

/** The facts of `gateway.headers`; pure. */
export function headersFacts(
  path: string,
  response: 'normal' | 'error',
  { status, headers }: Pick<HttpExchange, 'status' | 'headers'>,
  body: string,
): JsonObject {
  const lines = (name: string): readonly string[] => headers[name] ?? []
  const text = (name: string): string | null => (lines(name).length > 0 ? lines(name).join(', ') : null)
  const hsts = parseHsts(lines('strict-transport-security'))
  // In what an API serves, a product's name and version are content.
  const versions = versionsShown(headers, status >= 400 ? body : '')
  return {
    path,
    response,
    status,
    hsts: yesNo(hsts !== null),
    hstsMaxAge: hsts?.maxAge ?? 0,
    hstsIncludeSubDomains: yesNo(hsts?.includeSubDomains === true),
    hstsPreload: yesNo(hsts?.preload === true),
    contentTypeOptions: contentTypeOptions(lines('x-content-type-options')),
    contentSecurityPolicy: text('content-security-policy'),
    frameOptions: text('x-frame-options'),
    referrerPolicy: text('referrer-policy'),
    cacheControl: text('cache-control'),
    framingProtected: yesNo(framingProtected(lines('content-security-policy'), lines('x-frame-options'))),
    server: text('server'),
    poweredBy: text('x-powered-by'),
    versionDisclosed: yesNo(versions.length > 0),
    versions,
    stackTrace: yesNo(showsStackTrace(body)),
  }
}

function withoutQuery(path: string): string {
  return path.split('?', 1)[0] ?? path
}

function yesNo(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no'
}
