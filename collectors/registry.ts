import type { Collector } from '../src/collect/contract.ts'
import { logRetentionCollector } from './log-retention/index.ts'

/** Every collector that Affidavit brings with it, by its id. A new one is a folder beside this file and a line here. */
export const collectors: ReadonlyMap<string, Collector> = new Map(
  ([logRetentionCollector] as readonly Collector[]).map((collector) => [collector.id, collector]),
)
