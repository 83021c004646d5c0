import { expect, test } from 'vitest'
import { checkStamp } from '../../src/app/check-stamp.ts'
import { later } from '../../src/model/time.ts'
import { rfc3161Timestamper } from '../../src/signing/timestamp.ts'
import { embeddedEvidence, stampOver } from '../helpers/embedded-evidence.ts'
import { start } from '../helpers/ledger.ts'
import { type AuthorityFaults, startAuthority } from '../helpers/time-stamp-authority.ts'

/** What is said of a report whose checkpoint was stamped at a moment. */
async function checked(time: string, over = 'checkpoint.txt', faults: AuthorityFaults = {}) {
  await using authority = await startAuthority({ time: new Date(time), ...faults })
  const evidence = await embeddedEvidence()
  const stamp = await stampOver(over, evidence, rfc3161Timestamper({ url: authority.url }))
  const trust = [authority.rootCertificate]
  return { evidence, stamp, trust, checks: await checkStamp([...evidence, stamp], trust) }
}

/** What follows where nobody was asked about the authority's certificate. */
const unasked = { holds: null, sentence: expect.stringContaining('nothing at hand says') }

test('a stamp over the checkpoint says how much of the ledger existed by when, to who trusts the authority', async () => {
  const { evidence, stamp, checks } = await checked(later(start, 60_000))
  expect(checks).toMatchObject([{ holds: true }, unasked])
  for (const said of ['first 9 entries', later(start, 60_000), 'CN=Test TSA'])
    expect(checks[0]?.sentence).toContain(said)
  expect(await checkStamp([...evidence, stamp], [])).toMatchObject([{ holds: null }])
  expect(await checkStamp(evidence, [])).toEqual([])
})

test('a stamp over something else, over no checkpoint, or of no sense does not hold', async () => {
  const { evidence, stamp, trust, checks } = await checked(later(start, 60_000), 'proofs.json')
  expect(checks).toMatchObject([{ holds: false }])
  expect(await checkStamp([stamp], trust)).toMatchObject([{ holds: false }])
  const nonsense = { ...stamp, bytes: Buffer.from('<html>') }
  expect(await checkStamp([...evidence, nonsense], trust)).toMatchObject([{ holds: false }])
})

test('entries that claim to be younger than the stamp over them are told, and leave the question open', async () => {
  const { checks } = await checked(later(start, -3_600_000))
  expect(checks.map(({ holds }) => holds)).toEqual([true, null, null])
  expect(checks[2]?.sentence).toContain('E-2 to E-4')
})

test('a stamp whose authority’s certificate has run out counts only where the report was there before', async () => {
  const end = later(start, 86_400_000)
  const { evidence, stamp, trust, checks } = await checked(later(start, 60_000), 'checkpoint.txt', {
    notAfter: new Date(end),
  })
  expect(checks).toMatchObject([{ holds: null, sentence: expect.stringContaining(end) }])
  const before = later(end, -1000)
  expect(await checkStamp([...evidence, stamp], trust, { at: before })).toMatchObject([{ holds: true }, unasked])
  expect(await checkStamp([...evidence, stamp], [], { at: before })).toMatchObject([{ holds: null }])
})
