// Appends without end and says on its standard output what was acknowledged; for tests that kill it.
// node test/helpers/ledger-writer.ts <path> <name> [batches]
import { openStore } from '../../src/ledger/open.ts'
import type { Sha256 } from '../../src/model/digest.ts'
import { instant } from '../../src/model/time.ts'

const [path = '', name = '', batches = 'Infinity'] = process.argv.slice(2)
const clock = { now: () => instant(Date.now()) }
const store = await openStore({ path, origin: 'example.org/affidavit', clock, mode: 'write' })
for (let batch = 0; batch < Number(batches); batch += 1) {
  const entries = Array.from({ length: 5 }, (_, index) => ({
    run: name,
    slot: null,
    collector: { id: 'tls', version: 1 },
    configuration: '0'.repeat(64) as Sha256,
    component: 'shop/gateway',
    target: 'shop/gateway/tls',
    kind: 'tls.protocol',
    subject: `${batch}/${index}`,
    methods: ['TEST' as const],
    collected: clock.now(),
    expires: null,
    facts: { batch, padding: 'x'.repeat(500) },
    artefacts: [{ name: 'a', mediaType: 'text/plain', bytes: Buffer.from(`${name} ${batch} ${index}`.repeat(50)) }],
  }))
  const placed = await store.append(entries)
  process.stdout.write(`${placed.map(({ sequence }) => sequence).join(',')}\n`)
  // Lets the pipe take the line before the next batch: what was printed is what was acknowledged.
  await new Promise((resolve) => setImmediate(resolve))
}
await store[Symbol.asyncDispose]()
