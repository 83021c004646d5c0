import type { DemoSystem } from './servers/index.ts'
import type { TimeStampAuthority } from './servers/time-stamp-authority.ts'

/** A system as the demonstration's affidavit.yaml names it. */
export type DemoEdition = { readonly id: string; readonly name: string; readonly system: DemoSystem }

/** An assessment period of the demonstration: minutes instead of quarters, so that it can show two of them. */
export type DemoPeriod = { readonly id: string; readonly from: string; readonly to: string }

/** How the demonstration's affidavit.yaml begins; a folder without it is not the demonstration's to remove. */
export const demoMark = '# Written by "affidavit demo".'

/** The affidavit.yaml of the demonstration. */
export function demoConfiguration(
  editions: readonly DemoEdition[],
  periods: readonly DemoPeriod[],
  times: Pick<TimeStampAuthority, 'url' | 'rootFile' | 'crlFile'>,
): string {
  return `${demoMark} The servers named here ran on this machine, for the demonstration only.
version: 1

organisation:
  name: Example Retail Ltd
  timeZone: UTC

systems:
${editions.map(systemText).join('')}
periods:
  list:
${periods.map(({ id, from, to }) => `    - { id: ${id}, from: ${quoted(from)}, to: ${quoted(to)} }\n`).join('')}
exceptions:
  - id: X-01
    control: LOG-03
    component: customer-data-api-weak/audit-log
    reason: The collector of the audit log stood still during a migration; the days cannot be brought back
    approver: Head of platform, Example Retail Ltd
    approvedOn: ${quoted(daysFromNow(-10))}
    expiresOn: ${quoted(daysFromNow(60))}
    compensatingControl: The gateway's own access log covers the days in question

signing:
  level: B-LTA
  revocation: { hosts: [], crls: [keys/ca.crl.pem, ${quoted(times.crlFile)}] }
  timestamp: { urls: [${quoted(times.url)}], trust: [${quoted(times.rootFile)}] }
`
}

function systemText({ id, name, system }: DemoEdition): string {
  const { apiUrl, legacyUrl, caFile } = system
  const api = new URL(apiUrl)
  const trust = `trust: [${quoted(caFile)}]`
  return `  - id: ${id}
    name: ${quoted(name)}
    owner: Platform team
    data: [personal, confidential]
    components:
      - id: api
        name: API gateway
        targets:
          - collector: tls
            target: { host: ${api.hostname}, port: ${api.port}, ${trust} }
          - collector: gateway
            target:
              url: ${quoted(apiUrl)}
              http: ${quoted(system.httpUrl)}
              paths: [/healthz, /customers]
              cors: { trusted: ["https://portal.customer-data.example"] }
              rateLimit: { path: /healthz, budget: 60 }
              permit: test-identity
              ${trust}
          - collector: auth
            target:
              issuer: ${quoted(system.issuer)}
              api: { baseUrl: ${quoted(apiUrl)}, openapi: ${quoted(system.openApiFile)} }
              client:
                id: ${quoted(system.clientId)}
                secret: ${quoted(`file:${system.clientSecretFile}`)}
                scope: ${quoted(system.scope)}
                resource: ${quoted(system.audience)}
              expiredToken: ${quoted(`file:${system.expiredTokenFile}`)}
              permit: test-identity
              ${trust}
      - id: audit-log
        name: Audit log
        targets:
          - collector: log-retention
            target:
              logs:
                - id: audit-log
                  files: [${quoted(`${system.logFolder}/audit.log*`)}]
                  logrotate: [${quoted(system.logrotateFile)}]
${legacyUrl === null ? '' : legacyText(legacyUrl, trust)}`
}

function legacyText(legacyUrl: string, trust: string): string {
  const { hostname, port } = new URL(legacyUrl)
  return `      - id: legacy-port
        name: Port left from the migration
        targets:
          - collector: tls
            target: { host: ${hostname}, port: ${port}, ${trust} }
`
}

function daysFromNow(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
}

/** A JSON string is a YAML string. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
