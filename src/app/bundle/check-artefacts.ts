import type { ProvedEntries } from '../../ledger/proved-entries.ts'
import { sha256 } from '../../model/digest.ts'
import { type Erasure, erasedBy, erasureOf, erasureText } from '../../model/erasure.ts'
import type { Entry } from '../../model/evidence.ts'
import { type Check, checkOf } from '../check.ts'
import { artefactFile, type BundleContent, recordedFiles } from './content.ts'
import type { BundleFiles } from './files.ts'

export async function checkArtefacts(
  files: BundleFiles,
  { missing, erased }: BundleContent,
  entries: ProvedEntries['entries'],
): Promise<Check> {
  const named = new Map<string, { readonly entry: Entry; readonly size: number }>()
  for (const { entry } of entries.values()) {
    for (const { commitment, size } of entry.artefacts) named.set(commitment, { entry, size })
  }
  const problems: string[] = []
  const gone = new Set<string>(missing)
  let absent = 0
  const erasures = new Map<number, Erasure>()
  for (const [commitment, { entry, size }] of named) {
    const claimed = erased[commitment]
    if (claimed !== undefined) {
      const erasure = entries.get(claimed)?.entry
      const says =
        erasure !== undefined && claimed > entry.sequence && erasedBy(erasure).some((each) => each === commitment)
      absent += 1
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
  const why = [...erasures.values()].map(erasureText).join(', ')
  const told = absent > 0 ? ` The bytes of ${absent} more were erased, as entries say: ${why}.` : ''
  return checkOf(problems, `${named.size - absent} artefacts are those that the entries committed to.${told}`)
}

/** Configuration and catalogue stand there under plain names; they must be what the newest entries of their kind hold. */
export async function checkRecorded(files: BundleFiles, entries: ProvedEntries['entries']): Promise<Check> {
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
