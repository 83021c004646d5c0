import * as z from 'zod'
import { parseKeyLocation } from '../model/key-location.ts'
import { periodLengths } from '../model/period.ts'
import { cronProblem } from '../model/schedule.ts'
import { secretReferencePattern, secretReferenceRule } from '../model/secret.ts'
import { signatureLevels } from '../model/signature-level.ts'
import { isTimeZone, parseDurationMs } from '../model/time.ts'
import { retentionSchema } from './retention.ts'

/** What the configuration needs to know of a collector. */
export type CollectorFace = {
  readonly id: string
  readonly title: string
  readonly target: z.ZodType
  subject(target: never): string
}

const id = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'an id is lower-case letters, digits and hyphens, 64 at most')
const text = z.string().trim().min(1, 'must not be empty')
const file = text.describe('A path, relative to this file')
const timeZone = z.string().refine(isTimeZone, 'not an IANA time zone, such as Europe/Zurich or UTC')
const duration = z
  .string()
  .refine((value) => parseDurationMs(value) !== undefined, 'a duration is a number with a unit: 20s, 15m, 36h, 90d')
  .describe('A duration: 20s, 15m, 36h, 90d')
const momentPattern = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/
const moment = z
  .string()
  .regex(momentPattern, 'a date is 2026-07-01 (midnight in the organisation’s zone) or 2026-07-01T06:00:00Z')
  .refine(isMoment, 'no such date')
const secretReference = z
  .string()
  .regex(secretReferencePattern, secretReferenceRule)
  .describe('Where a secret is: env:NAME or file:path. A literal value is refused.')
const json = z.json()
const parameters = z
  .record(z.string(), z.record(z.string(), json))
  .default({})
  .describe('Control id to its parameters: LOG-01: { minimumDays: 365 }')

/** The schema of affidavit.yaml for a set of collectors. */
export function configSchema(collectors: readonly CollectorFace[]) {
  const target = z.discriminatedUnion(
    'collector',
    nonEmpty(
      collectors.map((collector) =>
        z
          .strictObject({
            collector: z.literal(collector.id),
            id: id
              .optional()
              .describe('Defaults to the collector’s name; needed where a component has two of the same'),
            schedule: id.optional().describe('A name under schedules:; without one it is collected by hand only'),
            validFor: duration.default('36h').describe('Evidence older than this is stale'),
            target: collector.target,
          })
          .describe(collector.title),
      ),
    ),
  )
  const component = z.strictObject({
    id,
    name: text.optional(),
    owner: text.optional(),
    targets: z.array(target).default([]),
  })
  const system = z.strictObject({
    id,
    name: text,
    description: text.optional(),
    owner: text.optional(),
    data: z.array(text).default([]).describe('Data classes handled, in your own words: personal, payment'),
    components: z.array(component).min(1, 'a system has at least one component'),
    parameters,
  })
  return z.strictObject({
    version: z.literal(1).describe('Version of this file’s format'),
    organisation: z.strictObject({ name: text, timeZone: timeZone.default('UTC') }),
    systems: z.array(system).min(1, 'at least one system is needed'),
    schedules: z
      .record(
        id,
        z.strictObject({
          cron: z.string().superRefine((value, context) => {
            const problem = cronProblem(value)
            if (problem) context.addIssue({ code: 'custom', message: problem })
          }),
          timeZone: timeZone.optional().describe('Defaults to the organisation’s'),
        }),
      )
      .default({}),
    periods: z
      .strictObject({
        every: z.enum(periodLengths).optional().describe('Calendar periods in the organisation’s zone'),
        list: z
          .array(
            z.strictObject({
              id: text,
              from: moment,
              to: moment.describe('Exclusive: the first moment after the period'),
            }),
          )
          .optional(),
      })
      .default({ every: 'quarter' }),
    controls: z
      .strictObject({
        builtIn: z.boolean().default(true).describe('Whether the catalogue that comes with Affidavit applies'),
        catalogues: z.array(file).default([]).describe('Your own catalogue files beside ours'),
        exclude: z
          .array(
            z.strictObject({
              control: text,
              component: text.optional().describe('system or system/component; everywhere where absent'),
              reason: text.describe('Why it does not apply; printed in the report'),
            }),
          )
          .default([]),
        parameters,
      })
      .prefault({}),
    exceptions: z
      .array(
        z.strictObject({
          id: text.optional(),
          control: text,
          component: text.optional().describe('system/component; every component where absent'),
          reason: text,
          approver: text,
          approvedOn: moment,
          expiresOn: moment.describe('Inclusive where it is a date'),
          compensatingControl: text.optional(),
        }),
      )
      .default([])
      .describe('Dated, approved, expiring acceptances; they never rewrite an outcome'),
    store: z
      .strictObject({
        path: file.default('affidavit.db'),
        origin: text
          .regex(/^[^\s+]+$/, 'a ledger’s name has no spaces and no plus sign')
          .optional()
          .describe('The ledger’s name in its checkpoints, for good; made from the organisation’s name where absent'),
      })
      .prefault({}),
    keys: z
      .strictObject({
        ledger: file.default('keys/ledger.key.pem').describe('Ed25519 key that signs the ledger’s checkpoints'),
        passphrase: secretReference.optional(),
      })
      .prefault({}),
    signing: z
      .strictObject({
        key: text
          .superRefine((value, context) => {
            const { problem } = parseKeyLocation(value)
            if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
          })
          .default('keys/report.key.pem')
          .describe(
            'A file (PEM, or PKCS#12 as .p12 or .pfx), or the URI of a key on a token or in a cloud: pkcs11:…, awskms://…, azurekms://…, gcpkms://…',
          ),
        certificates: z
          .array(file)
          .optional()
          .describe(
            'Signer first, then its issuers. Where absent: keys/report.cert.pem and keys/ca.cert.pem for a file, those on the token for pkcs11:',
          ),
        passphrase: secretReference.optional().describe('Of a file, or a token’s PIN: env:NAME or file:path'),
        reason: text.optional(),
        location: text.optional(),
        level: z
          .enum(signatureLevels)
          .optional()
          .describe('PAdES baseline level of reports; B-T where timestamp names an authority, otherwise B-B'),
        revocation: z
          .strictObject({
            hosts: z
              .array(text.regex(/^[^\s/:]+(?::\d{1,5})?$/, 'a host, or host:port'))
              .optional()
              .describe(
                'The revocation services that may be asked, in private networks too; any public one where absent',
              ),
            crls: z
              .array(file)
              .default(['keys/ca.crl.pem'])
              .describe('Revocation lists (PEM or DER) of authorities that nobody can ask'),
          })
          .prefault({})
          .describe('Where B-LT and B-LTA get their revocation data'),
        timestamp: z
          .strictObject({
            urls: z
              .array(z.url({ protocol: /^https?$/ }))
              .min(1)
              .describe('RFC 3161 authorities, tried in turn'),
            trust: z.array(file).default([]).describe('PEM files with the authorities’ anchors'),
            policies: z
              .array(
                text.regex(
                  /^[0-2](?:\.(?:0|[1-9]\d*))+$/,
                  'a policy is an object identifier, such as 1.3.6.1.4.1.4146.2.3',
                ),
              )
              .default([])
              .describe('Object identifiers of the policies that a time stamp may be made under; any where empty'),
            checkpoints: z
              .enum(['daily', 'every-run', 'off'])
              .default('daily')
              .describe(
                'When the ledger’s checkpoints are timestamped: with each report and once a day, or after each run',
              ),
          })
          .optional(),
      })
      .prefault({}),
    reports: z.strictObject({ directory: file.default('reports') }).prefault({}),
    daemon: z
      .strictObject({
        host: text.default('127.0.0.1'),
        port: z.int().min(0).max(65535).default(8484).describe('Of the health endpoint'),
        catchUp: duration.default('36h').describe('Missed slots younger than this are caught up after downtime'),
      })
      .prefault({}),
    retention: retentionSchema({ id, text, moment, collectors: nonEmpty(collectors.map((collector) => collector.id)) }),
    limits: z
      .strictObject({ concurrency: z.int().min(1).max(64).default(4).describe('Targets collected at the same time') })
      .prefault({}),
  })
}

/** Whether a text names a day or an instant that exists: the 30th of February does not. */
export function isMoment(text: string): boolean {
  const day = momentPattern.exec(text)?.[1]
  if (day === undefined || Number.isNaN(Date.parse(text))) return false
  const start = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(day)
}

export type ConfigFile = z.output<ReturnType<typeof configSchema>>

function nonEmpty<T>(items: readonly T[]): [T, ...T[]] {
  const [first, ...rest] = items
  if (first === undefined) throw new TypeError('no collector is registered')
  return [first, ...rest]
}
