import * as z from 'zod'
import { IntegrityError } from '../model/errors.ts'
import type { Entry } from '../model/evidence.ts'
import type { PlannedTarget } from '../model/plan.ts'
import type { Instant } from '../model/time.ts'

/** A target as a `configuration.recorded` entry keeps it. */
export type RecordedTarget = Omit<PlannedTarget, 'target'> & {
  readonly subject: string
  /** Observation kinds that its collector can yield. */
  readonly emits: readonly string[]
}

/** Which targets there were, from a moment on until the next plan. */
export type Plan = { readonly from: Instant; readonly targets: readonly RecordedTarget[] }

const recorded = z.object({
  targets: z.array(
    z.object({
      id: z.string(),
      component: z.string(),
      collector: z.string(),
      schedule: z.object({ id: z.string(), cron: z.string(), timeZone: z.string() }).nullable(),
      validForMs: z.number(),
      subject: z.string(),
      emits: z.array(z.string()),
    }),
  ),
})

/** The population over time, oldest first, from `configuration.recorded` entries; IntegrityError where one cannot be read. */
export function plansFrom(entries: readonly Entry[]): readonly Plan[] {
  return entries
    .filter(({ kind }) => kind === 'configuration.recorded')
    .map((entry) => ({ from: entry.collected, targets: targetsIn(entry) }))
    .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
}

function targetsIn(entry: Entry): readonly RecordedTarget[] {
  const parsed = recorded.safeParse(entry.facts)
  if (parsed.success) return parsed.data.targets
  const issue = parsed.error.issues[0]
  throw new IntegrityError(
    'AFD_ASSESS_CONFIGURATION',
    `entry ${entry.sequence} records a configuration that cannot be read: ${issue?.path.join('.')} ${issue?.message}`,
    {
      subject: `entry ${entry.sequence}`,
      hint: 'Read this ledger with the version of Affidavit that wrote the entry.',
    },
  )
}
