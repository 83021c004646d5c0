import { parseTreeHead, type TreeHead } from '../ledger/checkpoint.ts'
import { parseVerifierKey, verifyNote } from '../ledger/note.ts'
import { proveEntries } from '../ledger/proved-entries.ts'
import { type Sha256, sha256 } from '../model/digest.ts'
import { AffidavitError } from '../model/errors.ts'
import { type Instant, instant } from '../model/time.ts'
import { type Check, problemsText } from './check.ts'
import { checkErasures, type IndexedErasures } from './check-erasures.ts'
import { checkPeriod } from './check-period.ts'

type File = { readonly name: string; readonly bytes: Uint8Array }

/**
 * What a report's attachments say of each other: the checkpoint against the ledger's key, every entry against the index
 * and, by its inclusion proof, against the checkpoint's root.
 */
export function checkEvidence(attachments: readonly File[]): readonly Check[] {
  const bytes = (name: string) => attachments.find((attachment) => attachment.name === name)?.bytes
  const text = (name: string) => {
    const file = bytes(name)
    return file && Buffer.from(file).toString('utf8')
  }
  const [evidence, proofs, report] = [bytes('evidence.jsonl'), text('proofs.json'), text('report.json')]
  const [checkpoint, key] = [text('checkpoint.txt'), text('ledger-key.txt')]
  if (evidence === undefined || report === undefined || checkpoint === undefined || key === undefined) {
    return [{ holds: null, sentence: 'The file carries no evidence of Affidavit’s to check.' }]
  }
  const index = indexOf(report)
  if (!index) return [{ holds: false, sentence: 'The embedded report.json is not one of Affidavit’s.' }]
  const signed = readCheckpoint(checkpoint, key, report)
  if (!signed.head) return [signed.check]
  if (proofs === undefined) {
    return [signed.check, { holds: false, sentence: 'The evidence has no inclusion proofs: proofs.json is missing.' }]
  }
  return [signed.check, ...checkEntries(evidence, proofs, signed.head, { index, period: periodOf(report) })]
}

/** The id that a report's own `report.json` gives it: `AER-2026-Q3-0001`. */
export function reportId(attachments: readonly File[]): string | undefined {
  const file = attachments.find(({ name }) => name === 'report.json')
  const report = file && parsed(Buffer.from(file.bytes).toString('utf8'))
  const id = (report as { readonly issue?: { readonly id?: unknown } } | undefined)?.issue?.id
  return typeof id === 'string' ? id : undefined
}

/** The artefacts behind the entries that a report's index lists, each once. */
export function indexedArtefacts(attachments: readonly File[]): readonly IndexedArtefact[] {
  const file = attachments.find(({ name }) => name === 'report.json')
  const report = file && parsed(Buffer.from(file.bytes).toString('utf8'))
  const index = (report as { readonly issue?: { readonly evidence?: unknown } } | undefined)?.issue?.evidence
  const found = new Map<string, IndexedArtefact>()
  for (const item of Array.isArray(index) ? index : []) {
    const { entry, artefacts } = (item ?? {}) as { readonly entry?: unknown; readonly artefacts?: unknown }
    for (const artefact of Array.isArray(artefacts) ? artefacts : []) {
      const { name, commitment } = (artefact ?? {}) as Partial<IndexedArtefact>
      if (typeof entry !== 'number' || typeof name !== 'string' || typeof commitment !== 'string') continue
      if (/^[0-9a-f]{64}$/.test(commitment) && !found.has(commitment))
        found.set(commitment, { entry, name, commitment })
    }
  }
  return [...found.values()]
}

export type IndexedArtefact = { readonly entry: number; readonly name: string; readonly commitment: Sha256 }

function checkEntries(
  evidence: Uint8Array,
  proofs: string,
  head: TreeHead,
  { index, period }: { readonly index: readonly Indexed[]; readonly period: ReturnType<typeof periodOf> },
): readonly Check[] {
  const required = index.map(({ entry }) => entry)
  const { entries, problems } = proveEntries(evidence, proofs, head, required)
  const differing = index
    .filter(({ entry, digest }) => entries.has(entry) && sha256(entries.get(entry)?.bytes ?? '') !== digest)
    .map(({ entry }) => `E-${entry} is not what the report’s index lists.`)
  const erasures = checkErasures(index, entries)
  const wrong = [...problems, ...differing, ...erasures.problems]
  if (wrong.length > 0) {
    return [{ holds: false, sentence: `The embedded evidence does not hold: ${problemsText(wrong)}` }]
  }
  const sentence = `All ${entries.size} embedded entries are in the ledger that the checkpoint states, proved from their bytes up to its root; the ${index.length} that findings rest on are among them as the index lists them.`
  const proved: readonly Check[] = [
    { holds: true, sentence },
    ...(erasures.sentence === null ? [] : [{ holds: true, sentence: erasures.sentence }]),
  ]
  return period ? [...proved, checkPeriod(entries, head.size, period)] : proved
}

/** The tree head that the ledger's key signed, and what is to be said of it. */
function readCheckpoint(
  checkpoint: string,
  key: string,
  report: string,
): { readonly check: Check; readonly head?: TreeHead } {
  try {
    const note = verifyNote(checkpoint, [parseVerifierKey(key.trim())])
    const head = parseTreeHead(note.text)
    const stated = ledgerOf(report)
    const root = Buffer.from(head.root).toString('hex')
    if (stated?.size !== head.size || stated.root !== root) {
      return { check: { holds: false, sentence: 'The embedded checkpoint is not the one that the report rests on.' } }
    }
    const sentence = `The checkpoint over ${head.size} ledger entries is signed by the ledger’s key.`
    return { check: { holds: true, sentence }, head }
  } catch (error) {
    if (!(error instanceof AffidavitError)) throw error
    return { check: { holds: false, sentence: `The embedded checkpoint does not hold: ${error.message}.` } }
  }
}

function indexOf(report: string): readonly Indexed[] | undefined {
  const index = (parsed(report) as { readonly issue?: { readonly evidence?: unknown } } | undefined)?.issue?.evidence
  if (!Array.isArray(index)) return undefined
  const read = index.flatMap((item) => indexedOf(item) ?? [])
  return read.length === index.length ? read : undefined
}

type Indexed = IndexedErasures & { readonly digest: string }

/** Reports of before there were erasures say nothing of them. */
function indexedOf(item: unknown): Indexed | undefined {
  const { entry, digest, erased = [] } = (item ?? {}) as Partial<Indexed>
  if (typeof entry !== 'number' || typeof digest !== 'string') return undefined
  return Array.isArray(erased) && erased.every(isErased) ? { entry, digest, erased } : undefined
}

function isErased(item: unknown): item is Indexed['erased'][number] {
  const { commitment, entry } = (item ?? {}) as Partial<Indexed['erased'][number]>
  return typeof commitment === 'string' && typeof entry === 'number'
}

function ledgerOf(report: string): { readonly size: number; readonly root: string } | undefined {
  const assessment = (parsed(report) as { readonly assessment?: { readonly ledger?: unknown } } | undefined)?.assessment
  return assessment?.ledger as { readonly size: number; readonly root: string } | undefined
}

function periodOf(report: string): { readonly from: Instant; readonly to: Instant } | undefined {
  const assessment = (parsed(report) as { readonly assessment?: { readonly period?: unknown } } | undefined)?.assessment
  const { from, to } = (assessment?.period ?? {}) as { readonly from?: unknown; readonly to?: unknown }
  try {
    return typeof from === 'string' && typeof to === 'string' ? { from: instant(from), to: instant(to) } : undefined
  } catch {
    return undefined
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
