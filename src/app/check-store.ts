import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseTreeHead, type TreeHead } from '../ledger/checkpoint.ts'
import { parseNote } from '../ledger/note.ts'
import { openStore } from '../ledger/open.ts'
import { verifyConsistency } from '../ledger/proof.ts'
import type { Store } from '../ledger/store.ts'
import type { Sha256 } from '../model/digest.ts'
import { type Erasure, erasureOf, erasureText } from '../model/erasure.ts'
import { AffidavitError, IntegrityError } from '../model/errors.ts'
import { type Check, checkOf } from './check.ts'
import type { IndexedArtefact } from './check-evidence.ts'
import { checkIssued, type IssueRecord, issueKinds, issueRecord, type ReportFile } from './check-issued.ts'
import { ledgerOrigin } from './origin.ts'
import type { Project } from './project.ts'

/**
 * What the configuration's store says of a report: whether it still contains the report's checkpoint, at which level it
 * issued this file, and whether the raw bytes behind it are there or were erased. Nothing where there is no store; what
 * hinders the comparison is said and stays open.
 */
export async function checkAgainstStore(project: Project, report: ReportFile): Promise<readonly Check[]> {
  const path = resolve(project.directory, project.config.store.path)
  if (!existsSync(path)) return []
  try {
    const head = parseTreeHead(parseNote(report.checkpoint).text)
    const origin = ledgerOrigin(project.config)
    if (head.origin !== origin) {
      return [
        open(`The report is one of the ledger ${head.origin}; the store here is ${origin} and says nothing of it.`),
      ]
    }
    await using store = await openStore({ path, origin, clock: project.clock, mode: 'read' })
    const history = await checkHistory(store, head)
    // Of the raw bytes of another ledger it can say nothing.
    const rawBytes = history.holds ? await checkRawBytes(store, report.artefacts) : []
    return [history, checkIssued(await recordsIn(store), report, 'The store'), ...rawBytes]
  } catch (error) {
    if (!(error instanceof AffidavitError)) throw error
    return [open(`The report could not be compared with the store: ${error.message}.`)]
  }
}

/** RFC 9162's consistency proof, computed from the store's tree, between the report's checkpoint and the store as it is. */
async function checkHistory(store: Store, head: TreeHead): Promise<Check> {
  const { size, root } = await store.state()
  const contradicted = (why: string): Check => ({
    holds: false,
    sentence: `The store does not contain the ledger that the report rests on: ${why}.`,
  })
  if (size < head.size) return contradicted(`it has ${size} entries, but the report's checkpoint ${head.size}`)
  const proof = head.size === 0 ? [] : await store.consistencyProof(head.size, size)
  if (head.size > 0 && !verifyConsistency(head.size, size, proof, head.root, Buffer.from(root, 'hex'))) {
    return contradicted(`its first ${head.size} entries have another root than the report's checkpoint states`)
  }
  const since = size === head.size ? 'nothing has been appended since' : `${size - head.size} more were only appended`
  return { holds: true, sentence: `The store still begins with the ${head.size} entries of the report; ${since}.` }
}

async function recordsIn(store: Store): Promise<readonly IssueRecord[]> {
  const records: IssueRecord[] = []
  for await (const { entry } of store.entries({ kinds: issueKinds })) {
    const record = issueRecord(entry)
    if (record) records.push(record)
  }
  return records
}

/** Bytes that are neither there nor erased by an entry were taken away; those that are there must be the ones committed to. */
async function checkRawBytes(store: Store, artefacts: readonly IndexedArtefact[]): Promise<readonly Check[]> {
  if (artefacts.length === 0) return []
  const problems: string[] = []
  const acts = new Map<number, Erasure>()
  let erased = 0
  for (const { entry, name, commitment } of artefacts) {
    const state = await stateOf(store, commitment)
    if (state === 'altered') problems.push(`The raw bytes of ${name} behind E-${entry} were altered in the store.`)
    if (state === 'gone') problems.push(`The raw bytes of ${name} behind E-${entry} are gone, and no entry says why.`)
    if (typeof state === 'string') continue
    erased += 1
    acts.set(state.entry, state)
  }
  const there = artefacts.length - erased
  const told = [...acts.values()].map(erasureText).join(', ')
  const rest = erased === 0 ? '' : `; those of ${erased} more were erased: ${told}`
  return [checkOf(problems, `The store holds the raw bytes of ${there} artefacts behind the findings${rest}.`)]
}

async function stateOf(store: Store, commitment: Sha256): Promise<'there' | 'altered' | 'gone' | Erasure> {
  try {
    if (await store.artefact(commitment)) return 'there'
  } catch (error) {
    if (error instanceof IntegrityError) return 'altered'
    throw error
  }
  const erasure = await store.erasure(commitment)
  return erasure ? erasureOf(erasure) : 'gone'
}

function open(sentence: string): Check {
  return { holds: null, sentence }
}
