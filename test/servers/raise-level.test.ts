import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SignatureLevel } from '../../src/model/signature-level.ts'
import { instant, later, millis } from '../../src/model/time.ts'
import { addSignature } from '../../src/signing/add-signature.ts'
import { readCrlFile } from '../../src/signing/keys/own-crl.ts'
import { addToStore, readStore } from '../../src/signing/pdf/dss.ts'
import { openPdf } from '../../src/signing/pdf/file.ts'
import { previousRevision } from '../../src/signing/pdf/later-data.ts'
import { updateOf } from '../../src/signing/pdf/update.ts'
import { type RaisedPdf, type RaiseOptions, raiseLevel } from '../../src/signing/raise-level.ts'
import { rfc3161Timestamper } from '../../src/signing/timestamp.ts'
import { verifyPdf } from '../../src/signing/verify-pdf.ts'
import { type LongTermWorld, longTermWorld } from '../helpers/long-term.ts'
import { authority } from '../helpers/revocation.ts'
import { chromiumPdf, clock, identityOf, never, sign, signerOf, withByte } from '../helpers/signing.ts'
import { atHand } from '../helpers/tamper/loot.ts'
import { startAuthority } from '../helpers/time-stamp-authority.ts'

const anchorsOf = ({ signerRoot, timesRoot }: LongTermWorld) =>
  [signerRoot.der, timesRoot.der].map((der) => Uint8Array.from(der))

const verify = (world: LongTermWorld, pdf: Uint8Array, at = world.clock.now()) =>
  verifyPdf(pdf, { anchors: anchorsOf(world), at })

async function raise(
  world: LongTermWorld,
  pdf: Uint8Array,
  from: SignatureLevel,
  to: SignatureLevel,
  options: Partial<RaiseOptions> = {},
): Promise<RaisedPdf> {
  const { ask, clock: now, timestamper } = world
  return await raiseLevel(pdf, from, to, {
    ask,
    clock: now,
    timestamper,
    known: anchorsOf(world),
    signal: never,
    ...options,
  })
}

async function issued(world: LongTermWorld, to: SignatureLevel): Promise<RaisedPdf> {
  const { signer, timestamper, clock: now } = world
  const { pdf, level } = await sign(chromiumPdf(), { signer, timestamper, clock: now })
  return await raise(world, pdf, level, to)
}

describe.each(['P-256', 'RSA-2048'] as const)('a report signed with %s', (keyType) => {
  test('is accepted at the level that it was raised to, and says what that rests on', async () => {
    using world = await longTermWorld({ keyType })
    for (const [level, kinds] of [
      ['B-LT', ['signature', 'validation-data']],
      ['B-LTA', ['signature', 'validation-data', 'document-timestamp']],
    ] as const) {
      const { pdf, shortfall } = await issued(world, level)
      expect(shortfall).toBeNull()
      const verdict = await verify(world, pdf)
      expect(verdict).toMatchObject({ verdict: 'accepted', level, reasons: [] })
      expect(verdict.layers.map(({ kind }) => kind)).toEqual(kinds)
      expect(verdict.layers.at(-1)?.bytes).toBe(pdf.length)
      expect(verdict.signatures[0]?.standings).toMatchObject([
        { subject: 'CN=Signer', status: 'good', source: 'ocsp' },
        { subject: 'CN=Times', status: 'good', source: 'crl' },
      ])
    }
  })
})

test('a report whose signature got no timestamp gets one later, and all that follows', async () => {
  using world = await longTermWorld()
  const { pdf } = await sign(chromiumPdf(), { signer: world.signer, clock: world.clock })
  const raised = await raise(world, pdf, 'B-B', 'B-LTA')
  expect(raised.additions.map(({ kind, level }) => [kind, level])).toEqual([
    ['document-timestamp', 'B-T'],
    ['validation-data', 'B-LT'],
    ['document-timestamp', 'B-LTA'],
  ])
  for (const { bytes, level } of raised.additions) {
    expect(await verify(world, raised.pdf.subarray(0, bytes))).toMatchObject({ verdict: 'accepted', level })
  }
  const { timestamp, signedAt } = await verify(world, raised.pdf)
  expect(timestamp?.authority).toBe('CN=Times')
  expect(millis(timestamp?.time ?? instant(0)) - millis(signedAt ?? instant(0))).toBeLessThan(60_000)
})

test('a report is renewed with the data of its last timestamp and another one; those of then stay', async () => {
  using world = await longTermWorld()
  const first = await issued(world, 'B-LTA')
  const renewed = await raise(world, first.pdf, 'B-LTA', 'B-LTA', {
    // Nobody answers for the signer any more.
    ask: (question, signal) =>
      question.kind === 'ocsp' ? Promise.reject(new Error('gone')) : world.ask(question, signal),
  })
  expect(renewed).toMatchObject({ level: 'B-LTA', shortfall: null })
  expect(renewed.additions).toHaveLength(2)
  expect(await verify(world, renewed.pdf)).toMatchObject({ verdict: 'accepted', level: 'B-LTA' })
  expect((await verify(world, renewed.pdf)).layers.map(({ kind }) => kind)).toEqual([
    'signature',
    'validation-data',
    'document-timestamp',
    'validation-data',
    'document-timestamp',
  ])
  expect(readStore(openPdf(renewed.pdf))?.related.size).toBe(2)
})

test('what cannot be had ends a report at the level reached, and why is told', async () => {
  using world = await longTermWorld()
  const { pdf } = await sign(chromiumPdf(), {
    signer: world.signer,
    timestamper: world.timestamper,
    clock: world.clock,
  })
  const silent = await raise(world, pdf, 'B-T', 'B-LTA', { ask: () => Promise.reject(new Error('no route')) })
  expect(silent).toMatchObject({ level: 'B-T', additions: [] })
  expect(silent.shortfall).toContain('no route')
  const down = rfc3161Timestamper({ url: 'http://127.0.0.1:1/tsr', attempts: 1 })
  const untimed = await raise(world, pdf, 'B-T', 'B-LTA', { timestamper: down })
  expect(untimed).toMatchObject({ level: 'B-LT', additions: [{ kind: 'validation-data' }] })
  expect(untimed.shortfall).toContain('127.0.0.1:1')
  expect(await verify(world, untimed.pdf)).toMatchObject({ verdict: 'accepted', level: 'B-LT' })
})

test('a list at hand answers for an authority that nobody can ask', async () => {
  await using times = await startAuthority()
  const timestamper = rfc3161Timestamper({ url: times.url })
  const { pdf } = await sign(chromiumPdf(), { timestamper })
  const crls = atHand([readCrlFile(identityOf('p256').rootCrl), times.crl])
  const asked = { ask: () => Promise.reject(new Error('nobody')), known: [], clock, signal: never, timestamper }
  const raised = await raiseLevel(pdf, 'B-T', 'B-LTA', { ...asked, crls })
  const anchors = [identityOf('p256').rootCertificate, times.rootCertificate]
  expect(await verifyPdf(raised.pdf, { anchors, at: clock.now() })).toMatchObject({
    verdict: 'accepted',
    level: 'B-LTA',
  })
  // Without an anchor it is the same file, and unproven only.
  expect(await verifyPdf(raised.pdf, { anchors: [], at: clock.now() })).toMatchObject({
    verdict: 'intact-signer-unproven',
    level: 'B-LTA',
  })
  const lacking = await raiseLevel(pdf, 'B-T', 'B-LTA', { ...asked, crls: crls.slice(0, 1) })
  expect(lacking).toMatchObject({ level: 'B-T', additions: [] })
  expect(lacking.shortfall).toContain('Test TSA')
})

test('somebody else signs a report that was raised, and it is raised for that signature too', async () => {
  using world = await longTermWorld()
  const first = await issued(world, 'B-LTA')
  const signer = await signerOf(identityOf('rsa3072'), world.clock)
  const anchors = [...anchorsOf(world), Buffer.from(identityOf('rsa3072').rootCertificate)]
  const { timestamper, clock: now } = world
  const signed = await addSignature(first.pdf, {
    signer,
    reason: 'Approved',
    clock: now,
    signal: never,
    timestamper,
    anchors,
  })
  const verdict = await verifyPdf(signed.pdf, { anchors, at: now.now() })
  expect(verdict).toMatchObject({ verdict: 'accepted', level: 'B-LTA' })
  expect(verdict.signatures.map(({ level }) => level)).toEqual(['B-LTA', 'B-T'])
  const crls = atHand([readCrlFile(identityOf('rsa3072').rootCrl)])
  const both = await raise(world, signed.pdf, 'B-LTA', 'B-LTA', { crls })
  expect(both.shortfall).toBeNull()
  const raised = await verifyPdf(both.pdf, { anchors, at: now.now() })
  expect(raised.signatures.map(({ level }) => level)).toEqual(['B-LTA', 'B-LTA'])
})

test('nothing is added to a report that is certified', async () => {
  using world = await longTermWorld()
  const { signer, timestamper, clock: now } = world
  const { pdf } = await sign(chromiumPdf(), { signer, timestamper, clock: now, certify: true })
  await expect(raise(world, pdf, 'B-T', 'B-LTA')).rejects.toMatchObject({ code: 'AFD_PDF_CERTIFIED' })
})

test.each(['B-LT', 'B-LTA'] as const)('a report at %s is refused with any one byte changed', async (level) => {
  using world = await longTermWorld()
  const { pdf } = await issued(world, level)
  await fc.assert(
    fc.asyncProperty(fc.nat(pdf.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      expect((await verify(world, withByte(pdf, at, (pdf[at] ?? 0) ^ mask))).verdict).toBe('refused')
    }),
    { numRuns: 250 },
  )
})

test('data that say that the signer was revoked before the report was signed refuse it', async () => {
  using world = await longTermWorld()
  const { pdf } = await issued(world, 'B-LT')
  const before = previousRevision(openPdf(pdf))
  const held = readStore(openPdf(pdf))
  using lists = authority(world.signerRoot, [
    { certificate: world.own, revoked: { at: new Date(Date.now() - 600_000) } },
  ])
  const update = updateOf(before)
  const related = [...(held?.related ?? [])].map(([key, data]) => {
    return [key, { ...data, ocsps: [], crls: [...data.crls, Uint8Array.from(lists.crl())] }] as const
  })
  addToStore(before, update, new Map(related))
  expect(await verify(world, update.write({}).bytes)).toMatchObject({
    verdict: 'refused',
    reasons: [{ code: 'certificate-revoked' }],
  })
})

test('once the certificates of its newest timestamp have run out, nothing shows its time any more', async () => {
  using world = await longTermWorld()
  const { pdf } = await issued(world, 'B-LTA')
  const verdict = await verify(world, pdf, later(world.clock.now(), 200 * 86_400_000))
  expect(verdict).toMatchObject({ verdict: 'intact-signer-unproven', level: 'B-LTA' })
  expect(verdict.reasons.map(({ code }) => code)).toContain('timestamp-outlived')
})
