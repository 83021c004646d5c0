import type { InventoryItem } from '../../src/model/assessment.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { type Instant, later } from '../../src/model/time.ts'

const day = 86_400_000
const versions = ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const hosts = ['api', 'login', 'reporting', 'payments-gateway', 'very-long-name-of-an-internal-service', 'mail']
const problems = [[], [], ['lifetime-too-long'], [], ['host-mismatch', 'incomplete-chain'], []]

const timestamps: readonly JsonObject[] = [
  {},
  { sctCount: 2, sctCheck: 'done', sctLogs: 2, sctOperators: 2, sctInvalid: 0, sctUnknown: 0 },
  { sctCount: 2, sctCheck: 'none', sctLogs: null, sctOperators: null, sctInvalid: null, sctUnknown: null },
  { sctCount: 3, sctCheck: 'done', sctLogs: 2, sctOperators: 2, sctInvalid: 1, sctUnknown: 0 },
]

/** Protocols and a certificate for so many targets, and a log for every fourth of them; the same for the same arguments. */
export function drawInventory(targets: number, components: readonly string[], asOf: Instant): readonly InventoryItem[] {
  let entry = 90_000
  const collected = later(asOf, -6 * 3_600_000)
  return Array.from({ length: targets }, (_, index) => index).flatMap((index) => {
    const component = components[index % Math.max(1, components.length)] ?? 'system-1/component-1'
    const place = { component, target: `${component}/target-${index}`, collected }
    const host = `${hosts[index % hosts.length]}-${index}.example.test:443`
    const item = (kind: InventoryItem['kind'], subject: string, facts: JsonObject): InventoryItem => ({
      ...place,
      entry: entry++,
      kind,
      subject,
      facts,
    })
    return [
      ...versions.map((protocol, version) =>
        item('tls.protocol', host, {
          protocol,
          offered:
            index % 11 === 7 && version === 1
              ? 'undetermined'
              : version >= 4 - (index % 7 === 3 ? 2 : 0)
                ? 'yes'
                : 'no',
          cipherSuites: Array.from({ length: version >= 4 ? 3 + (index % 17) : 0 }, (_, suite) => `SUITE_${suite}`),
        }),
      ),
      item('tls.certificate', host, certificate(index, asOf)),
      ...(index % 4 === 0 ? [item('log.source', `audit-log-${index}`, log(index, collected))] : []),
    ]
  })
}

function certificate(index: number, asOf: Instant): JsonObject {
  const daysRemaining = [88, 12, 361, -4, 45, 700][index % 6] ?? 0
  return {
    commonName: index % 9 === 5 ? null : `service-${index}.example.test`,
    subjectName: `CN=service-${index}.example.test,O=Example`,
    issuerName: index % 2 === 0 ? 'CN=Example Issuing CA 3,O=Example' : 'O=An organisation without a common name',
    keyType: index % 3 === 0 ? 'EC' : 'RSA',
    keyBits: index % 3 === 0 ? 256 : 2048,
    signatureAlgorithm: index % 3 === 0 ? 'ecdsa-with-SHA256' : 'sha256WithRSAEncryption',
    notBefore: later(asOf, (daysRemaining - 90) * day),
    notAfter: later(asOf, daysRemaining * day),
    daysRemaining,
    problems: problems[index % problems.length] ?? [],
    ...timestamps[index % timestamps.length],
  }
}

function log(index: number, collected: Instant): JsonObject {
  const configuredDays = [400, 90, 'forever', null][(index / 4) % 4] ?? null
  const gaps = index % 3 === 0 ? [{ from: later(collected, -60 * day), to: later(collected, -52 * day), days: 8 }] : []
  return {
    configuredDays,
    provenDays: gaps.length > 0 ? 52 : 212,
    oldest: later(collected, -212 * day),
    newest: collected,
    gaps,
    gapCount: gaps.length,
  }
}
