import * as z from 'zod'
import { type Collector, type Context, type NewObservation, targetSchema } from '../../src/collect/contract.ts'

const target = targetSchema({
  host: z.string().default('127.0.0.1'),
  port: z.int().default(1),
  paths: z.array(z.string()).default([]),
})
type Target = z.infer<typeof target>

/** A collector that does what a test says, against an endpoint and paths that the test's target names. */
export function collectorThat(collect: (context: Context, target: Target) => AsyncIterable<NewObservation>): Collector {
  const collector: Collector<Target> = {
    id: 'test',
    version: 1,
    title: 'Test',
    emits: ['test.thing'],
    target,
    defaults: { timeoutMs: 5_000, concurrency: 2, connections: 20, requests: 20, bytes: 1_000_000 },
    subject: ({ host, port }) => `${host}:${port}`,
    reach: ({ host, port, paths }) => ({ endpoints: [{ host, port }], paths }),
    collect: (given, context) => collect(context, given),
  }
  return collector
}

/** An observation of the kind that `collectorThat` declares. */
export function thing(facts: NewObservation['facts'] = {}, more: Partial<NewObservation> = {}): NewObservation {
  return { kind: 'test.thing', subject: 'thing', methods: ['TEST'], facts, ...more }
}
