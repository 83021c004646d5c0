import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { parseTreeHead } from '../ledger/checkpoint.ts'
import { parseNote, signNote, verifierKey } from '../ledger/note.ts'
import type { Checkpoint, CheckpointTimestamp, NoteSigner, Store } from '../ledger/store.ts'
import { type Sha256, sha256 } from '../model/digest.ts'
import { erasedBy, erasureKind } from '../model/erasure.ts'
import { StoreError } from '../model/errors.ts'
import type { Entry } from '../model/evidence.ts'
import type { Json } from '../model/json.ts'
import type { Period } from '../model/period.ts'
import { readCertificates, writePem } from '../signing/keys/pem.ts'
import { writeReply } from '../signing/stamp.ts'
import { version } from './assets.ts'
import { type BundleWriter, writeBundle } from './bundle-files.ts'
import { bundleReadme } from './bundle-readme.ts'
import { issueKinds } from './check-issued.ts'
import { proofsOf } from './evidence.ts'
import type { Project } from './project.ts'
import { timestampAnchors } from './timestamper.ts'

export type ExportedBundle = {
  readonly output: string
  readonly entries: number
  readonly artefacts: number
  /** Whether it is the whole ledger, so that it can be imported. */
  readonly whole: boolean
}

/** Up to so many entries each get a path of their own; beyond that the ends of unbroken runs prove what lies between. */
const mostProved = 20_000

/** Where a bundle has the certificates that its exporter trusted for times; a reader needs them by another way, too. */
export const anchorsFile = 'certificates/time-stamping.pem'

/** The first line of what the ledger's key signs over a bundle; no checkpoint begins so. */
export const manifestTitle = 'affidavit evidence bundle'

type Selected = {
  readonly entries: ReadonlyMap<number, Uint8Array>
  readonly artefacts: ReadonlySet<Sha256>
  /** Which of these were erased, and the sequence of the entry that says so, which is among the entries. */
  readonly erased: ReadonlyMap<Sha256, number>
}

/**
 * Writes the evidence of a period, or of the whole ledger where there is none, as one folder or zip archive that
 * verifies by itself; signs a checkpoint first. Throws ConfigError, StoreError or SigningError; nothing half-written stays.
 */
export async function exportBundle(
  project: Project,
  store: Store,
  ledgerKey: NoteSigner,
  { period, output }: { readonly period: Period | null; readonly output: string },
): Promise<ExportedBundle> {
  const head = await store.checkpoint(ledgerKey)
  const selected = await select(store, head.size, period)
  if (selected.entries.size === 0) {
    throw new StoreError('AFD_BUNDLE_EMPTY', `the ledger has no evidence${period ? ` of ${period.id}` : ''}`, {
      hint: 'see what there is with: affidavit evidence list',
    })
  }
  await using bundle = await writeBundle(output)
  const whole = selected.entries.size === head.size
  const facts = { origin: store.origin, entries: selected.entries.size, exported: project.clock.now() }
  const scope = whole ? 'The whole ledger' : `The assessment period ${period?.id} (${period?.from} to ${period?.to})`
  const missing = await addArtefacts(bundle, store, selected.artefacts)
  const artefacts = selected.artefacts.size - missing.length
  const stamps = (await store.timestamps()).filter(({ note }) => parseTreeHead(parseNote(note).text).size <= head.size)
  const anchors = await timestampAnchors(project)
  const { erased } = selected
  await bundle.add(
    'README.md',
    bundleReadme({ ...facts, scope, artefacts, erased: erased.size, stamps: stamps.length, anchors: anchors.length }),
  )
  await addLedger(bundle, store, head, selected)
  await bundle.add('ledger-key.txt', `${verifierKey(ledgerKey)}\n`)
  const checkpoints = await addCheckpoints(bundle, store, head)
  const timestamps = await addTimestamps(bundle, stamps, checkpoints)
  await addRecorded(bundle, store, selected)
  await addCertificates(bundle, project)
  if (anchors.length > 0)
    await bundle.add(
      anchorsFile,
      anchors
        .flatMap(readCertificates)
        .map((der) => writePem('CERTIFICATE', der))
        .join(''),
    )
  const content = {
    version: 1,
    affidavit: version,
    ...facts,
    period,
    whole,
    size: head.size,
    checkpoints: checkpoints.map(({ note: _, ...each }) => each),
    timestamps,
    missing: missing.filter((commitment) => !erased.has(commitment)),
    erased: Object.fromEntries(erased),
  }
  await bundle.add('bundle.json', `${JSON.stringify(content, null, 2)}\n`)
  await sign(bundle, ledgerKey)
  await bundle.finish()
  return { output, entries: facts.entries, artefacts, whole }
}

/**
 * The entries of the period, and beside them what was last recorded of configuration and catalogue before its end, and
 * which reports of it were issued, or raised, whenever that was, and whatever says of one of their artefacts that it was
 * erased.
 */
async function select(store: Store, size: number, period: Period | null): Promise<Selected> {
  const found: { entry: Entry; bytes: Uint8Array }[] = []
  for await (const each of store.entries(period ? { from: period.from, to: period.to } : {})) {
    if (each.entry.sequence < size) found.push(each)
  }
  for (const kind of recordedKinds) {
    const query = { kinds: [kind], order: 'desc' as const, limit: 1, ...(period ? { to: period.to } : {}) }
    for await (const each of store.entries(query)) {
      const known = found.some(({ entry }) => entry.sequence === each.entry.sequence)
      if (!known && each.entry.sequence < size) found.push(each)
    }
  }
  if (period) {
    for await (const each of store.entries({ kinds: issueKinds })) {
      const { sequence, facts } = each.entry
      const isOfPeriod = (facts.period as { readonly id?: unknown } | undefined)?.id === period.id
      const isNew = sequence < size && !found.some(({ entry }) => entry.sequence === sequence)
      if (isOfPeriod && isNew) found.push(each)
    }
  }
  const artefacts = new Set(found.flatMap(({ entry }) => entry.artefacts.map(({ commitment }) => commitment)))
  const erased = new Map<Sha256, number>()
  for await (const each of store.entries({ kinds: [erasureKind] })) {
    const own = erasedBy(each.entry).filter((commitment) => artefacts.has(commitment))
    if (own.length === 0 || each.entry.sequence >= size) continue
    for (const commitment of own) erased.set(commitment, each.entry.sequence)
    if (!found.some(({ entry }) => entry.sequence === each.entry.sequence)) found.push(each)
  }
  found.sort((a, b) => a.entry.sequence - b.entry.sequence)
  return { entries: new Map(found.map(({ entry, bytes }) => [entry.sequence, bytes])), artefacts, erased }
}

async function addArtefacts(
  bundle: BundleWriter,
  store: Store,
  commitments: ReadonlySet<Sha256>,
): Promise<readonly Sha256[]> {
  const missing: Sha256[] = []
  for (const commitment of commitments) {
    const artefact = await store.artefact(commitment)
    if (artefact) {
      await bundle.add(`artefacts/${commitment}.salt`, artefact.salt)
      await bundle.add(`artefacts/${commitment}.bin`, artefact.bytes)
    } else {
      missing.push(commitment)
    }
  }
  return missing
}

async function addLedger(bundle: BundleWriter, store: Store, head: Checkpoint, { entries }: Selected): Promise<void> {
  const lines = [...entries.values()].flatMap((bytes) => [bytes, Buffer.from('\n')])
  await bundle.add('entries.jsonl', Buffer.concat(lines))
  const wanted = new Set(entries.size <= mostProved ? entries.keys() : [])
  await bundle.add('proofs.json', await proofsOf(store, [...entries], { size: head.size, wanted }))
  await bundle.add('checkpoint.txt', head.note)
}

/** Every checkpoint, with the proof that it is the beginning of the newest. */
async function addCheckpoints(
  bundle: BundleWriter,
  store: Store,
  head: Checkpoint,
): Promise<readonly ListedCheckpoint[]> {
  const listed: ListedCheckpoint[] = []
  const proofs = new Map<number, readonly string[]>()
  for (const [index, { size, note, created }] of (await store.checkpoints()).entries()) {
    if (size > head.size) continue
    const file = `checkpoints/${String(index + 1).padStart(6, '0')}.txt`
    await bundle.add(file, note)
    listed.push({ file, size, created, note })
    if (size === 0 || proofs.has(size)) continue
    const path = await store.consistencyProof(size, head.size)
    proofs.set(
      size,
      path.map((node) => Buffer.from(node).toString('hex')),
    )
  }
  const lines = [...proofs].map(([from, path]) => JSON.stringify({ from, path }))
  await bundle.add('consistency.json', `{"version":1,"to":${head.size},"proofs":[\n${lines.join(',\n')}\n]}\n`)
  return listed
}

type ListedCheckpoint = {
  readonly file: string
  readonly size: number
  readonly created: string
  readonly note: string
}

/** Each time stamp in a file that is called as that of its checkpoint, and counted. */
async function addTimestamps(
  bundle: BundleWriter,
  stamps: readonly CheckpointTimestamp[],
  checkpoints: readonly ListedCheckpoint[],
): Promise<Json> {
  const listed: { file: string; checkpoint: string; received: string }[] = []
  for (const { note, token, received } of stamps) {
    const checkpoint = checkpoints.find((each) => each.note === note)?.file
    if (checkpoint === undefined) continue
    const count = listed.filter((each) => each.checkpoint === checkpoint).length + 1
    const file = `timestamps/${basename(checkpoint, '.txt')}-${count}.tsr`
    await bundle.add(file, writeReply(token))
    listed.push({ file, checkpoint, received })
  }
  return listed
}

/** The kinds of entries that hold configuration and catalogue, as their first artefacts, and what a bundle calls those. */
export const recordedFiles: { readonly [kind: string]: string } = {
  'configuration.recorded': 'configuration.json',
  'catalogue.recorded': 'controls.json',
}
const recordedKinds = Object.keys(recordedFiles)

async function addRecorded(bundle: BundleWriter, store: Store, { entries }: Selected): Promise<void> {
  for (const kind of recordedKinds) {
    for await (const { entry } of store.entries({ kinds: [kind], order: 'desc' })) {
      if (!entries.has(entry.sequence)) continue
      const [reference] = entry.artefacts
      const artefact = reference && (await store.artefact(reference.commitment))
      if (artefact) await bundle.add(recordedFiles[kind] ?? '', artefact.bytes)
      break
    }
  }
}

async function addCertificates(bundle: BundleWriter, { config, directory }: Project): Promise<void> {
  for (const [index, path] of config.signing.certificates.entries()) {
    const bytes = await readFile(resolve(directory, path)).catch(() => undefined)
    const name = basename(path).replaceAll(/[^A-Za-z0-9._-]/g, '_')
    // A key that somebody put into the same file stays where it is.
    if (bytes && !bytes.includes('PRIVATE KEY')) await bundle.add(`certificates/${index + 1}-${name}`, bytes)
  }
}

async function sign(bundle: BundleWriter, key: NoteSigner): Promise<void> {
  const manifest = bundle.manifest()
  await bundle.add('manifest.sha256', manifest)
  await bundle.add('manifest.txt', await signNote(`${manifestTitle}\n${sha256(manifest)}\n`, key))
}
