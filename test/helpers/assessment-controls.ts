import type { Control, Level, Objective, RiskArea } from '../../src/model/control.ts'
import type { Method } from '../../src/model/evidence.ts'
import type { JsonObject } from '../../src/model/json.ts'

/** A control for drawing reports with, and what it reads where it fails and where it holds. */
export type DrawnControl = {
  readonly control: Control
  readonly collector: string
  readonly method: Method
  /** Facts of failing and of holding observations, one an observation. */
  readonly failing: readonly JsonObject[]
  readonly holding: readonly JsonObject[]
  readonly failure: string
  readonly success: string
}

type Row = {
  readonly id: string
  readonly title: string
  readonly objective: Objective
  readonly statement: string
  readonly severity: Level
  readonly risk: readonly [RiskArea, Level, Level, string]
  readonly kind: string
  readonly failing: readonly JsonObject[]
  readonly holding: readonly JsonObject[]
  readonly failure: string
  readonly success: string
  readonly remediation: string
  readonly references: Control['references']
  readonly reperform: readonly string[]
  readonly parameters?: Control['parameters']
}

const rows: readonly Row[] = [
  {
    id: 'TLS-01',
    title: 'No protocol older than TLS 1.2 is offered',
    objective: 'confidentiality',
    statement: 'The endpoint refuses SSL 2.0, SSL 3.0, TLS 1.0 and TLS 1.1.',
    severity: 'high',
    risk: ['man-in-the-middle', 'medium', 'high', 'Old protocol versions can be downgraded to and decrypted.'],
    kind: 'tls.protocol',
    failing: [
      { protocol: 'TLSv1.0', offered: 'yes' },
      { protocol: 'TLSv1.1', offered: 'yes' },
    ],
    holding: [
      { protocol: 'TLSv1.2', offered: 'yes' },
      { protocol: 'TLSv1.3', offered: 'yes' },
    ],
    failure: 'The endpoint completed a handshake with a protocol that has been deprecated since RFC 8996.',
    success: 'The version is allowed.',
    remediation: 'Set the lowest version to TLS 1.2, for instance `ssl_protocols TLSv1.2 TLSv1.3;` in nginx.',
    references: {
      pcidss: ['4.2.1'],
      nist80053: ['SC-8', 'SC-13'],
      'owasp-api': ['API8'],
      asvs: ['12.1.1'],
      soc2: ['CC6.7'],
    },
    reperform: ['openssl s_client -connect {subject} -tls1_1 </dev/null', '# expected: no peer certificate available'],
  },
  {
    id: 'TLS-02',
    title: 'Certificates are trusted, current and match the host',
    objective: 'confidentiality',
    statement: 'The chain leads to a trusted root, covers the host name, and has at least 14 days left.',
    severity: 'high',
    risk: ['man-in-the-middle', 'medium', 'high', 'Clients that meet an invalid certificate learn to ignore warnings.'],
    kind: 'tls.certificate',
    failing: [
      { commonName: 'api.example.test', notAfter: '2026-10-04T23:59:59.000Z', daysRemaining: 4, trusted: 'yes' },
    ],
    holding: [
      { commonName: 'api.example.test', notAfter: '2027-03-18T23:59:59.000Z', daysRemaining: 169, trusted: 'yes' },
    ],
    failure: 'The certificate ends in 4 days; 14 are required.',
    success: 'The certificate is trusted and has 169 days left.',
    remediation: 'Renew the certificate and let the renewal run at two thirds of its lifetime.',
    references: { iso27001: ['A.8.24'], nist80053: ['SC-17'], asvs: ['12.2.2'], soc2: ['CC6.7'] },
    reperform: ['openssl s_client -connect {subject} </dev/null | openssl x509 -noout -enddate -subject'],
    parameters: { minimumDays: { default: 14, description: 'Days that a certificate must have left' } },
  },
  {
    id: 'TLS-03',
    title: 'Every cipher suite has forward secrecy',
    objective: 'confidentiality',
    statement: 'No offered suite lets a stolen key decrypt recorded traffic.',
    severity: 'medium',
    risk: ['data-exposure', 'low', 'high', 'Recorded traffic can be read once the key is known.'],
    kind: 'tls.protocol',
    failing: [{ protocol: 'TLSv1.2', forwardSecrecy: 'some', weakCipherSuites: ['TLS_RSA_WITH_3DES_EDE_CBC_SHA'] }],
    holding: [{ protocol: 'TLSv1.2', forwardSecrecy: 'all', weakCipherSuites: [] }],
    failure: 'One of the offered suites has no forward secrecy.',
    success: 'All suites have forward secrecy.',
    remediation: 'Offer ECDHE suites only.',
    references: { pcidss: ['4.2.1'], nist80053: ['SC-13'], asvs: ['12.1.2'] },
    reperform: ["openssl s_client -connect {subject} -tls1_2 -cipher 'RSA' </dev/null"],
  },
  {
    id: 'GW-01',
    title: 'Plain HTTP is redirected or refused',
    objective: 'confidentiality',
    statement: 'Port 80 serves no content; it redirects to HTTPS on the same host or refuses.',
    severity: 'medium',
    risk: ['man-in-the-middle', 'medium', 'medium', 'The first request of a visitor travels in the clear.'],
    kind: 'gateway.redirect',
    failing: [{ behaviour: 'serves', status: 200 }],
    holding: [{ behaviour: 'redirects-to-https', status: 308, location: 'https://api.example.test/' }],
    failure: 'The server answered a plain request with content.',
    success: 'The server redirects to HTTPS.',
    remediation: 'Answer every request on port 80 with 308 to the same path under https.',
    references: { nist80053: ['SC-8'], 'owasp-api': ['API8'], asvs: ['12.2.1'] },
    reperform: ['curl -si http://{subject}/ | head -1', '# expected: HTTP/1.1 308 Permanent Redirect'],
  },
  {
    id: 'GW-02',
    title: 'HSTS is sent for at least one year',
    objective: 'integrity',
    statement: 'Every response carries Strict-Transport-Security with max-age of at least 31,536,000 seconds.',
    severity: 'medium',
    risk: ['man-in-the-middle', 'low', 'medium', 'Without it a browser can be led to plain HTTP.'],
    kind: 'gateway.headers',
    failing: [{ path: '/customers', hsts: 'yes', hstsMaxAge: 86400 }],
    holding: [{ path: '/customers', hsts: 'yes', hstsMaxAge: 63072000 }],
    failure: 'max-age is 86,400 seconds; 31,536,000 are required.',
    success: 'max-age is 63,072,000 seconds.',
    remediation: 'Send `Strict-Transport-Security: max-age=63072000; includeSubDomains`.',
    references: { asvs: ['3.4.1'], nist80053: ['SC-8'], iso27001: ['A.8.20'] },
    reperform: ['curl -sI https://{subject}/customers | grep -i strict-transport-security'],
    parameters: { minimumSeconds: { default: 31536000, description: 'Least max-age in seconds' } },
  },
  {
    id: 'GW-03',
    title: 'Foreign origins are not allowed with credentials',
    objective: 'integrity',
    statement: 'No origin outside the list is echoed together with Access-Control-Allow-Credentials.',
    severity: 'high',
    risk: ['data-exposure', 'medium', 'high', 'Any web page can read data in the name of a signed-in user.'],
    kind: 'gateway.cors',
    failing: [{ path: '/customers', originKind: 'foreign', allowed: 'yes', credentials: 'yes' }],
    holding: [{ path: '/customers', originKind: 'foreign', allowed: 'no', credentials: 'no' }],
    failure: 'The gateway allows https://attacker.example with credentials.',
    success: 'The gateway allows no foreign origin.',
    remediation: 'Compare the origin with a list of exact names.',
    references: { 'owasp-api': ['API8'], asvs: ['3.4.2'], iso27001: ['A.8.26'] },
    reperform: ["curl -sI -H 'Origin: https://attacker.example' https://{subject}/customers"],
  },
  {
    id: 'AUTH-01',
    title: 'The issuer publishes sound metadata',
    objective: 'authentication-authorisation',
    statement:
      'Discovery is reachable over HTTPS, names its own issuer, and offers neither implicit nor password grants.',
    severity: 'medium',
    risk: ['broken-authentication', 'low', 'high', 'Clients configured from wrong metadata trust the wrong keys.'],
    kind: 'auth.discovery',
    failing: [{ issuerMatches: 'yes', https: 'yes', implicitOffered: 'yes', passwordOffered: 'no' }],
    holding: [{ issuerMatches: 'yes', https: 'yes', implicitOffered: 'no', passwordOffered: 'no' }],
    failure: 'The issuer offers the implicit grant.',
    success: 'The metadata is sound.',
    remediation: 'Take `token` and `id_token token` from the response types.',
    references: { asvs: ['10.4.4'], nist80053: ['IA-8'] },
    reperform: ['curl -s https://{subject}/.well-known/openid-configuration | jq .response_types_supported'],
  },
  {
    id: 'AUTH-04',
    title: 'Every operation refuses requests without a valid credential',
    objective: 'authentication-authorisation',
    statement: 'Each declared operation answers 401 or 403 to a request without, and with a broken, credential.',
    severity: 'high',
    risk: [
      'broken-authentication',
      'high',
      'high',
      'Anyone who can reach the gateway reads customers’ reports. Broken authentication; data exposure.',
    ],
    kind: 'auth.enforcement',
    failing: [
      { operation: 'GET /reports', probe: 'no-credential', status: 200, controlBefore: 200, sameBody: 'yes' },
      { operation: 'GET /reports/{id}', probe: 'no-credential', status: 200, controlBefore: 200, sameBody: 'yes' },
    ],
    holding: [
      { operation: 'GET /customers/{id}', probe: 'no-credential', status: 401, controlBefore: 200, sameBody: 'no' },
      { operation: 'POST /customers', probe: 'alg-none', status: 401, controlBefore: 201, sameBody: 'no' },
    ],
    failure: 'Answered 200 with the same body as the request with a valid token.',
    success: 'Refused with 401.',
    remediation:
      'Attach the token check to the route prefix `/reports`; the gateway declares it for `/api` only (nginx.conf:41).',
    references: {
      'owasp-api': ['API2:2023'],
      asvs: ['8.2.1'],
      soc2: ['CC6.1'],
      iso27001: ['A.8.3'],
      pcidss: ['7.2.5'],
      nist80053: ['AC-3'],
    },
    reperform: ['curl -si https://{subject}/reports | head -1', '# expected: HTTP/2 401'],
  },
  {
    id: 'AUTH-05',
    title: 'Access tokens are short-lived',
    objective: 'authentication-authorisation',
    statement: 'An access token lives for at most one hour.',
    severity: 'low',
    risk: ['broken-authentication', 'medium', 'low', 'A stolen token can be used until it ends.'],
    kind: 'auth.token',
    failing: [{ lifetimeSeconds: 86400, algorithm: 'ES256' }],
    holding: [{ lifetimeSeconds: 900, algorithm: 'ES256' }],
    failure: 'The token lives for 86,400 seconds; 3,600 are allowed.',
    success: 'The token lives for 900 seconds.',
    remediation: 'Lower the lifetime of access tokens and let clients refresh them.',
    references: { asvs: ['10.4.8'], nist80053: ['IA-5'] },
    reperform: [],
    parameters: { maximumSeconds: { default: 3600, description: 'Longest lifetime in seconds' } },
  },
  {
    id: 'AVL-01',
    title: 'Requests above a rate are limited',
    objective: 'availability',
    statement: 'Within 60 requests in a minute the gateway answers 429.',
    severity: 'medium',
    risk: ['denial-of-service', 'high', 'medium', 'One client can occupy the service or try passwords without end.'],
    kind: 'gateway.rate-limit',
    failing: [{ path: '/login', limited: 'no', requests: 60, firstLimited: null }],
    holding: [{ path: '/login', limited: 'yes', requests: 21, firstLimited: 21 }],
    failure: 'None of 60 requests was limited.',
    success: 'The 21st request was answered 429.',
    remediation: 'Limit by client and by account: at the gateway, and at the sign-in itself.',
    references: { 'owasp-api': ['API4:2023'], asvs: ['2.4.1'], nist80053: ['SC-5'], soc2: ['A1.1'] },
    reperform: [
      "for i in $(seq 60); do curl -so /dev/null -w '%{http_code}\\n' https://{subject}/login; done | sort | uniq -c",
    ],
    parameters: { budget: { default: 60, description: 'Requests that are sent at most' } },
  },
  {
    id: 'AVL-02',
    title: 'Error pages disclose nothing',
    objective: 'availability',
    statement: 'An error response shows neither a stack trace nor a version number.',
    severity: 'low',
    risk: ['data-exposure', 'medium', 'low', 'Versions tell an attacker which flaws to try.'],
    kind: 'gateway.headers',
    failing: [{ path: '/does-not-exist', versionDisclosed: 'yes', server: 'nginx/1.27.3', stackTrace: 'no' }],
    holding: [{ path: '/does-not-exist', versionDisclosed: 'no', server: 'nginx', stackTrace: 'no' }],
    failure: 'The Server field names a version.',
    success: 'No version is named.',
    remediation: 'Set `server_tokens off;`.',
    references: { asvs: ['13.4.6'], nist80053: ['SI-11'] },
    reperform: ['curl -sI https://{subject}/does-not-exist | grep -i ^server'],
  },
  {
    id: 'LOG-01',
    title: 'Audit logs are kept for the required time',
    objective: 'non-repudiation',
    statement: 'Records reach back 365 days without a gap longer than 48 hours.',
    severity: 'medium',
    risk: ['data-exposure', 'medium', 'medium', 'What is not recorded cannot be investigated.'],
    kind: 'log.source',
    failing: [
      { configuredDays: 365, provenDays: 212, oldest: '2026-03-03T00:00:04.000Z', gapCount: 0 },
      { configuredDays: 90, provenDays: 90, oldest: '2026-07-03T00:00:11.000Z', gapCount: 2 },
    ],
    holding: [{ configuredDays: 400, provenDays: 400, oldest: '2025-08-27T00:00:00.000Z', gapCount: 0 }],
    failure: 'The records prove fewer days than the 365 that are required.',
    success: 'The records prove 400 days.',
    remediation: 'Raise `rotate` in logrotate and move closed files to storage that keeps them for the required time.',
    references: { pcidss: ['10.5.1'], iso27001: ['A.8.15'], nist80053: ['AU-11'] },
    reperform: ["zcat -f /var/log/api/audit.log* | awk '{print $1}' | sort | sed -n '1p;$p'"],
    parameters: {
      minimumDays: { default: 365, description: 'Days that records must reach back' },
      gapHours: { default: 48, description: 'Longest time without a record' },
    },
  },
  {
    id: 'LOG-02',
    title: 'Log files cannot be read or changed by others',
    objective: 'non-repudiation',
    statement: 'No log file is readable or writable by every user of the machine.',
    severity: 'medium',
    risk: ['data-exposure', 'low', 'medium', 'Somebody who can change a log can hide what they did.'],
    kind: 'log.source',
    failing: [{ worldReadable: 'yes', worldWritable: 'no', modes: ['0644'] }],
    holding: [{ worldReadable: 'no', worldWritable: 'no', modes: ['0640'] }],
    failure: 'The files are readable by every user.',
    success: 'The files are closed to others.',
    remediation: 'Set `create 0640 root adm` in logrotate.',
    references: { pcidss: ['10.3.1'], nist80053: ['AU-9'], iso27001: ['A.8.15'] },
    reperform: ['stat -c "%a %n" /var/log/api/*'],
  },
]

/** Controls for drawing reports with. */
export const drawnControls: readonly DrawnControl[] = rows.map((row, index) => ({
  control: {
    id: row.id,
    title: row.title,
    objective: row.objective,
    statement: row.statement,
    severity: row.severity,
    risk: { area: row.risk[0], likelihood: row.risk[1], impact: row.risk[2], why: row.risk[3] },
    parameters: row.parameters ?? {},
    rule: {
      kind: row.kind,
      expect: `facts.${Object.keys(row.failing[0] ?? {})[1] ?? 'offered'} != "yes"`,
      quantifier: 'every',
      absent: 'not-measured',
      failure: '"fails"',
      success: '"holds"',
    },
    remediation: row.remediation,
    references: row.references,
    reperform: row.reperform,
    examples: [],
    source: `controls/${row.id.split('-')[0]?.toLowerCase()}.yaml:${index * 40 + 3}`,
  },
  collector: row.kind.startsWith('log') ? 'log-retention' : (row.kind.split('.')[0] ?? row.kind),
  method: row.kind.startsWith('log') ? 'EXAMINE' : 'TEST',
  failing: row.failing,
  holding: row.holding,
  failure: row.failure,
  success: row.success,
}))
