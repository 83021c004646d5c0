import { type Erasure, erasedBy, erasureOf, erasureText } from '../model/erasure.ts'
import type { Entry } from '../model/evidence.ts'

/** An entry of a report's index, with the artefacts of it that the index calls erased. */
export type IndexedErasures = {
  readonly entry: number
  readonly erased: readonly { readonly commitment: string; readonly entry: number }[]
}

/**
 * What a report's index says of erased bytes against the entries embedded beside it, both ways: each is borne out by an
 * `artefact.erased` entry behind it, and none that such an entry names is passed over. The sentence tells which there are.
 */
export function checkErasures(
  index: readonly IndexedErasures[],
  entries: ReadonlyMap<number, { readonly entry: Entry }>,
): { readonly problems: readonly string[]; readonly sentence: string | null } {
  const actOf = new Map<string, number>()
  for (const { entry } of entries.values()) {
    for (const commitment of erasedBy(entry)) actOf.set(commitment, entry.sequence)
  }
  const problems: string[] = []
  const acts = new Map<number, Erasure>()
  let count = 0
  for (const { entry: sequence, erased } of index) {
    const claimed = new Map(erased.map(({ commitment, entry }) => [commitment, entry]))
    for (const [commitment, entry] of claimed) {
      const act = entries.get(entry)?.entry
      if (act && entry > sequence && actOf.get(commitment) === entry) acts.set(entry, erasureOf(act))
      else problems.push(`E-${sequence} is said to have lost raw bytes by E-${entry}, which does not say so.`)
      count += 1
    }
    for (const { commitment } of entries.get(sequence)?.entry.artefacts ?? []) {
      const act = actOf.get(commitment)
      if (act === undefined || claimed.has(commitment)) continue
      problems.push(`E-${act} erased raw bytes of E-${sequence}, which the report’s index passes over.`)
    }
  }
  if (count === 0) return { problems, sentence: null }
  const told = [...acts.values()].map(erasureText).join(', ')
  const what = count === 1 ? 'one artefact' : `${count} artefacts`
  const sentence = `The raw bytes of ${what} behind them were erased before the report was issued, as embedded entries say: ${told}.`
  return { problems, sentence }
}
