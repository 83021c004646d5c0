import type * as z from 'zod'
import { collectorIds, loadCollector } from '../../collectors/registry.ts'
import { collectTarget } from '../collect/collect-target.ts'
import type { Collector } from '../collect/contract.ts'
import { ConfigError } from '../model/errors.ts'
import type { Collection } from '../model/evidence.ts'
import { instant } from '../model/time.ts'

export { collectorIds }

/** What is asked of a target: in the collector's short form, or as under `target:` in affidavit.yaml. */
export type ProbeTarget = { readonly shorthand: string | undefined; readonly target: unknown }

const clock = { now: () => instant(Date.now()) }
const silent = { debug: () => {}, info: () => {}, warn: () => {} }

/** Runs one collector once and stores nothing; paths and secrets are relative to the working folder. */
export async function probeOnce(id: string, given: ProbeTarget, signal: AbortSignal): Promise<Collection> {
  const collector = await loadCollector(id)
  if (!collector) throw new ConfigError('AFD_PROBE_COLLECTOR', `there is no collector "${id}"`)
  const target = given.target ?? shorthandTarget(collector, given.shorthand)
  const result = collector.target.safeParse(target)
  if (!result.success) {
    throw new ConfigError('AFD_PROBE_TARGET', `not a target of ${id}: ${await targetProblems(result.error, target)}`, {
      hint: `what it takes stands in the configuration's schema: affidavit check --schema`,
    })
  }
  return await collectTarget(collector, result.data, { clock, signal, log: silent, baseDirectory: process.cwd() })
}

/** In the words that the configuration's errors have; no value is quoted. */
async function targetProblems(error: z.ZodError, target: unknown): Promise<string> {
  // Who names a target rightly need not wait for a YAML parser.
  const { parseYaml, zodProblems } = await import('../config/source.ts')
  const source = parseYaml(JSON.stringify(target), '--target')
  return zodProblems(source, error, {})
    .map(({ message }) => message.replace(/^the file:/, 'the target:'))
    .join('; ')
}

function shorthandTarget({ id, shorthand, shorthandForm }: Collector, text: string | undefined): unknown {
  const json = `as JSON: affidavit probe ${id} --target '{ ... }'`
  const hint = shorthandForm ? `name ${shorthandForm}; or give the target ${json}` : `give it ${json}`
  if (text === undefined) throw new ConfigError('AFD_PROBE_TARGET', 'no target was named', { hint })
  const target = shorthand?.(text)
  if (target === undefined)
    throw new ConfigError('AFD_PROBE_TARGET', `the ${id} collector has no target "${text}"`, { hint })
  return target
}
