import { expect, test } from 'vitest'
import { replayCollection } from '../../../../src/app/replay/collection.ts'
import type { EvidenceSource } from '../../../../src/app/replay/source.ts'
import { sha256 } from '../../../../src/model/digest.ts'
import type { Entry } from '../../../../src/model/evidence.ts'
import type { Recording } from '../../../../src/model/replay.ts'
import { collectorThat } from '../../../helpers/collector-that.ts'
import { newEntry, origin, start } from '../../../helpers/ledger.ts'

/** Reports as a fact the text of the artefact that it rests on. */
const echo = {
  ...collectorThat(async function* () {}),
  replay: ({ artefacts }: Recording) =>
    [...artefacts].map(([name, bytes]) => ({
      kind: 'test.thing',
      subject: 'thing',
      methods: ['TEST'] as const,
      facts: { text: Buffer.from(bytes).toString() },
      evidence: [name],
      open: {},
    })),
}

function entry(sequence: number, text: string, change: Partial<Entry> = {}): Entry {
  const name = `${sequence}.txt`
  const artefacts = [{ name, mediaType: 'text/plain', size: 1, commitment: sha256(name) }]
  return {
    ...newEntry(sequence, { collector: { id: 'test', version: 1 }, kind: 'test.thing', subject: 'thing' }),
    ...{ version: 1, origin, sequence, collected: start, facts: { text }, artefacts },
    ...change,
  } as Entry
}

function source(bytes: Readonly<Record<string, Uint8Array | 'erased' | 'absent' | 'altered'>>): EvidenceSource {
  return {
    async *entries() {},
    entry: async () => undefined,
    artefact: async ({ name }) => bytes[name] ?? 'absent',
  }
}

async function outcomes(entries: readonly Entry[], bytes: Parameters<typeof source>[0], collector = echo) {
  const { entries: replayed } = await replayCollection(entries, source(bytes), new Map([[collector.id, collector]]))
  return replayed.map(({ outcome }) => outcome)
}

test('what became of the bytes is told for each entry by itself', async () => {
  const bytes = { '0.txt': Buffer.from('a'), '1.txt': 'erased', '2.txt': 'altered', '4.txt': Buffer.from('b') } as const
  const entries = [entry(0, 'a'), entry(1, 'a'), entry(2, 'a'), entry(3, 'a'), entry(4, 'a')]
  expect(await outcomes(entries, bytes)).toEqual(['same', 'erased', 'altered', 'absent', 'differs'])
})

test('two artefacts of one name make nothing derivable, since either might be meant', async () => {
  const twice = entry(1, 'a', { artefacts: [{ name: '0.txt', mediaType: '', size: 1, commitment: sha256('x') }] })
  expect(await outcomes([entry(0, 'a'), twice], { '0.txt': Buffer.from('a') })).toEqual(['unreadable', 'unreadable'])
})

test('sizes that nobody could hold are refused before anything is read', async () => {
  const [reference] = entry(0, 'a').artefacts
  const huge = entry(0, 'a', { artefacts: reference ? [{ ...reference, size: 1e12 }] : [] })
  expect(await outcomes([huge], { '0.txt': Buffer.from('a') })).toEqual(['unreadable'])
})

test('a collector that is not here, or offers no replay, is said and compared with nothing', async () => {
  const bytes = { '0.txt': Buffer.from('a') }
  expect(await outcomes([entry(0, 'a', { collector: { id: 'other', version: 1 } })], bytes)).toEqual(['cannot'])
  const { replay: _, ...silent } = echo
  expect(await outcomes([entry(0, 'a')], bytes, silent as typeof echo)).toEqual(['cannot'])
  expect(await outcomes([entry(0, 'a', { collector: { id: 'test', version: 2 } })], bytes)).toEqual(['other-version'])
})

test('a collector that breaks over the bytes makes them unreadable and no more', async () => {
  const breaks = {
    ...echo,
    replay: () => {
      throw new SyntaxError('no JSON')
    },
  }
  expect(await outcomes([entry(0, 'a')], { '0.txt': Buffer.from('a') }, breaks)).toEqual(['unreadable'])
})
