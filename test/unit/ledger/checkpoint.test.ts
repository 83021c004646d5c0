import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTreeHead, isOrigin, parseTreeHead } from '../../../src/ledger/checkpoint.ts'
import { parseNote } from '../../../src/ledger/note.ts'

/** The example of https://c2sp.org/tlog-checkpoint. */
const published = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`

test('the published example is read and written as it stands', () => {
  const { text } = parseNote(published)
  const head = parseTreeHead(text)
  expect(head).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 })
  expect(formatTreeHead(head)).toBe(text)
})

test('every tree head survives its text', () => {
  const heads = fc.record({
    origin: fc.stringMatching(/^[a-z./-]{1,40}$/),
    size: fc.maxSafeNat(),
    root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  })
  fc.assert(
    fc.property(heads, (head) => {
      const read = parseTreeHead(formatTreeHead(head))
      expect({ ...read, root: Uint8Array.from(read.root) }).toEqual(head)
    }),
  )
})

const root = Buffer.alloc(32).toString('base64')
test.each([
  ['a leading zero', `o\n07\n${root}\n`],
  ['a sign', `o\n+7\n${root}\n`],
  ['a size beyond what can be counted', `o\n9007199254740992\n${root}\n`],
  ['no origin', `\n7\n${root}\n`],
  ['a short root', `o\n7\n${root.slice(0, -4)}\n`],
  ['base64 with stray bits', `o\n7\n${root.slice(0, -2)}B=\n`],
  ['an empty extension line', `o\n7\n${root}\n\n`],
  ['no last newline', `o\n7\n${root}`],
  ['two lines', 'o\n7\n'],
])('%s is refused', (_, text) => {
  expect(() => parseTreeHead(text)).toThrow(expect.objectContaining({ code: 'AFD_CHECKPOINT_FORMAT', exitCode: 4 }))
})

test('an origin is one word without a plus sign', () => {
  expect(['example.org/affidavit', 'acme'].map(isOrigin)).toEqual([true, true])
  expect(['', 'a b', 'a+b', 'a\nb', 'a\u00a0b', 'a\u0001b', 'x'.repeat(256)].map(isOrigin)).not.toContain(true)
})
