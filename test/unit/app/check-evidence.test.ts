import { expect, test } from 'vitest'
import { checkEvidence } from '../../../src/app/check-evidence.ts'
import { formatTreeHead } from '../../../src/ledger/checkpoint.ts'
import { encodeEntry } from '../../../src/ledger/entry.ts'
import { leafHash, treeHash } from '../../../src/ledger/merkle.ts'
import { signNote, verifierKey } from '../../../src/ledger/note.ts'
import { inclusionProof } from '../../../src/ledger/proof.ts'
import { formatProofs } from '../../../src/ledger/proof-file.ts'
import { sha256 } from '../../../src/model/digest.ts'
import type { Period } from '../../../src/model/period.ts'
import { later } from '../../../src/model/time.ts'
import { newEntry, origin, otherSigner, signer, start } from '../../helpers/ledger.ts'

const ledger = Array.from({ length: 9 }, (_, sequence) =>
  encodeEntry({ ...newEntry(sequence), version: 1, origin, sequence, artefacts: [] }),
)
const leaves = ledger.map((bytes) => leafHash(bytes))
const root = treeHash(leaves)
const embedded = [2, 3, 4]

test('a report whose attachments fit together holds in every point', async () => {
  const checks = checkEvidence(Object.values(await files()))
  expect(checks.map(({ holds }) => holds)).toEqual([true, true])
})

test('without proofs, with a changed entry, another index or another key the evidence does not hold', async () => {
  const { proofs, ...unproved } = await files()
  const sound = { ...unproved, proofs }
  const changed = { ...sound.evidence, bytes: Buffer.from(textOf(sound.evidence).replace('TLSv1.2', 'TLSv1.3')) }
  const missing = { ...sound.evidence, bytes: Buffer.from(textOf(sound.evidence).split('\n').slice(1).join('\n')) }
  const index = {
    ...sound.report,
    bytes: Buffer.from(textOf(sound.report).replace(sha256(ledger[3] ?? ''), sha256(''))),
  }
  const other = file('ledger-key.txt', `${verifierKey(otherSigner)}\n`)
  expect(refusal(Object.values(unproved))).toContain('proofs.json is missing')
  expect(refusal([changed, sound.proofs, sound.report, sound.checkpoint, sound.key])).toContain('E-2 was altered')
  expect(refusal([missing, sound.proofs, sound.report, sound.checkpoint, sound.key])).toContain('E-2 is missing')
  expect(refusal([sound.evidence, sound.proofs, index, sound.checkpoint, sound.key])).toContain('E-3 is not what')
  expect(refusal([sound.evidence, sound.proofs, sound.report, sound.checkpoint, other])).toContain(
    'checkpoint does not hold',
  )
})

test('a file without evidence leaves the question open', () => {
  expect(checkEvidence([])).toMatchObject([{ holds: null }])
})

test('a report that names its period is asked for every entry of it, and is open where one may be missing', async () => {
  const period = { id: '2026-Q3', from: later(start, 3000), to: later(start, 4000) }
  const open = checkEvidence(Object.values(await files(period)))
  expect(open.map(({ holds }) => holds)).toEqual([true, true, null])
  expect(open[2]?.sentence).toContain('E-1, E-5')
  const whole = checkEvidence(Object.values(await files(period, [...ledger.keys()])))
  expect(whole.map(({ holds }) => holds)).toEqual([true, true, true])
})

function refusal(attachments: Parameters<typeof checkEvidence>[0]): string {
  const failed = checkEvidence(attachments).filter(({ holds }) => holds === false)
  return failed.map(({ sentence }) => sentence).join(' ')
}

async function files(period?: Period, sequences: readonly number[] = embedded) {
  const range = (from: number, to: number) => treeHash(leaves.slice(from, to))
  const proofs = sequences.map(async (entry) => ({
    entry,
    leaf: leaves[entry] ?? new Uint8Array(),
    path: await inclusionProof(entry, 9, range),
  }))
  const report = {
    issue: { evidence: sequences.map((entry) => ({ entry, digest: sha256(ledger[entry] ?? '') })) },
    assessment: { period, ledger: { size: 9, root: Buffer.from(root).toString('hex') } },
  }
  return {
    evidence: file('evidence.jsonl', sequences.map((entry) => `${Buffer.from(ledger[entry] ?? [])}\n`).join('')),
    proofs: file('proofs.json', formatProofs({ size: 9, proofs: await Promise.all(proofs) })),
    report: file('report.json', JSON.stringify(report)),
    checkpoint: file('checkpoint.txt', await signNote(formatTreeHead({ origin, size: 9, root }), signer)),
    key: file('ledger-key.txt', `${verifierKey(signer)}\n`),
  }
}

function file(name: string, text: string) {
  return { name, bytes: Buffer.from(text) }
}

function textOf({ bytes }: { readonly bytes: Uint8Array }): string {
  return Buffer.from(bytes).toString('utf8')
}
