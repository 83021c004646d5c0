import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gatewayCollector } from '../../collectors/gateway/index.ts'
import { judge } from '../../src/assess/rule.ts'
import { parseCatalogue } from '../../src/config/catalogue.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { freePort, installed, startServer } from '../helpers/debian-server.ts'
import { type TestAuthority, testAuthority } from '../helpers/gateway-server.ts'

const catalogue = join(import.meta.dirname, '../../controls/gateway.yaml')
const { controls } = parseCatalogue(readFileSync(catalogue, 'utf8'), 'controls/gateway.yaml')

let authority: TestAuthority
beforeAll(async () => {
  authority = await testAuthority()
})
afterAll(() => authority.remove())

type Ports = { readonly https: number; readonly http: number }
type Start = (folder: string, ports: Ports) => Promise<AsyncDisposable>

async function collect(start: Start): Promise<Collection> {
  const ports = { https: await freePort(), http: await freePort() }
  await using _server = await start(mkdtempSync(join(authority.folder, 'server-')), ports)
  return await collectFrom(gatewayCollector, {
    url: `https://127.0.0.1:${ports.https}`,
    http: `http://127.0.0.1:${ports.http}`,
    paths: ['/api'],
    cors: { trusted: ['https://app.example.test'] },
    rateLimit: { path: '/limited', budget: 40 },
    permit: 'test-identity',
    trust: [authority.caFile],
  })
}

function outcomes(collection: Collection): Record<string, string> {
  return Object.fromEntries(
    controls.map((control) => [control.id, judge(control, collection.observations, {}).outcome]),
  )
}

const allSatisfied = Object.fromEntries(controls.map(({ id }) => [id, 'satisfied']))
const limitOf = (collection: Collection) => observed(collection, 'gateway.rate-limit')[0]?.facts

describe.skipIf(!installed('nginx'))('nginx', () => {
  const nginx =
    (shared: string, secure: string, plain: string): Start =>
    async (folder, { https, http }) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      for (const name of temporary) mkdirSync(join(folder, name))
      const file = join(folder, 'nginx.conf')
      writeFileSync(
        file,
        `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events {}
http {
  access_log off; default_type application/json;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  ${shared}
  server { listen 127.0.0.1:${https} ssl;
    ssl_certificate ${authority.server.chainFile}; ssl_certificate_key ${authority.server.keyFile};
    ${secure}
  }
  server { listen 127.0.0.1:${http}; ${plain} }
}`,
      )
      return await startServer('nginx', ['-c', file], [https, http])
    }
  const strict = `add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
    add_header X-Content-Type-Options nosniff always;
    add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
    add_header Cache-Control no-store always;`

  test('set up well satisfies every control', async () => {
    const collection = await collect(
      nginx(
        `server_tokens off;
        limit_req_zone $binary_remote_addr zone=api:1m rate=1r/s;
        map $http_origin $cors { default ""; "https://app.example.test" $http_origin; }`,
        `${strict}
        add_header Access-Control-Allow-Origin $cors always;
        location = /api { return 200 "{}"; }
        location = /limited { limit_req zone=api burst=10 nodelay; limit_req_status 429; error_page 429 @limited; alias /etc/hostname; }
        location @limited { internal; add_header Retry-After 1 always; return 429; }
        location / { return 404; }`,
        'return 308 https://$host$request_uri;',
      ),
    )
    expect(collection.failure).toBeNull()
    expect(outcomes(collection)).toEqual(allSatisfied)
    // rate=1r/s burst=10 nodelay lets eleven pass.
    expect(limitOf(collection)).toMatchObject({ limited: 'yes', firstLimited: 12, status: 429, retryAfter: 1 })
  })

  test('with headers that lack "always", or that a location replaces, shows it on the responses concerned', async () => {
    const collection = await collect(
      nginx(
        'server_tokens off;',
        `${strict.replaceAll(' always', '')}
        location = /api { add_header X-Request-Cost 1; return 200 "{}"; }
        location / { return 404; }`,
        'return 444;',
      ),
    )
    const hsts = observed(collection, 'gateway.headers').map(
      ({ facts }) => `${facts.response} ${facts.status} ${facts.hsts}`,
    )
    expect(new Set(hsts)).toEqual(new Set(['normal 200 no', 'error 404 no']))
    expect(outcomes(collection)).toMatchObject({
      'GW-01': 'satisfied',
      'GW-02': 'not-satisfied',
      'GW-03': 'not-satisfied',
    })
  })

  test('as it comes from the package, with CORS by regular expression, shows its faults', async () => {
    const collection = await collect(
      nginx(
        'limit_req_zone $binary_remote_addr zone=api:1m rate=1r/s;',
        `location = /api {
          if ($http_origin ~ "example.test") {
            add_header Access-Control-Allow-Origin $http_origin; add_header Access-Control-Allow-Credentials true;
          }
          return 200 "{}";
        }
        location = /limited { limit_req zone=api burst=5 nodelay; limit_req_dry_run on; alias /etc/hostname; }
        location / { return 404; }`,
        'location / { return 200 "{}"; }',
      ),
    )
    expect(outcomes(collection)).toMatchObject({
      'GW-01': 'not-satisfied',
      'GW-02': 'not-satisfied',
      'GW-04': 'not-satisfied',
      'GW-07': 'not-satisfied',
      'GW-09': 'not-satisfied',
      'GW-10': 'not-satisfied',
      'GW-11': 'satisfied',
      'GW-12': 'satisfied',
      'GW-13': 'not-satisfied',
    })
    const [error] = observed(collection, 'gateway.headers', { response: 'error' })
    expect(error?.facts.versions).toEqual([
      expect.stringMatching(/^server: nginx\/1/),
      expect.stringMatching(/^body: nginx\/1/),
    ])
    // limit_req_dry_run limits nothing.
    expect(limitOf(collection)).toMatchObject({ limited: 'no', requests: 40 })
  })

  test('with a limit that answers 503 leaves it undetermined whether that is a limit', async () => {
    const collection = await collect(
      nginx(
        'limit_req_zone $binary_remote_addr zone=api:1m rate=1r/s;',
        'location = /limited { limit_req zone=api burst=5 nodelay; alias /etc/hostname; } location / { return 404; }',
        'return 403;',
      ),
    )
    expect(limitOf(collection)).toMatchObject({ limited: 'undetermined', firstLimited: null })
    expect(outcomes(collection)['GW-13']).toBe('not-measured')
  })
})

describe.skipIf(!installed('haproxy'))('haproxy', () => {
  const haproxy =
    (secure: string, plain: string): Start =>
    async (folder, { https, http }) => {
      const file = join(folder, 'haproxy.cfg')
      const certificate = join(folder, 'server.pem')
      const { chain, key } = authority.server
      writeFileSync(certificate, chain + key, { mode: 0o600 })
      writeFileSync(
        file,
        `global
  log stderr local0 emerg
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 5s
frontend secure
  bind 127.0.0.1:${https} ssl crt ${certificate}
${secure}
frontend plain
  bind 127.0.0.1:${http}
${plain}
`,
      )
      return await startServer('haproxy', ['-db', '-f', file], [https, http])
    }

  test('set up well satisfies every control', async () => {
    const collection = await collect(
      haproxy(
        `  http-after-response set-header Strict-Transport-Security "max-age=63072000; includeSubDomains"
  http-after-response set-header X-Content-Type-Options nosniff
  http-after-response set-header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'"
  http-after-response set-header Cache-Control no-store
  stick-table type ip size 100 expire 30s store http_req_rate(10s)
  http-request deny deny_status 405 if METH_TRACE
  http-request track-sc0 src if { path /limited }
  http-request return status 429 hdr Retry-After 10 if { path /limited } { sc_http_req_rate(0) gt 20 }
  http-request return status 200 content-type application/json string "{}" if { path /api /limited }
  http-request return status 404`,
        '  http-request redirect scheme https code 308',
      ),
    )
    expect(collection.failure).toBeNull()
    expect(outcomes(collection)).toEqual(allSatisfied)
    expect(limitOf(collection)).toMatchObject({ limited: 'yes', firstLimited: 21, status: 429, retryAfter: 10 })
  })

  test('whose stick table counts without a rule that denies limits nothing, and sets headers on its own answers only where told', async () => {
    const collection = await collect(
      haproxy(
        `  http-response set-header Strict-Transport-Security max-age=63072000
  stick-table type ip size 100 expire 30s store http_req_rate(10s)
  http-request track-sc0 src
  http-request return status 200 content-type application/json string "{}" if { path /api /limited }
  http-request return status 404`,
        '  http-request return status 200 content-type application/json string "{}"',
      ),
    )
    expect(outcomes(collection)).toMatchObject({
      'GW-01': 'not-satisfied',
      'GW-02': 'not-satisfied',
      'GW-03': 'not-satisfied',
      'GW-13': 'not-satisfied',
    })
  })
})
