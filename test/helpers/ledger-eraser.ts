// Appends, erases and scrubs without end, and says which commitments are acknowledged as erased; for tests that kill it.
// node test/helpers/ledger-eraser.ts <path>
import { openStore } from '../../src/ledger/open.ts'
import { instant } from '../../src/model/time.ts'
import { artefact, erasureEntry, newEntry, origin } from './ledger.ts'

const [path = ''] = process.argv.slice(2)
const clock = { now: () => instant(Date.now()) }
await using store = await openStore({ path, origin, clock, mode: 'write' })
for (let round = 0; ; round += 1) {
  const texts = Array.from({ length: 6 }, (_, n) => `${process.pid} ${round} ${n} `.repeat(200))
  const placed = await store.append(texts.map((text, n) => newEntry(n, { artefacts: [artefact('raw', text)] })))
  const victims = placed.slice(0, 4).map(({ sequence, artefacts }) => ({
    commitment: artefacts[0]?.commitment ?? '',
    entries: [sequence],
  }))
  const { size } = await store.state()
  await store.erase([erasureEntry(victims)], size)
  process.stdout.write(`${victims.map(({ commitment }) => commitment).join(',')}\n`)
  // Lets the pipe take the line before the next batch: what was printed is what was acknowledged.
  await new Promise((resolve) => setImmediate(resolve))
  if (round % 3 === 2) await store.scrub()
}
