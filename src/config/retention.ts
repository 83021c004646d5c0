import * as z from 'zod'
import type { Retention } from '../model/retention.ts'
import { parseTerm } from '../model/term.ts'
import type { Instant } from '../model/time.ts'

const termRule = 'a term is a whole number of calendar days, weeks, months or years: 400d, 13w, 18mo, 7y'
const term = z
  .string(termRule)
  .transform((value, context) => {
    const parsed = parseTerm(value)
    if (parsed) return parsed
    context.addIssue(termRule)
    return z.NEVER
  })
  .describe('By the calendar: 400d, 13w, 18mo, 7y')

/** The `retention` section; `fields` are those that the rest of the file is made of. */
export function retentionSchema(fields: {
  readonly id: z.ZodType<string, string>
  readonly text: z.ZodType<string, string>
  readonly moment: z.ZodType<string, string>
  readonly collectors: readonly [string, ...string[]]
}) {
  const { id, text, moment, collectors } = fields
  const component = text.optional()
  const policy = z.strictObject({
    id,
    data: text.optional().describe('A data class that a system declares under data:'),
    collector: z.enum(collectors).optional(),
    mediaType: z
      .string()
      .regex(/^[\w.+-]+\/(?:[\w.+-]+|\*)$/, 'a media type is text/plain, or text/*')
      .optional(),
    component: component.describe('system or system/component'),
    keep: term,
    basis: text.describe('The law or contract that says so; printed in the report'),
  })
  const hold = z.strictObject({
    id: text,
    reason: text,
    approver: text,
    component: component.describe('system or system/component; everything where absent'),
    collected: z
      .strictObject({ from: moment, to: moment.describe('Exclusive') })
      .optional()
      .describe('Only what was collected then; all times where absent'),
    from: moment.describe('In force from'),
    until: moment.optional().describe('Inclusive where it is a date; until it is lifted where absent'),
  })
  return z
    .strictObject({
      policies: z.array(policy).default([]),
      holds: z.array(hold).default([]).describe('Legal holds: they win over every policy'),
      schedule: id
        .optional()
        .describe('A name under schedules: the daemon applies the policies then; by hand only where absent'),
    })
    .prefault({})
    .describe('When the raw bytes behind evidence are erased; nothing is, where no policy says so')
}

export type RetentionFile = z.output<ReturnType<typeof retentionSchema>>

/** The section with every name spelt out, and its dates as instants. */
export function resolveRetention(
  { policies, holds, schedule }: RetentionFile,
  at: { moment(text: string): Instant; lastMoment(text: string): Instant },
): Retention {
  return {
    policies: policies.map(({ data, collector, mediaType, component, ...policy }) => ({
      ...policy,
      data: data ?? null,
      collector: collector ?? null,
      mediaType: mediaType ?? null,
      component: component ?? null,
    })),
    holds: holds.map(({ component, collected, from, until, ...hold }) => ({
      ...hold,
      component: component ?? null,
      collected: collected ? { from: at.moment(collected.from), to: at.moment(collected.to) } : null,
      from: at.moment(from),
      until: until === undefined ? null : at.lastMoment(until),
    })),
    schedule: schedule ?? null,
  }
}
