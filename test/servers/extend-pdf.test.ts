import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addDocumentTimestamp, addValidationData } from '../../src/signing/extend-pdf.ts'
import { addToStore, readStore } from '../../src/signing/pdf/dss.ts'
import { openPdf } from '../../src/signing/pdf/file.ts'
import { readLaterData } from '../../src/signing/pdf/later-data.ts'
import { PdfError } from '../../src/signing/pdf/objects.ts'
import { updateOf } from '../../src/signing/pdf/update.ts'
import { Refusal } from '../../src/signing/refusal.ts'
import { type LongTermFaults, type LongTermWorld, longTermWorld } from '../helpers/long-term.ts'
import { chromiumPdf, never, sign, withByte } from '../helpers/signing.ts'

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined

async function signed(world: LongTermWorld): Promise<Uint8Array> {
  const { signer, timestamper, clock } = world
  const { pdf, level } = await sign(chromiumPdf(), { signer, timestamper, clock })
  expect(level).toBe('B-T')
  return pdf
}

const extend = (pdf: Uint8Array, { ask, clock, signerRoot, timesRoot }: LongTermWorld) =>
  addValidationData(pdf, {
    ask,
    clock,
    known: [signerRoot.der, timesRoot.der].map((der) => Uint8Array.from(der)),
    signal: never,
  })

async function raised(world: LongTermWorld): Promise<{ pdf: Uint8Array; withData: Uint8Array; archived: Uint8Array }> {
  const pdf = await signed(world)
  const { pdf: withData, shortfall } = await extend(pdf, world)
  expect(shortfall).toBeNull()
  if (!withData) throw new Error('nothing was added')
  return { pdf, withData, archived: await addDocumentTimestamp(withData, world.timestamper, never) }
}

describe.each(['P-256', 'RSA-2048'] as const)('a report signed with %s and raised to B-LTA', (keyType) => {
  test('keeps what was signed, and holds what its chains need', async () => {
    using world = await longTermWorld({ keyType })
    const { pdf, withData, archived } = await raised(world)
    expect(Buffer.from(withData.subarray(0, pdf.length)).equals(pdf)).toBe(true)
    expect(Buffer.from(archived.subarray(0, withData.length)).equals(withData)).toBe(true)
    const store = readStore(openPdf(archived))
    expect(store?.certificates).toHaveLength(4)
    expect(store?.ocsps).toHaveLength(1)
    expect(store?.crls).toHaveLength(1)
    expect(store?.related.size).toBe(1)
    expect(world.asked.toSorted()).toEqual(['crl http://crl.example/times.crl', 'ocsp http://ocsp.example/'])
  })

  test.skipIf(!has('pdfsig') || !has('qpdf'))('is sound to pdfsig and qpdf', async () => {
    using world = await longTermWorld({ keyType })
    const { archived } = await raised(world)
    const path = join(world.folder, 'archived.pdf')
    writeFileSync(path, archived)
    const told = execFileSync('pdfsig', ['-nocert', path]).toString()
    expect(told.match(/Signature Validation: Signature is Valid\./g)).toHaveLength(1)
    // It does not know ETSI.RFC3161; openssl checks the token in the next test.
    const [, report, timestamp] = told.split(/Signature #\d:/)
    expect(report).toContain('Signature is Valid.')
    expect(timestamp).toContain('Signature Field Name: Timestamp1')
    expect(timestamp).toContain('Total document signed')
    const check = spawnSync('qpdf', ['--check', path]).stdout.toString()
    expect(check).toContain('No syntax or stream encoding errors found')
    expect(check).not.toMatch(/warning/i)
  })

  test('bears a document timestamp that `openssl ts -verify` accepts over all of it, and over nothing else', async () => {
    using world = await longTermWorld({ keyType })
    const { archived } = await raised(world)
    const ranges = [
      ...Buffer.from(archived)
        .toString('latin1')
        .matchAll(/\/ByteRange \[0 (\d+) (\d+) (\d+)/g),
    ].at(-1)
    const [gapStart = 0, gapEnd = 0, rest = 0] = (ranges ?? []).slice(1).map(Number)
    expect(gapEnd + rest).toBe(archived.length)
    const token = Buffer.from(Buffer.from(archived.subarray(gapStart + 1, gapEnd - 1)).toString('latin1'), 'hex')
    const covered = Buffer.concat([archived.subarray(0, gapStart), archived.subarray(gapEnd)])
    const file = (name: string, bytes: Uint8Array) => writeFileSync(join(world.folder, name), bytes)
    file('archive.token', token)
    file('covered', covered)
    file('changed', withByte(covered, 5_000, (covered[5_000] ?? 0) ^ 1))
    const verify = (data: string) => {
      const args = ['ts', '-verify', '-token_in', '-in', 'archive.token', '-data', data, '-CAfile', 'times.pem']
      return spawnSync('openssl', args, { cwd: world.folder }).stdout.toString()
    }
    expect(verify('covered')).toContain('Verification: OK')
    expect(verify('changed')).not.toContain('Verification: OK')
  })

  test('is renewed with the data of its last timestamp and another one', async () => {
    using world = await longTermWorld({ keyType })
    const { archived } = await raised(world)
    const { pdf, shortfall } = await extend(archived, world)
    expect(shortfall).toBeNull()
    const renewed = await addDocumentTimestamp(pdf ?? new Uint8Array(), world.timestamper, never)
    expect(Buffer.from(renewed.subarray(0, archived.length)).equals(archived)).toBe(true)
    expect(readStore(openPdf(renewed))?.related.size).toBe(2)
    expect(Buffer.from(renewed).toString('latin1')).toContain('(Timestamp2)')
  })
})

describe('a report stays as it was, and why is told,', () => {
  const past = new Date(Math.floor(Date.now() / 1000) * 1000 - 600_000)
  const gaps: readonly [string, LongTermFaults, string][] = [
    ['where a certificate names nobody to ask', { silent: true }, 'names no OCSP responder'],
    ['where nobody answers', { unreachable: true }, 'no route'],
    ['where the signer was revoked before', { revoked: past }, 'was revoked at'],
  ]
  test.each(gaps)('%s', async (_, faults, reason) => {
    using world = await longTermWorld(faults)
    const { pdf, shortfall } = await extend(await signed(world), world)
    expect(pdf).toBeNull()
    expect(shortfall).toContain(reason)
  })

  test('where it has no timestamp', async () => {
    using world = await longTermWorld()
    const { signer, clock } = world
    const { pdf } = await sign(chromiumPdf(), { signer, clock })
    expect((await extend(pdf, world)).shortfall).toContain('no timestamp')
  })
})

describe('what follows a signature', () => {
  test('is read back as what it is, newest first', async () => {
    using world = await longTermWorld()
    const { pdf, withData, archived } = await raised(world)
    const timestamp = readLaterData(openPdf(archived))
    expect(timestamp).toMatchObject({ kind: 'document-timestamp' })
    expect(Buffer.from(timestamp?.before.bytes ?? []).equals(withData)).toBe(true)
    const data = readLaterData(openPdf(withData))
    expect(data).toMatchObject({ kind: 'validation-data', store: { ocsps: [expect.anything()] } })
    expect(Buffer.from(data?.before.bytes ?? []).equals(pdf)).toBe(true)
    expect(readLaterData(openPdf(pdf))).toBeNull()
    const renewed = (await extend(archived, world)).pdf ?? new Uint8Array()
    expect(readLaterData(openPdf(renewed))).toMatchObject({ kind: 'validation-data' })
  })

  test.each(['validation data', 'a document timestamp'])(
    'is refused as %s, or reads otherwise, once any one byte of it is another',
    async (what) => {
      using world = await longTermWorld()
      const { pdf, withData, archived } = await raised(world)
      const [whole, from] = what === 'validation data' ? [withData, pdf.length] : [archived, withData.length]
      const unnoticed: number[] = []
      const sound = contentOf(whole)
      for (let at = from; at < whole.length; at++) {
        // Digits of certificates and tokens are all alike: one in 97 stands for the others.
        if (isDigits(whole.subarray(at - 8, at + 9)) && at % 97 !== 0) continue
        const changed = withByte(whole, at, (whole[at] ?? 0) ^ 1)
        if (contentOf(changed) === sound) unnoticed.push(at)
      }
      expect(unnoticed).toEqual([])
    },
  )

  test('is refused where something else comes along', async () => {
    using world = await longTermWorld()
    const { pdf } = await raised(world)
    const file = openPdf(pdf)
    const update = updateOf(file)
    addToStore(file, update, new Map([['A'.repeat(40), { certificates: [Uint8Array.of(1)], ocsps: [], crls: [] }]]))
    update.add({ kind: 'stream', dict: { kind: 'dict', entries: new Map() }, bytes: Uint8Array.of(2) })
    expect(() => readLaterData(openPdf(update.write({}).bytes))).toThrow(Refusal)
  })
})

const isDigits = (bytes: Uint8Array): boolean => /^[0-9A-F]+$/.test(Buffer.from(bytes).toString('latin1'))

/** What an update says, as text; `refused` where it is not what it should be. */
function contentOf(pdf: Uint8Array): string {
  try {
    const found = readLaterData(openPdf(pdf))
    if (!found) return 'something else'
    const { kind } = found
    if (kind === 'document-timestamp') return `${kind} ${Buffer.from(found.room).toString('hex')}`
    const lists = [found.store.certificates, found.store.ocsps, found.store.crls, [...found.store.related]]
    return `${kind} ${JSON.stringify(lists.flat())}`
  } catch (error) {
    if (error instanceof PdfError || error instanceof Refusal) return 'refused'
    throw error
  }
}
