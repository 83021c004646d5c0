import type { Config } from '../config/config.ts'
import { idOf } from './starter.ts'

/** The ledger's name: the configured one, or one made from the organisation's. */
export function ledgerOrigin({ store, organisation }: Pick<Config, 'store' | 'organisation'>): string {
  return store.origin ?? `${idOf(organisation.name)}/affidavit`
}
