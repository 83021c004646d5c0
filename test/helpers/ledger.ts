import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { EntryQuery, NoteSigner, Store } from '../../src/ledger/store.ts'
import type { Sha256 } from '../../src/model/digest.ts'
import type { Entry, NewEntry } from '../../src/model/evidence.ts'
import { type Clock, instant, later } from '../../src/model/time.ts'

export const origin = 'example.org/affidavit'
export const start = instant('2026-09-09T02:00:00Z')

/** A clock that stands still. */
export const clock: Clock = { now: () => start }

/** The same key in every run: a test that fails once must fail again. */
export const signer: NoteSigner = signerFrom(1)
export const otherSigner: NoteSigner = signerFrom(2)

function signerFrom(seed: number): NoteSigner {
  const header = Buffer.from('302e020100300506032b657004220420', 'hex')
  const key = createPrivateKey({ key: Buffer.concat([header, Buffer.alloc(32, seed)]), format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return {
    name: origin,
    publicKey: Buffer.from(x, 'base64url'),
    sign: async (bytes) => sign(null, bytes, key),
  }
}

/** A plausible entry; `number` makes it differ from the others. */
export function newEntry(number: number, change: Partial<NewEntry> = {}): NewEntry {
  return {
    run: 'run-1',
    slot: start,
    collector: { id: 'tls', version: 1 },
    configuration: '0'.repeat(64) as Sha256,
    component: 'shop/gateway',
    target: 'shop/gateway/tls',
    kind: 'tls.protocol',
    subject: `api-${number}.example.test:443`,
    methods: ['TEST'],
    collected: later(start, number * 1000),
    expires: later(start, 86_400_000),
    facts: { protocol: 'TLSv1.2', offered: 'yes', number, reason: null },
    artefacts: [],
    ...change,
  }
}

export function newEntries(count: number, from = 0): readonly NewEntry[] {
  return Array.from({ length: count }, (_, index) => newEntry(from + index))
}

export function artefact(name: string, text: string) {
  return { name, mediaType: 'text/plain', bytes: Buffer.from(text) }
}

/** The entry of an erasure under a policy of 90 days. */
export function erasureEntry(
  artefacts: readonly { readonly commitment: string; readonly entries: readonly number[] }[],
): NewEntry {
  return newEntry(0, {
    run: 'erasure-1',
    slot: null,
    collector: { id: 'affidavit', version: 1 },
    component: null,
    target: null,
    kind: 'artefact.erased',
    subject: 'erasure-1',
    methods: ['EXAMINE'],
    expires: null,
    facts: {
      ...{ policy: 'raw-90', basis: 'contract 4.2', keep: '90d', reason: null, trigger: 'by-hand', by: 'tester' },
      ...{ asOf: start, holds: [], artefacts: artefacts.map((each) => ({ ...each, size: 1 })) },
    },
  })
}

/** In memory where the machine offers it: how long a disk takes to confirm a write is not what these tests are about. */
const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const { path, remove } = persistentFolder()
  onTestFinished(remove)
  return path
}

/** A folder for several tests. */
export function persistentFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(base, 'affidavit-ledger-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export async function entriesOf(store: Store, query?: EntryQuery): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for await (const { entry } of store.entries(query)) entries.push(entry)
  return entries
}

/** What a rejected promise was rejected with. */
export async function rejectionOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  )
}
