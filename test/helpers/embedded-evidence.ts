import { formatTreeHead } from '../../src/ledger/checkpoint.ts'
import { encodeEntry } from '../../src/ledger/entry.ts'
import { leafHash, treeHash } from '../../src/ledger/merkle.ts'
import { signNote, verifierKey } from '../../src/ledger/note.ts'
import { inclusionProof } from '../../src/ledger/proof.ts'
import { formatProofs } from '../../src/ledger/proof-file.ts'
import { sha256 } from '../../src/model/digest.ts'
import type { Attachment } from '../../src/signing/pdf/attachments.ts'
import type { Timestamper } from '../../src/signing/signer.ts'
import { stampBytes, writeReply } from '../../src/signing/stamp.ts'
import { newEntry, origin, signer } from './ledger.ts'
import { attachment, never } from './signing.ts'

/** What a report embeds of a ledger of nine entries: three of them, their proofs, its index, checkpoint and key. */
export async function embeddedEvidence(): Promise<readonly Attachment[]> {
  const ledger = Array.from({ length: 9 }, (_, sequence) =>
    encodeEntry({ ...newEntry(sequence), version: 1, origin, sequence, artefacts: [] }),
  )
  const leaves = ledger.map((bytes) => leafHash(bytes))
  const root = treeHash(leaves)
  const range = (from: number, to: number) => treeHash(leaves.slice(from, to))
  const embedded = [2, 3, 4].map((entry) => ({
    entry,
    bytes: ledger[entry] ?? new Uint8Array(),
    leaf: leaves[entry] ?? new Uint8Array(),
  }))
  const proofs = embedded.map(async ({ entry, leaf }) => ({ entry, leaf, path: await inclusionProof(entry, 9, range) }))
  const report = {
    issue: { evidence: embedded.map(({ entry, bytes }) => ({ entry, digest: sha256(bytes) })) },
    assessment: { ledger: { size: 9, root: Buffer.from(root).toString('hex') } },
  }
  return [
    attachment('evidence.jsonl', embedded.map(({ bytes }) => `${Buffer.from(bytes)}\n`).join('')),
    attachment('proofs.json', formatProofs({ size: 9, proofs: await Promise.all(proofs) })),
    attachment('report.json', JSON.stringify(report)),
    attachment('checkpoint.txt', await signNote(formatTreeHead({ origin, size: 9, root }), signer)),
    attachment('ledger-key.txt', `${verifierKey(signer)}\n`),
  ]
}

/** A `checkpoint.tsr` over one of the attachments, which should be the checkpoint. */
export async function stampOver(
  name: string,
  attachments: readonly Attachment[],
  timestamper: Timestamper,
): Promise<Attachment> {
  const bytes = attachments.find((each) => each.name === name)?.bytes ?? new Uint8Array()
  const { token } = await stampBytes(bytes, timestamper, never)
  return { ...attachment('checkpoint.tsr', ''), bytes: writeReply(token) }
}
