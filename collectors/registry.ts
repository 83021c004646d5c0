import type { Collector } from '../src/collect/contract.ts'

/**
 * How each collector that Affidavit brings with it is loaded, by its id, so that whoever needs one need not wait for all.
 * A new one is a folder beside this file and a line here.
 */
const loaders: { readonly [id: string]: () => Promise<Collector> } = {
  tls: async () => (await import('./tls/index.ts')).tlsCollector,
  auth: async () => (await import('./auth/index.ts')).authCollector,
  gateway: async () => (await import('./gateway/index.ts')).gatewayCollector,
  'log-retention': async () => (await import('./log-retention/index.ts')).logRetentionCollector,
}

/** The ids of all collectors. */
export const collectorIds: readonly string[] = Object.keys(loaders)

/** One collector; undefined where none has the id. */
export async function loadCollector(id: string): Promise<Collector | undefined> {
  return Object.hasOwn(loaders, id) ? await loaders[id]?.() : undefined
}

/** Every collector, by its id. */
export async function loadCollectors(): Promise<ReadonlyMap<string, Collector>> {
  const all = await Promise.all(Object.values(loaders).map((load) => load()))
  return new Map(all.map((collector) => [collector.id, collector]))
}
