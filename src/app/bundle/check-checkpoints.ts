import { parseTreeHead, type TreeHead } from '../../ledger/checkpoint.ts'
import { emptyRoot, sameHash } from '../../ledger/merkle.ts'
import { type NoteKey, verifyNote } from '../../ledger/note.ts'
import { verifyConsistency } from '../../ledger/proof.ts'
import { type Check, checkOf } from '../check.ts'
import { type BundleContent, readConsistency, textOf } from './content.ts'
import type { BundleFiles } from './files.ts'

/** What the bundle says of itself is signed as well, but only what its entries bear out is believed. */
export function claimProblems(content: BundleContent, head: TreeHead, entries: ReadonlyMap<number, unknown>) {
  const { origin, size, whole } = content
  const fits = origin === head.origin && size === head.size && content.entries === entries.size
  return fits && whole === (entries.size === head.size) ? [] : ['bundle.json does not describe these entries.']
}

export async function checkCheckpoints(
  files: BundleFiles,
  { checkpoints }: BundleContent,
  head: TreeHead,
  key: NoteKey,
): Promise<Check> {
  const { to, proofs } = await readConsistency(files)
  const paths = new Map(proofs.map(({ from, path }) => [from, path.map((node) => Buffer.from(node, 'hex'))]))
  const problems: string[] = []
  if (to !== head.size) problems.push('The consistency proofs lead to another checkpoint.')
  for (const { file, size } of checkpoints) {
    const earlier = parseTreeHead(verifyNote(await textOf(files, file), [key]).text)
    const path = paths.get(size)
    const sound =
      earlier.origin === head.origin &&
      earlier.size === size &&
      (size === 0
        ? sameHash(earlier.root, emptyRoot)
        : path !== undefined && verifyConsistency(size, head.size, path, earlier.root, head.root))
    if (!sound) problems.push(`The checkpoint over ${size} entries is not the beginning of the newest.`)
  }
  const sound =
    checkpoints.length === 1
      ? 'The one checkpoint is signed.'
      : `All ${checkpoints.length} checkpoints are signed, and each is the beginning of the newest.`
  return checkOf(problems, sound)
}
