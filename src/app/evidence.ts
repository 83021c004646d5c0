import type { IndexedEntry } from '../../reports/audit/issue.ts'
import { verifierKey } from '../ledger/note.ts'
import type { NoteSigner, Store } from '../ledger/store.ts'
import type { Assessment } from '../model/assessment.ts'
import { sha256 } from '../model/digest.ts'
import type { Json } from '../model/json.ts'
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
  const sequences = new Set(
    assessment.findings.flatMap(({ decisions, healed }) => [...decisions, ...healed].map(({ entry }) => entry)),
  )
  const index: IndexedEntry[] = []
  for (const sequence of [...sequences].sort((a, b) => a - b)) {
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
    })
  }
  return index
}

/** The period’s ledger entries, its checkpoint, and the configuration and catalogue in force, as files. */
export async function evidenceFiles(
  project: Project,
  store: Store,
  { period, ledger }: Assessment,
  ledgerKey: NoteSigner,
): Promise<readonly Attachment[]> {
  const lines: Uint8Array[] = []
  for await (const { bytes, entry } of store.entries({ from: period.from, to: period.to })) {
    if (entry.sequence < ledger.size) lines.push(bytes, newline)
  }
  const controls = project.catalogue.controls.map(({ source: _, ...control }) => control)
  return [
    {
      name: 'evidence.jsonl',
      mediaType: 'application/jsonl',
      description: 'Every ledger entry of the period, one a line, in its canonical bytes',
      bytes: Buffer.concat(lines),
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
}

const newline = Buffer.from('\n')

function jsonFile(name: string, description: string, value: Json): Attachment {
  return { name, mediaType: 'application/json', description, bytes: Buffer.from(`${JSON.stringify(value, null, 2)}\n`) }
}
