import * as z from 'zod'
import { Duration, targetSchema } from '../../src/collect/contract.ts'
import { isTimeZone } from '../../src/model/time.ts'

/** How a record says when it was written. */
export const dateFormats = ['auto', 'iso', 'clf', 'syslog', 'epoch', 'json'] as const
export type DateFormat = (typeof dateFormats)[number]

const path = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0'), 'a path holds no NUL')

const pattern = path
  .refine((text) => !/[*?[]/.test(text.slice(0, text.lastIndexOf('/') + 1)), {
    message: 'wildcards (* ? [...]) may stand in the file name only, not in its directory',
  })
  .describe('A file, or a pattern for files in one directory: /var/log/api/audit.log*')

const log = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'an id is made of letters, digits, dots, hyphens and underscores')
    .describe('What reports call the log'),
  files: z.array(pattern).min(1).describe('The live file and the rotated ones, compressed or not'),
  logrotate: z.array(path).default([]).describe('logrotate files or directories that govern it, in reading order'),
  recordDate: z
    .strictObject({
      format: z.enum(dateFormats).default('auto'),
      field: z.string().min(1).optional().describe('JSON member with the date; dots lead into objects'),
    })
    .default({ format: 'auto' })
    .describe('How a record says when it was written; found out where absent'),
  timeZone: z
    .string()
    .refine(isTimeZone, 'not an IANA time zone')
    .default('UTC')
    .describe('Zone of dates that are written without an offset'),
  gap: Duration.prefault('25h').describe('A time without records that is longer than this is a gap'),
})

export const LogRetentionTarget = targetSchema({
  logs: z
    .array(log)
    .min(1)
    .refine((logs) => new Set(logs.map(({ id }) => id)).size === logs.length, 'two logs have the same id'),
})
export type LogRetentionTarget = z.infer<typeof LogRetentionTarget>
export type Log = LogRetentionTarget['logs'][number]
