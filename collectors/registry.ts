import type { Collector } from '../src/collect/contract.ts'
import { authCollector } from './auth/index.ts'
import { gatewayCollector } from './gateway/index.ts'
import { logRetentionCollector } from './log-retention/index.ts'
import { tlsCollector } from './tls/index.ts'

const all: readonly Collector[] = [tlsCollector, authCollector, gatewayCollector, logRetentionCollector]

/** Every collector that Affidavit brings with it, by its id. A new one is a folder beside this file and a line here. */
export const collectors: ReadonlyMap<string, Collector> = new Map(all.map((collector) => [collector.id, collector]))
