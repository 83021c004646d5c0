import { expect, test } from 'vitest'
import { checkErasures } from '../../../src/app/check-erasures.ts'
import { type Sha256, sha256 } from '../../../src/model/digest.ts'
import type { Entry } from '../../../src/model/evidence.ts'
import { erasureEntry, newEntry, origin } from '../../helpers/ledger.ts'

const commitment = sha256('salt and bytes')
const other = sha256('others')

function entry(sequence: number, commitments: readonly Sha256[]): Entry {
  const artefacts = commitments.map((each) => ({ name: 'raw', mediaType: 'text/plain', size: 1, commitment: each }))
  return { ...newEntry(sequence), version: 1, origin, sequence, artefacts }
}
const act = (sequence: number, commitments: readonly Sha256[]): Entry => ({
  ...erasureEntry(commitments.map((each) => ({ commitment: each, entries: [] }))),
  ...{ version: 1, origin, sequence, artefacts: [] },
})
const embedded = (...entries: readonly Entry[]) => new Map(entries.map((each) => [each.sequence, { entry: each }]))

test('an index that says of erased bytes what the entries say holds, and is told with day, policy and entry', () => {
  const entries = embedded(entry(1, [commitment, other]), act(5, [commitment]))
  const { problems, sentence } = checkErasures([{ entry: 1, erased: [{ commitment, entry: 5 }] }], entries)
  expect(problems).toEqual([])
  expect(sentence).toContain('raw bytes of one artefact')
  expect(sentence).toContain('on 2026-09-09 under policy raw-90 (E-5)')
})

test('where nothing was erased there is nothing to say', () => {
  const index = [{ entry: 1, erased: [] }]
  expect(checkErasures(index, embedded(entry(1, [commitment])))).toEqual({ problems: [], sentence: null })
})

test('a claim that no embedded entry bears out is refused, and so is an erasure that the index passes over', () => {
  const claimed = [{ entry: 1, erased: [{ commitment, entry: 5 }] }]
  const refused = (...entries: readonly Entry[]) => checkErasures(claimed, embedded(...entries)).problems
  expect(refused(entry(1, [commitment]))).toHaveLength(1)
  expect(refused(entry(1, [commitment]), act(5, [other]))).toHaveLength(1)
  expect(refused(entry(1, [commitment]), entry(5, []))).toHaveLength(1)
  // Another program may write an entry of that kind, and an erasure does not come before what it erases.
  expect(
    refused(entry(1, [commitment]), { ...act(5, [commitment]), collector: { id: 'tls', version: 1 } }),
  ).toHaveLength(1)
  expect(
    checkErasures(
      [{ entry: 9, erased: [{ commitment, entry: 5 }] }],
      embedded(entry(9, [commitment]), act(5, [commitment])),
    ).problems,
  ).toHaveLength(1)
  const silent = [{ entry: 1, erased: [] }]
  expect(checkErasures(silent, embedded(entry(1, [commitment]), act(5, [commitment]))).problems).toHaveLength(1)
})
