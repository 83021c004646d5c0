/** Header fields that name the software behind a response. */
const banners = [
  ...['server', 'x-powered-by', 'via', 'x-aspnet-version', 'x-aspnetmvc-version', 'x-generator', 'x-drupal-version'],
  ...['x-php-version', 'x-powered-cms', 'x-application-version', 'x-server', 'x-backend-server', 'liferay-portal'],
]

/** `nginx/1.22.1`, `Jetty(9.4.z)`, `Passenger 6.0`; not `ECS (nyb/1D2E)`. */
const version = /\/v?\d+(?:\.\d+)*(?!\w)|\b\d+\.\d+/i

/** Products that write their version into their own error pages. */
const page =
  /\b(?:nginx|openresty|apache|apache tomcat|tomcat|jetty|haproxy|caddy|varnish|lighttpd|php|microsoft-iis|werkzeug|gunicorn|phusion passenger|kong|apisix|envoy|traefik)[/ ]v?\d+(?:\.\d+)+/i

/** Where a response tells a version: `server: nginx/1.22.1`, `body: Apache/2.4.57`. */
export function versionsShown(
  headers: { readonly [name: string]: readonly string[] },
  body: string,
): readonly string[] {
  const inFields = banners.flatMap((name) =>
    (headers[name] ?? []).filter((value) => version.test(plainVia(name, value))).map((value) => `${name}: ${value}`),
  )
  const inBody = page.exec(body)?.[0]
  return inBody === undefined ? inFields : [...inFields, `body: ${inBody}`]
}

/** `Via: 1.1 proxy` begins with the version of the protocol, RFC 9110 section 7.6.3, which tells nothing. */
function plainVia(name: string, value: string): string {
  if (name !== 'via') return value
  return value.replace(/(^|,)\s*(?:[A-Za-z]+\/)?\d+(?:\.\d+)?\s/g, '$1')
}

/** Marks of a stack trace, by runtime. Each is matched line by line or is a fixed text. */
const traces: readonly RegExp[] = [
  // Node.js: at handler (/srv/app/index.js:10:5), at file:///srv/app.ts:10:5
  /^[ \t]*at .{0,300}:\d{1,7}:\d{1,7}\)?$/m,
  // Java, Kotlin: at com.example.Api.get(Api.java:42)
  /^[ \t]*at [\w.$<>/]{1,300}\((?:[\w$-]{1,200}\.(?:java|kt|scala|groovy):\d{1,7}|Native Method|Unknown Source)\)/m,
  // .NET: at Example.Api.Get() in C:\src\Api.cs:line 42
  /^[ \t]*at .{1,300}\) in .{1,300}:line \d{1,7}/m,
  /Traceback \(most recent call last\)/,
  // PHP
  /^#\d{1,3} .{1,300}\(\d{1,7}\): /m,
  /(?:Fatal error|Warning|Notice|Parse error)<?\/?b?>?: {1,3}.{1,500} on line (?:<b>)?\d{1,7}/,
  // Ruby: /srv/app.rb:42:in `get'
  /\.rb:\d{1,7}:in [`'"]/,
  // Go
  /^goroutine \d{1,9} \[[a-z ,\d]{1,40}\]:/m,
  // Rust
  /^stack backtrace:$/m,
  // Pages that frameworks show in development
  /seeing this error because you have <code>DEBUG = True/,
  /<title>[^<]{0,300}Werkzeug Debugger/,
]

/** Whether a body holds a stack trace, as text, HTML or JSON. */
export function showsStackTrace(body: string): boolean {
  const lines = body
    .replaceAll(/<br\s{0,3}\/?>/gi, '\n')
    .replaceAll(/\\r\\n|\\n/g, '\n')
    .replaceAll(/\\t/g, '\t')
    .replaceAll(/&nbsp;/g, ' ')
    .replaceAll(/\r/g, '')
    .replaceAll(/(?:<\/[a-z]{1,10}>|"[\]},]{0,4})$/gim, '')
  return traces.some((trace) => trace.test(lines))
}
