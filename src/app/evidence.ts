import type { IndexedEntry } from '../../reports/audit/issue.ts'
import { rangesOf } from '../ledger/entry-range.ts'
import { leafHash } from '../ledger/merkle.ts'
import { verifierKey } from '../ledger/note.ts'
import { type EntryProof, entriesToProve, formatProofs } from '../ledger/proof-file.ts'
import type { NoteSigner, Store, StoredEntry } from '../ledger/store.ts'
import type { Assessment } from '../model/assessment.ts'
import { sha256 } from '../model/digest.ts'
import { type Erasure, erasedArtefacts, erasureKind, erasureOf } from '../model/erasure.ts'
import type { Json } from '../model/json.ts'
import { within } from '../model/period.ts'
import { erasuresOf } from './browse.ts'
import { periodEntries } from './period-entries.ts'
import type { Project } from './project.ts'

/** A file that travels inside the PDF. */
export type Attachment = {
  readonly name: string
  readonly mediaType: string
  readonly description: string
  readonly bytes: Uint8Array
}

/** Every entry that a finding of the assessment rests on, in ledger order. */
export async function evidenceIndex(store: Store, assessment: Assessment): Promise<readonly IndexedEntry[]> {
  const index: IndexedEntry[] = []
  for (const sequence of decidingEntries(assessment)) {
    const stored = await store.entry(sequence)
    if (!stored) continue
    const { entry, bytes } = stored
    index.push({
      entry: sequence,
      kind: entry.kind,
      subject: entry.subject,
      collected: entry.collected,
      collector: `${entry.collector.id} ${entry.collector.version}`,
      digest: sha256(bytes),
      artefacts: entry.artefacts,
      erased: [...(await erasuresOf(store, entry))]
        .filter(([, erasure]) => erasure.entry < assessment.ledger.size)
        .map(([commitment, erasure]) => ({ commitment, entry: erasure.entry })),
    })
  }
  return index
}

/**
 * The period’s ledger entries, and those between and next to them that show that none was left out, with their inclusion proofs, the checkpoint, and the configuration and catalogue in
 * force, as files. What findings rest on is among the entries also where it was caught up after the period’s end, and so
 * is what says that raw bytes behind any of them were erased.
 */
export async function evidenceFiles(
  project: Project,
  store: Store,
  assessment: Assessment,
  ledgerKey: NoteSigner,
): Promise<{ readonly files: readonly Attachment[]; readonly erasures: readonly Erasure[] }> {
  const { period, ledger } = assessment
  const deciding = new Set(decidingEntries(assessment))
  const entries = await periodEntries(store, period, ledger.size)
  for (const sequence of deciding) {
    const late = entries.has(sequence) ? undefined : await store.entry(sequence)
    if (late) entries.set(sequence, late.bytes)
  }
  const erasures = await erasuresTouching(store, assessment, entries)
  for (const { entry, bytes } of erasures) {
    entries.set(entry.sequence, bytes)
    deciding.add(entry.sequence)
  }
  const sorted = [...entries].sort(([a], [b]) => a - b)
  const controls = project.catalogue.controls.map(({ source: _, ...control }) => control)
  const files = [
    {
      name: 'evidence.jsonl',
      mediaType: 'application/jsonl',
      description: 'Every ledger entry of the period and those beside them, one a line, in its canonical bytes',
      bytes: Buffer.concat(sorted.flatMap(([, bytes]) => [bytes, newline])),
    },
    {
      name: 'proofs.json',
      mediaType: 'application/json',
      description: 'Inclusion proofs (RFC 9162) that lead from the entries to the root in the checkpoint',
      bytes: Buffer.from(await proofsOf(store, sorted, { size: ledger.size, wanted: deciding })),
    },
    {
      name: 'checkpoint.txt',
      mediaType: 'text/plain',
      description: 'The signed checkpoint of the ledger that the evidence is taken from',
      bytes: Buffer.from(ledger.checkpoint ?? ''),
    },
    {
      name: 'ledger-key.txt',
      mediaType: 'text/plain',
      description: 'The key that verifies the checkpoint, as a C2SP signed-note verifier key',
      bytes: Buffer.from(`${verifierKey(ledgerKey)}\n`),
    },
    jsonFile('configuration.json', 'The configuration in force when the report was issued', project.config.document),
    jsonFile('controls.json', 'The controls that the evidence was judged by', controls as unknown as Json),
  ]
  return { files, erasures: erasures.map(({ entry }) => erasureOf(entry)) }
}

/** Acts of erasure within the period, or of what one of the entries refers to. */
async function erasuresTouching(
  store: Store,
  { period, ledger }: Assessment,
  entries: ReadonlyMap<number, unknown>,
): Promise<readonly StoredEntry[]> {
  const touching: StoredEntry[] = []
  for await (const each of store.entries({ kinds: [erasureKind] })) {
    if (each.entry.sequence >= ledger.size) break
    const own = erasedArtefacts(each.entry).some((artefact) => artefact.entries.some((entry) => entries.has(entry)))
    if (own || within(period, each.entry.collected)) touching.push(each)
  }
  return touching
}

/** The text of `proofs.json` for entries in order of sequence; `wanted` are those that get a path of their own anyway. */
export async function proofsOf(
  store: Store,
  entries: readonly (readonly [sequence: number, bytes: Uint8Array])[],
  { size, wanted }: { readonly size: number; readonly wanted: ReadonlySet<number> },
): Promise<string> {
  const bytesOf = new Map(entries)
  const proofs: EntryProof[] = []
  for (const entry of entriesToProve([...bytesOf.keys()], wanted)) {
    const leaf = leafHash(bytesOf.get(entry) ?? new Uint8Array())
    proofs.push({ entry, leaf, path: await store.inclusionProof(entry, size) })
  }
  return formatProofs({ size, proofs, ranges: rangesOf(bytesOf.keys()) })
}

function decidingEntries({ findings }: Assessment): readonly number[] {
  const entries = findings.flatMap(({ decisions, healed }) => [...decisions, ...healed].map(({ entry }) => entry))
  return [...new Set(entries)].sort((a, b) => a - b)
}

const newline = Buffer.from('\n')

function jsonFile(name: string, description: string, value: Json): Attachment {
  return { name, mediaType: 'application/json', description, bytes: Buffer.from(`${JSON.stringify(value, null, 2)}\n`) }
}
