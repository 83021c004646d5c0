import { AffidavitError } from '../model/errors.ts'
import type { Entry } from '../model/evidence.ts'
import type { TreeHead } from './checkpoint.ts'
import { decodeEntry } from './entry.ts'
import { describeRange, rangesOf, rangesWithout } from './entry-range.ts'
import { leafHash, nodeHash, sameHash } from './merkle.ts'
import { splitOf, verifyInclusion } from './proof.ts'
import { type ProofFile, parseProofs, pathSteps } from './proof-file.ts'

/** What became of entries that were taken out of a ledger: those that are in it, and what is wrong, by name. */
export type ProvedEntries = {
  /** By sequence; only what could be read and has a place of its own. */
  readonly entries: ReadonlyMap<number, { readonly entry: Entry; readonly bytes: Uint8Array }>
  /** Plain sentences; empty where every entry is proved to be in the ledger that the head states. */
  readonly problems: readonly string[]
}

/**
 * Proves every entry of a file of lines to be in the ledger of a head: hashes its bytes and follows the proofs up to the
 * root. `required` are the entries that must be there, each with a proof of its own. Whatever the bytes are, it answers.
 */
export function proveEntries(
  file: Uint8Array,
  proofs: string,
  head: TreeHead,
  required: readonly number[],
): ProvedEntries {
  const { entries, problems } = readEntries(file, head)
  const paths = readProofs(proofs, head, problems)
  if (!paths) return { entries, problems }
  const byEntry = new Map(paths.proofs.map((proof) => [proof.entry, proof]))
  const known = new Map<string, Uint8Array>()
  const named = new Set<number>()
  const blame = (entry: number, why: string) => {
    named.add(entry)
    problems.push(`E-${entry} ${why}.`)
  }
  for (const entry of required) {
    if (!entries.has(entry)) blame(entry, 'is missing')
    else if (!byEntry.has(entry)) blame(entry, 'has no inclusion proof')
  }
  for (const { entry, leaf, path } of paths.proofs) {
    if (named.has(entry)) continue
    const held = entries.get(entry)
    if (!held) {
      blame(entry, 'is missing, although it was proved')
    } else if (!verifyInclusion(leaf, entry, head.size, path, head.root)) {
      blame(entry, 'is not in the ledger that the checkpoint states: its proof does not lead to the root')
    } else if (!sameHash(leafHash(held.bytes), leaf)) {
      blame(entry, 'was altered: its bytes are not the ones that the ledger has')
    } else {
      for (const [index, { from, to }] of pathSteps(entry, head.size).entries()) {
        known.set(`${from}-${to}`, path[index] ?? new Uint8Array())
      }
    }
  }
  problems.push(...rangeProblems(entries, paths, named))
  if (problems.length === 0) problems.push(...wholeProblems(entries, head, known))
  return { entries, problems }
}

/** The entries must be exactly those that the file of proofs names, where it does; what is already blamed is left out. */
function rangeProblems(
  entries: ProvedEntries['entries'],
  { ranges }: ProofFile,
  named: ReadonlySet<number>,
): readonly string[] {
  if (!ranges) return []
  const there = rangesOf([...entries.keys()].sort((a, b) => a - b))
  const known = rangesOf([...named].sort((a, b) => a - b))
  const missing = rangesWithout(rangesWithout(ranges, there), known)
  const extra = rangesWithout(rangesWithout(there, ranges), known)
  return [
    ...missing.map((range) => `${describeRange(range)}: missing, although the proofs name them.`),
    ...extra.map((range) => `${describeRange(range)}: not among the entries that the proofs name.`),
  ]
}

/** The root once more, of all entries at once, so that those without a path of their own are proved as well. */
function wholeProblems(
  entries: ProvedEntries['entries'],
  { size, root }: TreeHead,
  known: ReadonlyMap<string, Uint8Array>,
): readonly string[] {
  if (entries.size === 0) return []
  const sequences = [...entries.keys()].sort((a, b) => a - b)
  let wrong: { readonly from: number; readonly to: number } | undefined
  const hashOf = (from: number, to: number): Uint8Array | undefined => {
    const stated = known.get(`${from}-${to}`)
    if (!holds(sequences, from, to)) return stated
    const middle = from + splitOf(to - from)
    const made =
      to - from === 1
        ? leafHash(entries.get(from)?.bytes ?? new Uint8Array())
        : pair(hashOf(from, middle), hashOf(middle, to))
    // The first that differs is the smallest: what lies below it was seen before.
    if (!made || (stated && !sameHash(made, stated))) wrong ??= { from, to }
    return made
  }
  const made = hashOf(0, size)
  if (made && sameHash(made, root) && !wrong) return []
  const among = sequences.filter((entry) => !wrong || (entry >= wrong.from && entry < wrong.to))
  const [first, last] = [among[0], among.at(-1)]
  const which = first === last ? `E-${first} is` : `One of E-${first} to E-${last} is altered, missing or`
  return [`${which} not in the ledger that the checkpoint states.`]
}

function pair(left: Uint8Array | undefined, right: Uint8Array | undefined): Uint8Array | undefined {
  return left && right ? nodeHash(left, right) : undefined
}

/** Whether one of the ascending sequences lies in [from, to). */
function holds(sequences: readonly number[], from: number, to: number): boolean {
  let [low, high] = [0, sequences.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((sequences[middle] ?? 0) < from) low = middle + 1
    else high = middle
  }
  return (sequences[low] ?? Number.POSITIVE_INFINITY) < to
}

function readEntries(
  file: Uint8Array,
  head: TreeHead,
): { entries: Map<number, { entry: Entry; bytes: Uint8Array }>; problems: string[] } {
  const entries = new Map<number, { entry: Entry; bytes: Uint8Array }>()
  const problems: string[] = []
  for (const [index, bytes] of linesOf(file).entries()) {
    try {
      const entry = decodeEntry(bytes)
      const { sequence, origin } = entry
      if (origin !== head.origin) problems.push(`Line ${index + 1} is an entry of another ledger, ${origin}.`)
      else if (sequence >= head.size) problems.push(`E-${sequence} lies behind the checkpoint.`)
      else if (entries.has(sequence)) problems.push(`E-${sequence} is there twice.`)
      else entries.set(sequence, { entry, bytes })
    } catch (error) {
      if (!(error instanceof AffidavitError)) throw error
      problems.push(`Line ${index + 1} is ${error.message}.`)
    }
  }
  return { entries, problems }
}

function readProofs(text: string, head: TreeHead, problems: string[]): ProofFile | undefined {
  try {
    const file = parseProofs(text)
    if (file.size === head.size) return file
    problems.push(`The proofs are for a ledger of ${file.size} entries, the checkpoint for one of ${head.size}.`)
  } catch (error) {
    if (!(error instanceof AffidavitError)) throw error
    problems.push(`The proofs cannot be read: ${error.message}.`)
  }
  return undefined
}

/** The lines of a file without their newlines; an unfinished last line counts. */
function linesOf(file: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let from = 0; from < file.length; ) {
    const found = file.indexOf(0x0a, from)
    const to = found < 0 ? file.length : found
    lines.push(file.subarray(from, to))
    from = to + 1
  }
  return lines
}
