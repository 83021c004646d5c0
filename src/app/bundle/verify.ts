import { parseTreeHead, type TreeHead } from '../../ledger/checkpoint.ts'
import { type NoteKey, parseVerifierKey, verifierKey, verifyNote } from '../../ledger/note.ts'
import { type ProvedEntries, proveEntries } from '../../ledger/proved-entries.ts'
import type { CheckpointTimestamp } from '../../ledger/store.ts'
import type { TimeBound } from '../../ledger/time-bounds.ts'
import { AffidavitError } from '../../model/errors.ts'
import { joinRevocation } from '../../signing/cms/revocation-status.ts'
import { type Check, checkOf } from '../check.ts'
import { checkArtefacts, checkRecorded } from './check-artefacts.ts'
import { checkCheckpoints, claimProblems } from './check-checkpoints.ts'
import { checkManifest, checkSignatures } from './check-manifest.ts'
import { checkSigners, readRevocation } from './check-revocation.ts'
import { checkTimestamps } from './check-timestamps.ts'
import { type BundleContent, readContent, textOf } from './content.ts'
import { type BundleFiles, readBundle } from './files.ts'
import type { BundleTrust } from './trust.ts'

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
  readonly content: BundleContent
  readonly entries: ProvedEntries['entries']
  readonly timestamps: readonly CheckpointTimestamp[]
}

/** Judges a bundle by itself, without a store. Throws ConfigError where it cannot be read at all. */
export async function verifyBundle(path: string, trust: BundleTrust = {}): Promise<BundleVerification> {
  const { result } = await openBundle(path, trust)
  return result
}

/** The same, with what is in it where it was accepted. */
export async function openBundle(
  path: string,
  { trust = [], signers = trust, revocation: given }: BundleTrust = {},
): Promise<VerifiedBundle | { readonly result: BundleVerification & { readonly verdict: 'refused' } }> {
  const checks: Check[] = []
  try {
    const files = await readBundle(path)
    checks.push(await checkManifest(files))
    const key = parseVerifierKey((await textOf(files, 'ledger-key.txt')).trim())
    const head = parseTreeHead(verifyNote(await textOf(files, 'checkpoint.txt'), [key]).text)
    checks.push(await checkSignatures(files, key, head))
    const content = await readContent(files)
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
    const listed = await readRevocation(files, content)
    const revocation = joinRevocation([listed.data, ...(given ? [given] : [])])
    const stamped = await checkTimestamps(files, content, entries, { trust, revocation })
    checks.push(
      ...stamped.checks,
      ...(listed.problems.length > 0 ? [checkOf(listed.problems, '')] : []),
      ...(await checkSigners(files, content, revocation, signers)),
      await checkArtefacts(files, content, entries),
      await checkRecorded(files, entries),
    )
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
    checks.push({ holds: false, sentence: `It does not hold: ${error.message}.` })
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
