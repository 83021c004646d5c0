import { join } from 'node:path'
import { openStore } from '../../src/ledger/open.ts'
import { clock, origin, temporaryFolder } from '../helpers/ledger.ts'
import { describeStore } from './store-suite.ts'

describeStore({
  name: 'the store in SQLite',
  async create() {
    const path = join(temporaryFolder(), 'evidence.db')
    const store = await openStore({ path, origin, clock, mode: 'create' })
    return { store, reopen: (mode) => openStore({ path, origin, clock, mode }) }
  },
})
