import { parseTreeHead } from '../ledger/checkpoint.ts'
import { parseVerifierKey, verifyNote } from '../ledger/note.ts'
import { canonicalJson, sha256 } from '../model/digest.ts'
import { AffidavitError } from '../model/errors.ts'
import type { Json } from '../model/json.ts'

/** One thing that was checked; `holds` is null where it could not be. */
export type Check = { readonly holds: boolean | null; readonly sentence: string }

type File = { readonly name: string; readonly bytes: Uint8Array }

/** What a report's attachments say of each other: entries against the index, the checkpoint against the ledger's key. */
export function checkEvidence(attachments: readonly File[]): readonly Check[] {
  const text = (name: string) => {
    const file = attachments.find((attachment) => attachment.name === name)
    return file ? Buffer.from(file.bytes).toString('utf8') : undefined
  }
  const [evidence, report] = [text('evidence.jsonl'), text('report.json')]
  const [checkpoint, key] = [text('checkpoint.txt'), text('ledger-key.txt')]
  if (evidence === undefined || report === undefined || checkpoint === undefined || key === undefined) {
    return [{ holds: null, sentence: 'The file carries no evidence of Affidavit’s to check.' }]
  }
  return [checkIndex(evidence, report), checkCheckpoint(checkpoint, key, report)]
}

function checkIndex(evidence: string, report: string): Check {
  const lines = evidence.split('\n').filter((line) => line !== '')
  const digests = new Map(lines.map((line) => [sequenceOf(line), sha256(line)]))
  const index = indexOf(report)
  if (!index) return { holds: false, sentence: 'The embedded report.json is not one of Affidavit’s.' }
  const wrong = index.filter(({ entry, digest }) => digests.get(entry) !== digest).map(({ entry }) => `E-${entry}`)
  if (wrong.length > 0) {
    return {
      holds: false,
      sentence: `Embedded evidence differs from the report’s index: ${wrong.slice(0, 8).join(', ')}.`,
    }
  }
  return {
    holds: true,
    sentence: `The ${index.length} entries that the findings rest on are embedded and match the index; ${lines.length} entries of the period are in the file.`,
  }
}

function checkCheckpoint(checkpoint: string, key: string, report: string): Check {
  try {
    const note = verifyNote(checkpoint, [parseVerifierKey(key.trim())])
    const head = parseTreeHead(note.text)
    const stated = ledgerOf(report)
    const root = Buffer.from(head.root).toString('hex')
    if (stated?.size !== head.size || stated.root !== root) {
      return { holds: false, sentence: 'The embedded checkpoint is not the one that the report rests on.' }
    }
    return { holds: true, sentence: `The checkpoint over ${head.size} ledger entries is signed by the ledger’s key.` }
  } catch (error) {
    if (!(error instanceof AffidavitError)) throw error
    return { holds: false, sentence: `The embedded checkpoint does not hold: ${error.message}.` }
  }
}

/** The sequence of a canonical entry; undefined for any other text. */
function sequenceOf(line: string): number | undefined {
  const entry = parsed(line) as { readonly sequence?: unknown } | undefined
  if (typeof entry?.sequence !== 'number' || canonicalJson(entry as Json) !== line) return undefined
  return entry.sequence
}

function indexOf(report: string): readonly { readonly entry: number; readonly digest: string }[] | undefined {
  const index = (parsed(report) as { readonly issue?: { readonly evidence?: unknown } } | undefined)?.issue?.evidence
  return Array.isArray(index) ? index : undefined
}

function ledgerOf(report: string): { readonly size: number; readonly root: string } | undefined {
  const assessment = (parsed(report) as { readonly assessment?: { readonly ledger?: unknown } } | undefined)?.assessment
  return assessment?.ledger as { readonly size: number; readonly root: string } | undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
