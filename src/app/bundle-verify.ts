import * as z from 'zod'
import { parseTreeHead, type TreeHead } from '../ledger/checkpoint.ts'
import { type NoteKey, parseVerifierKey, verifierKey, verifyNote } from '../ledger/note.ts'
import { verifyConsistency } from '../ledger/proof.ts'
import { type ProvedEntries, proveEntries } from '../ledger/proved-entries.ts'
import type { CheckpointTimestamp } from '../ledger/store.ts'
import type { TimeBound } from '../ledger/time-bounds.ts'
import { sha256 } from '../model/digest.ts'
import { type Erasure, erasedBy, erasureOf, erasureText } from '../model/erasure.ts'
import { AffidavitError, IntegrityError } from '../model/errors.ts'
import type { Entry } from '../model/evidence.ts'
import { type Instant, instant } from '../model/time.ts'
import { manifestTitle, recordedFiles } from './bundle-export.ts'
import { type BundleFiles, readBundle } from './bundle-files.ts'
import { checkTimestamps } from './bundle-timestamps.ts'
import type { Check } from './check-evidence.ts'

export type BundleVerification = {
  readonly verdict: 'accepted' | 'refused'
  readonly checks: readonly Check[]
  readonly origin: string | null
  /** The ledger's key, as a signed-note verifier key. */
  readonly key: string | null
  readonly entries: number
  /** What its time stamps say, by ascending size. */
  readonly bounds: readonly TimeBound[]
  /** Whether it holds every entry and artefact of the ledger that its checkpoint states. */
  readonly whole: boolean
  readonly conclusion: string
}

/** A bundle whose files are what they should be, opened up for use. */
export type VerifiedBundle = {
  readonly result: BundleVerification
  readonly files: BundleFiles
  readonly head: TreeHead
  readonly key: NoteKey
  readonly content: Content
  readonly entries: ProvedEntries['entries']
  readonly timestamps: readonly CheckpointTimestamp[]
}

/**
 * Judges a bundle by itself, without a store; `trust` are certificates that vouch for time-stamp authorities. Throws
 * ConfigError where it cannot be read at all.
 */
export async function verifyBundle(path: string, trust: readonly Uint8Array[] = []): Promise<BundleVerification> {
  const { result } = await openBundle(path, trust)
  return result
}

/** The same, with what is in it where it was accepted. */
export async function openBundle(
  path: string,
  trust: readonly Uint8Array[] = [],
): Promise<VerifiedBundle | { readonly result: BundleVerification & { readonly verdict: 'refused' } }> {
  const checks: Check[] = []
  try {
    const files = await readBundle(path)
    checks.push(await checkManifest(files))
    const key = parseVerifierKey((await textOf(files, 'ledger-key.txt')).trim())
    const head = parseTreeHead(verifyNote(await textOf(files, 'checkpoint.txt'), [key]).text)
    checks.push(await checkSignatures(files, key, head))
    const content = parse(BundleContent, await textOf(files, 'bundle.json'), 'bundle.json')
    const [lines, proofs] = [await files.read('entries.jsonl'), await textOf(files, 'proofs.json')]
    const { entries, problems } = proveEntries(lines, proofs, head, [])
    const claims = claimProblems(content, head, entries)
    checks.push(
      checkOf(
        [...problems, ...claims],
        `All ${entries.size} entries are in the ledger of ${head.size} that the checkpoint states, proved from their bytes up to its root.`,
      ),
      await checkCheckpoints(files, content, head, key),
    )
    const stamped = await checkTimestamps(files, content, entries, trust)
    checks.push(...stamped.checks, await checkArtefacts(files, content, entries), await checkRecorded(files, entries))
    const sound = checks.every(({ holds }) => holds !== false)
    const whole = sound && entries.size === head.size && content.missing.length === 0
    const { bounds, timestamps } = stamped
    const facts = { origin: head.origin, key: verifierKey(key), entries: entries.size, bounds, whole }
    if (!sound) return { result: refused(checks, facts) }
    return {
      result: { verdict: 'accepted', checks, ...facts, conclusion },
      files,
      head,
      key,
      content,
      entries,
      timestamps,
    }
  } catch (error) {
    if (!(error instanceof AffidavitError) || error.code === 'AFD_BUNDLE_UNREADABLE') throw error
    checks.push({ holds: false, sentence: `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.` })
    return { result: refused(checks, { origin: null, key: null, entries: 0, bounds: [], whole: false }) }
  }
}

const conclusion =
  'This bundle is exactly what the holder of the ledger’s key exported, and every entry in it is in that ledger. Whose key it is, it cannot say: compare it with the one that the organisation gave you by another way.'

function refused(
  checks: readonly Check[],
  facts: Pick<BundleVerification, 'origin' | 'key' | 'entries' | 'bounds' | 'whole'>,
): BundleVerification & { readonly verdict: 'refused' } {
  const why = 'Do not rely on this bundle: it is not what was exported.'
  return { verdict: 'refused', checks, ...facts, conclusion: why }
}

/** `sha256sum` writes no path that leaves the folder, and neither may a manifest name one. */
const manifestLine = /^([0-9a-f]{64}) {2}([A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*)$/

/** The files that the manifest cannot list: itself, and the signature over it. */
const outside = ['manifest.sha256', 'manifest.txt']

async function checkManifest(files: BundleFiles): Promise<Check> {
  const lines = (await textOf(files, 'manifest.sha256')).split('\n').slice(0, -1)
  const listed = new Set(outside)
  const problems: string[] = []
  for (const line of lines) {
    const [, digest, name] = manifestLine.exec(line) ?? []
    if (digest === undefined || name === undefined || listed.has(name)) {
      problems.push(`The manifest has a line that is none, or one file twice: ${line.slice(0, 100)}`)
      continue
    }
    listed.add(name)
    if (!files.names.has(name)) problems.push(`${name} is missing.`)
    else if (sha256(await files.read(name)) !== digest) problems.push(`${name} was altered.`)
  }
  problems.push(...[...files.names].filter((name) => !listed.has(name)).map((name) => `${name} was added.`))
  return checkOf(problems, `All ${lines.length} files are those of the manifest, and there are no others.`)
}

async function checkSignatures(files: BundleFiles, key: NoteKey, head: TreeHead): Promise<Check> {
  const { text } = verifyNote(await textOf(files, 'manifest.txt'), [key])
  const stated = `${manifestTitle}\n${sha256(await files.read('manifest.sha256'))}\n`
  return checkOf(
    text === stated ? [] : ['The signature over the manifest is one over another manifest.'],
    `Manifest and checkpoint, over ${head.size} entries of ${head.origin}, are signed by the ledger’s key.`,
  )
}

/** What the bundle says of itself is signed as well, but only what its entries bear out is believed. */
function claimProblems(content: Content, head: TreeHead, entries: ReadonlyMap<number, unknown>) {
  const { origin, size, whole } = content
  const fits = origin === head.origin && size === head.size && content.entries === entries.size
  return fits && whole === (entries.size === head.size) ? [] : ['bundle.json does not describe these entries.']
}

async function checkCheckpoints(
  files: BundleFiles,
  { checkpoints }: Content,
  head: TreeHead,
  key: NoteKey,
): Promise<Check> {
  const { to, proofs } = parse(Consistency, await textOf(files, 'consistency.json'), 'consistency.json')
  const paths = new Map(proofs.map(({ from, path }) => [from, path.map((node) => Buffer.from(node, 'hex'))]))
  const problems: string[] = []
  if (to !== head.size) problems.push('The consistency proofs lead to another checkpoint.')
  for (const { file, size } of checkpoints) {
    const earlier = parseTreeHead(verifyNote(await textOf(files, file), [key]).text)
    const path = paths.get(size)
    const sound =
      earlier.origin === head.origin &&
      earlier.size === size &&
      (size === 0 || (path && verifyConsistency(size, head.size, path, earlier.root, head.root)))
    if (!sound) problems.push(`The checkpoint over ${size} entries is not the beginning of the newest.`)
  }
  return checkOf(problems, `${checkpoints.length} checkpoints are signed, and each is the beginning of the newest.`)
}

async function checkArtefacts(
  files: BundleFiles,
  { missing, erased }: Content,
  entries: ProvedEntries['entries'],
): Promise<Check> {
  const named = new Map<string, { readonly entry: Entry; readonly size: number }>()
  for (const { entry } of entries.values()) {
    for (const { commitment, size } of entry.artefacts) named.set(commitment, { entry, size })
  }
  const problems: string[] = []
  const gone = new Set<string>(missing)
  const erasures = new Map<number, Erasure>()
  for (const [commitment, { entry, size }] of named) {
    const claimed = erased[commitment]
    if (claimed !== undefined) {
      const erasure = entries.get(claimed)?.entry
      const says =
        erasure !== undefined && claimed > entry.sequence && erasedBy(erasure).some((each) => each === commitment)
      if (says) erasures.set(claimed, erasureOf(erasure))
      else problems.push(`No entry says that an artefact of E-${entry.sequence} was erased: ${commitment}.`)
      continue
    }
    if (gone.has(commitment)) {
      problems.push(`An artefact of E-${entry.sequence} was gone from the store, and no entry says that it was erased.`)
      continue
    }
    const [salt, bytes] = [await files.read(`artefacts/${commitment}.salt`), await files.read(artefactFile(commitment))]
    if (sha256(salt, bytes) === commitment && salt.length === 32 && bytes.length === size) continue
    problems.push(`An artefact of E-${entry.sequence} was altered: ${commitment}.`)
  }
  const extra = [...files.names].filter((name) => name.startsWith('artefacts/'))
  for (const name of extra) {
    const commitment = name.slice('artefacts/'.length).replace(/\.(?:bin|salt)$/, '')
    if (!named.has(commitment)) problems.push(`${name} belongs to no entry.`)
    if (commitment in erased) problems.push(`${name} is there, although bundle.json says that it was erased.`)
  }
  const absent = Object.keys(erased).length
  const why = [...erasures.values()].map(erasureText).join(', ')
  const told = absent > 0 ? ` The bytes of ${absent} more were erased, as entries say: ${why}.` : ''
  return checkOf(problems, `${named.size - absent} artefacts are those that the entries committed to.${told}`)
}

/** Configuration and catalogue stand there under plain names; they must be what the newest entries of their kind hold. */
async function checkRecorded(files: BundleFiles, entries: ProvedEntries['entries']): Promise<Check> {
  const problems: string[] = []
  for (const [kind, name] of Object.entries(recordedFiles)) {
    if (!files.names.has(name)) continue
    const newest = [...entries.values()].filter(({ entry }) => entry.kind === kind).at(-1)
    const commitment = newest?.entry.artefacts[0]?.commitment
    const same =
      commitment !== undefined && sha256(await files.read(artefactFile(commitment))) === sha256(await files.read(name))
    if (!same) problems.push(`${name} is not what the entries recorded.`)
  }
  return checkOf(problems, 'Configuration and controls are those that the entries recorded.')
}

function checkOf(problems: readonly string[], otherwise: string): Check {
  if (problems.length === 0) return { holds: true, sentence: otherwise }
  const more = problems.length > 8 ? ` And ${problems.length - 8} more.` : ''
  return { holds: false, sentence: `${problems.slice(0, 8).join(' ')}${more}` }
}

/** Where a bundle keeps the bytes behind a commitment; their salt is beside them. */
export function artefactFile(commitment: string): string {
  return `artefacts/${commitment}.bin`
}

const Position = z.int().min(0)
const Hash = z.string().regex(/^[0-9a-f]{64}$/)
const Moment = z.string().transform((text, context): Instant => {
  try {
    return instant(text)
  } catch {
    context.addIssue('not an instant')
    return z.NEVER
  }
})
const BundleContent = z.object({
  version: z.literal(1),
  origin: z.string(),
  size: Position,
  entries: Position,
  whole: z.boolean(),
  checkpoints: z.array(z.object({ file: z.string(), size: Position, created: Moment })),
  timestamps: z.array(z.object({ file: z.string(), checkpoint: z.string(), received: Moment })).default([]),
  missing: z.array(Hash),
  /** Commitment to the entry that says that its bytes were erased. */
  erased: z.record(Hash, Position).default({}),
})
type Content = z.infer<typeof BundleContent>
const Consistency = z.strictObject({
  version: z.literal(1),
  to: Position,
  proofs: z.array(z.strictObject({ from: Position, path: z.array(Hash) })),
})

async function textOf(files: BundleFiles, name: string): Promise<string> {
  return Buffer.from(await files.read(name)).toString('utf8')
}

function parse<Shape extends z.ZodType>(shape: Shape, text: string, name: string): z.output<Shape> {
  try {
    return shape.parse(JSON.parse(text))
  } catch (cause) {
    throw new IntegrityError('AFD_BUNDLE_FILE', `${name} is not what it should be`, { cause, subject: name })
  }
}
