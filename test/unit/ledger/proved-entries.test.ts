import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeEntry } from '../../../src/ledger/entry.ts'
import { type EntryRange, rangesOf } from '../../../src/ledger/entry-range.ts'
import { leafHash, treeHash } from '../../../src/ledger/merkle.ts'
import { inclusionProof } from '../../../src/ledger/proof.ts'
import { entriesToProve, formatProofs, parseProofs } from '../../../src/ledger/proof-file.ts'
import { proveEntries } from '../../../src/ledger/proved-entries.ts'
import { newEntry, origin, rejectionOf } from '../../helpers/ledger.ts'

const size = 41
const ledger = Array.from({ length: size }, (_, sequence) =>
  encodeEntry({ ...newEntry(sequence), version: 1, origin, sequence, artefacts: [] }),
)
const leaves = ledger.map((bytes) => leafHash(bytes))
const head = { origin, size, root: treeHash(leaves) }

const chosen = fc
  .uniqueArray(fc.nat({ max: size - 1 }), { minLength: 1 })
  .map((sequences) => sequences.sort((a, b) => a - b))

test('entries with their proofs lead to the root, whichever they are', async () => {
  await fc.assert(
    fc.asyncProperty(chosen, fc.nat(), async (sequences, choice) => {
      const wanted = sequences[choice % sequences.length] ?? 0
      const result = proveEntries(fileOf(sequences), await proofsOf(sequences, [wanted]), head, [wanted])
      expect(result.problems).toEqual([])
      expect([...result.entries.keys()]).toEqual(sequences)
    }),
  )
})

test('no entry can be exchanged, with a proof of its own or without, and none that is required be left out', async () => {
  await fc.assert(
    fc.asyncProperty(chosen, fc.nat(), fc.boolean(), async (sequences, choice, without) => {
      const victim = sequences[choice % sequences.length] ?? 0
      const required = without ? [victim] : []
      const proofs = await proofsOf(sequences, required)
      const file = without
        ? fileOf(sequences.filter((sequence) => sequence !== victim))
        : fileOf(sequences, new Map([[victim, forged(victim)]]))
      expect(proveEntries(file, proofs, head, required).problems).not.toEqual([])
    }),
  )
})

test('every changed byte of file or proofs is found, or changes nothing that counts', async () => {
  const sequences = [3, 4, 5, 6, 19]
  const [file, proofs] = [fileOf(sequences), await proofsOf(sequences, [4])]
  for (const index of file.keys()) {
    const changed = Buffer.from(file)
    changed[index] = (changed[index] ?? 0) ^ 1
    expect(proveEntries(changed, proofs, head, [4]).problems).not.toEqual([])
  }
  for (const index of Buffer.from(proofs).keys()) {
    const changed = Buffer.from(proofs)
    changed[index] = (changed[index] ?? 0) ^ 1
    const { problems, entries } = proveEntries(file, changed.toString('latin1'), head, [4])
    // White space and upper-case hexadecimal are other texts for the same proof; then all must still be proved.
    if (problems.length === 0) expect([...entries.keys()]).toEqual(sequences)
  }
})

test('what is missing, altered or foreign is named', async () => {
  const sequences = [3, 4, 5, 9]
  const proofs = await proofsOf(sequences, [4])
  expect(proveEntries(fileOf([3, 5, 9]), proofs, head, [4]).problems).toEqual(['E-4 is missing.'])
  const [altered] = proveEntries(fileOf(sequences, new Map([[4, forged(4)]])), proofs, head, [4]).problems
  expect(altered).toMatch(/^E-4 was altered/)
  const forgedLeaf = proofs.replace(toHex(leaves[4]), toHex(leafHash(forged(4))))
  const [exchanged] = proveEntries(fileOf(sequences, new Map([[4, forged(4)]])), forgedLeaf, head, [4]).problems
  expect(exchanged).toMatch(/^E-4 is not in the ledger/)
  const [unproved] = proveEntries(fileOf(sequences), await proofsOf(sequences, []), head, [4]).problems
  expect(unproved).toBe('E-4 has no inclusion proof.')
  const other = encodeEntry({ ...newEntry(7), version: 1, origin: 'example.org/other', sequence: 7, artefacts: [] })
  const [foreign] = proveEntries(fileOf([...sequences, 7], new Map([[7, other]])), proofs, head, [4]).problems
  expect(foreign).toMatch(/another ledger/)
  const twice = Buffer.concat([fileOf(sequences), fileOf([4])])
  expect(proveEntries(twice, proofs, head, [4]).problems).toEqual(['E-4 is there twice.'])
})

test('an altered entry inside a run is told apart as far as the proofs reach', async () => {
  const sequences = Array.from({ length: 16 }, (_, index) => index)
  const file = fileOf(sequences, new Map([[6, forged(6)]]))
  const [problem] = proveEntries(file, await proofsOf(sequences, [4]), head, []).problems
  expect(problem).toMatch(/^One of E-6 to E-7 /)
})

test('proofs are read as they were written, and anything else is refused', async () => {
  const text = await proofsOf([3, 4, 5, 9], [4])
  const file = parseProofs(text)
  expect(file.proofs.map(({ entry }) => entry)).toEqual([3, 4, 5, 9])
  expect(formatProofs(file)).toBe(text)
  for (const wrong of ['', '[]', text.replace('"L', '"R'), text.replace('"entry":3', '"entry":4'), text.slice(1)]) {
    const refused = rejectionOf((async () => parseProofs(wrong))())
    await expect(refused).resolves.toMatchObject({ code: 'AFD_PROOF_FORMAT' })
  }
})

test('proofs never throw on any text', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.json(), (bytes, text) => {
      expect(proveEntries(bytes, text, head, [0]).problems).not.toEqual([])
    }),
  )
})

test('where the proofs name the ranges of entries, none can be added to the file or taken from it', async () => {
  await fc.assert(
    fc.asyncProperty(chosen, fc.nat(), async (sequences, choice) => {
      const proofs = await proofsOf(sequences, [], rangesOf(sequences))
      expect(parseProofs(proofs).ranges).toEqual(rangesOf(sequences))
      expect(proveEntries(fileOf(sequences), proofs, head, []).problems).toEqual([])
      const other = choice % size
      const changed = sequences.includes(other)
        ? sequences.filter((sequence) => sequence !== other)
        : [...sequences, other].sort((a, b) => a - b)
      const { problems } = proveEntries(fileOf(changed), proofs, head, [])
      expect(problems.join()).toContain(`E-${other}`)
    }),
  )
})

test('ranges out of order, touching, or with an end that is not proved are no file of proofs', async () => {
  const sequences = [3, 4, 5, 9]
  const withRanges = async (ranges: readonly { first: number; last: number }[]) =>
    parseProofs(await proofsOf(sequences, [], ranges))
  expect((await withRanges(rangesOf(sequences))).ranges).toHaveLength(2)
  for (const ranges of [
    [
      { first: 9, last: 9 },
      { first: 3, last: 5 },
    ],
    [
      { first: 3, last: 3 },
      { first: 4, last: 5 },
    ],
    [{ first: 5, last: 3 }],
    [{ first: 3, last: 6 }],
  ]) {
    expect(await rejectionOf(withRanges(ranges))).toMatchObject({ code: 'AFD_PROOF_FORMAT' })
  }
})

function fileOf(sequences: readonly number[], exchanged = new Map<number, Uint8Array>()): Uint8Array {
  const lines = sequences.map((sequence) => exchanged.get(sequence) ?? ledger[sequence] ?? new Uint8Array())
  return Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
}

function forged(sequence: number): Uint8Array {
  const facts = { protocol: 'TLSv1.3' }
  return encodeEntry({ ...newEntry(sequence, { facts }), version: 1, origin, sequence, artefacts: [] })
}

async function proofsOf(
  sequences: readonly number[],
  wanted: readonly number[],
  ranges?: readonly EntryRange[],
): Promise<string> {
  const range = (from: number, to: number) => treeHash(leaves.slice(from, to))
  const proofs = entriesToProve(sequences, new Set(wanted)).map(async (entry) => ({
    entry,
    leaf: leaves[entry] ?? new Uint8Array(),
    path: await inclusionProof(entry, size, range),
  }))
  return formatProofs({ size, proofs: await Promise.all(proofs), ...(ranges && { ranges }) })
}

function toHex(hash: Uint8Array | undefined): string {
  return Buffer.from(hash ?? []).toString('hex')
}
