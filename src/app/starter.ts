import { parse } from 'yaml'

/** What `affidavit init` asks for. */
export type StarterAnswers = {
  readonly organisation: string
  readonly timeZone: string
  readonly system: string
  /** `api.example.com` or `api.example.com:8443`; null where no host is known yet. */
  readonly host: string | null
  /** Path of an OpenAPI file, relative to the configuration. */
  readonly openapi: string | null
  /** OpenID Connect or OAuth issuer. */
  readonly issuer: string | null
  /** `env:NAME` or `file:path`. */
  readonly passphrase: string | null
}

/** The text of a commented affidavit.yaml that collects from the named host every night. */
export function starterConfiguration(answers: StarterAnswers): string {
  const { organisation, timeZone, system, passphrase } = answers
  return `# yaml-language-server: $schema=./affidavit.schema.json
# What Affidavit collects, when, and how it is judged. Check it with: affidavit check
version: 1

organisation:
  name: ${quoted(organisation)}
${noted(`  timeZone: ${quoted(timeZone)}`, 'days, quarters and printed times follow it')}

systems:
  - id: ${idOf(system)}
    name: ${quoted(system)}
    # owner: Platform team
    # data: [personal]                   # data classes, in your own words; printed in the report
    components:
${componentsText(answers)}
schedules:
  nightly:
    cron: "15 2 * * *"                   # minute hour day month weekday, in the organisation's zone

periods:
  every: quarter                         # month, quarter, year; or list: [{ id, from, to }]

# controls:
#   catalogues: [my-controls.yaml]       # your own controls beside the built-in ones
#   exclude:
#     - { control: GW-01, component: ${idOf(system)}/api, reason: Why it does not apply }
#   parameters:
#     LOG-01: { minimumDays: 365 }       # affidavit controls show LOG-01 tells what there is

# An exception accepts an open finding until a date. It never turns it into a pass.
# exceptions:
#   - control: TLS-01
#     component: ${idOf(system)}/api
#     reason: One partner's clients still need it
#     approver: Head of security
#     approvedOn: 2026-11-01
#     expiresOn: 2027-01-31
#     compensatingControl: The partner's address range alone is admitted

# Raw bytes behind evidence are kept for good, unless a policy says otherwise: docs/retention.md
# retention:
#   policies:
#     - { id: raw, data: personal, keep: 400d, basis: The law or contract that says so }

store:
  path: affidavit.db
${noted(`  origin: ${idOf(organisation)}/affidavit`, 'the name of the ledger; it stays, whatever the organisation is called')}

keys:
  ledger: keys/ledger.key.pem            # signs the ledger's checkpoints
${passphrase ? `  passphrase: ${passphrase}\n` : ''}
signing:
  key: keys/report.key.pem               # signs the reports; a file, or a key on a token or in a cloud
  certificates: [keys/report.cert.pem, keys/ca.cert.pem]
${passphrase ? `  passphrase: ${passphrase}\n` : ''}  # timestamp:
  #   urls: [https://your-timestamp-authority.example/tsr]   # RFC 3161; several are asked in turn
  #   trust: [keys/timestamp-authority.pem]
  #   checkpoints: daily                 # the ledger: with each report and once a day; every-run, off
  # level: B-LTA                         # with a timestamp: provable after certificates have run out
`
}

/** What an OpenAPI document tells: where the API is and who issues its tokens; null where it says nothing. */
export function readOpenApi(text: string): {
  readonly title: string | null
  readonly host: string | null
  readonly issuer: string | null
} {
  const document: unknown = parse(text)
  const server = at(document, 'servers', 0, 'url')
  const url = typeof server === 'string' && URL.canParse(server) ? new URL(server) : null
  const schemes = at(document, 'components', 'securitySchemes')
  const discovery = Object.values(typeof schemes === 'object' && schemes !== null ? schemes : {})
    .map((scheme) => at(scheme, 'openIdConnectUrl'))
    .find((value) => typeof value === 'string')
  const title = at(document, 'info', 'title')
  return {
    title: typeof title === 'string' ? title : null,
    host: url?.protocol === 'https:' ? url.host : null,
    issuer: typeof discovery === 'string' ? discovery.replace(/\/\.well-known\/openid-configuration$/, '') : null,
  }
}

/** A name as an id: `Customer Data API` becomes `customer-data-api`. */
export function idOf(name: string): string {
  const id = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '')
  if (id === '') return 'system'
  // YAML reads these as numbers and constants where they stand unquoted.
  return /^(?:\d.*|null|true|false)$/.test(id) ? `system-${id}`.slice(0, 63) : id
}

function componentsText({ host, openapi, issuer }: StarterAnswers): string {
  const [name = 'api.example.com', port = '443'] = (host ?? '').split(':')
  const shown = name === '' ? 'api.example.com' : name
  const url = `https://${shown}${port === '443' ? '' : `:${port}`}`
  const lines = [
    '- id: api',
    '  name: API gateway',
    '  targets:',
    '    - collector: tls',
    '      schedule: nightly',
    `      target: { host: ${shown}, port: ${port} }`,
    '    - collector: gateway',
    '      schedule: nightly',
    `      target: { url: ${quoted(`${url}/`)} }`,
    ...(openapi === null ? [] : apiLines(url, openapi)),
    ...(issuer === null ? [] : issuerLines(issuer)),
    '# - id: audit-log',
    '#   name: Audit log',
    '#   targets:',
    '#     - collector: log-retention',
    '#       schedule: nightly',
    '#       target:',
    '#         logs:',
    '#           - id: audit-log',
    '#             files: [/var/log/api/audit.log*]',
    '#             logrotate: [/etc/logrotate.d/api]',
  ]
  return lines.map((line) => `      ${line}\n`).join('')
}

function apiLines(url: string, openapi: string): readonly string[] {
  return [
    '    - collector: auth',
    '      schedule: nightly',
    '      target:',
    '        api:',
    `          baseUrl: ${quoted(url)}`,
    `          openapi: ${quoted(openapi)}`,
    '        # token: env:AFFIDAVIT_API_TOKEN   # a read-only test identity; proves that refusals are refusals',
    '        # permit: test-identity            # allows broken-token requests with that identity',
  ]
}

function issuerLines(issuer: string): readonly string[] {
  return [
    '- id: identity-provider',
    '  name: Identity provider',
    '  targets:',
    '    - collector: auth',
    '      schedule: nightly',
    `      target: { issuer: ${quoted(issuer)} }`,
  ]
}

/** A line with its comment, which stands below the others' where there is room. */
function noted(line: string, comment: string): string {
  return `${line.padEnd(40)} # ${comment}`
}

/** A JSON string is a YAML string. */
function quoted(text: string): string {
  return JSON.stringify(text)
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string | number, unknown>)[key] : undefined,
    value,
  )
}
