import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PdfDict, PdfError, type PdfObject, readText, textString } from '../../../../src/signing/pdf/objects.ts'
import { readObject } from '../../../../src/signing/pdf/parse.ts'
import { writeObject } from '../../../../src/signing/pdf/write.ts'

const read = (text: string | Uint8Array): PdfObject =>
  readObject({ bytes: Buffer.from(text as string, 'latin1'), at: 0 })

const nameText = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 12 })
  .map((codes) => String.fromCharCode(...codes))
const object = fc.letrec<{ tree: PdfObject }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constant<PdfObject>(null),
    fc.boolean(),
    fc.integer(),
    fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 1000),
    nameText.map((value): PdfObject => ({ kind: 'name', value })),
    fc.uint8Array({ maxLength: 40 }).map((bytes): PdfObject => ({ kind: 'string', bytes })),
    fc.string({ maxLength: 40 }).map((text): PdfObject => textString(text)),
    fc.tuple(fc.nat(99999), fc.nat(9)).map(([number, generation]): PdfObject => ({ kind: 'ref', number, generation })),
    fc.array(tie('tree'), { maxLength: 4 }).map((items): PdfObject => ({ kind: 'array', items })),
    fc
      .array(fc.tuple(nameText, tie('tree')), { maxLength: 4 })
      .map((entries): PdfObject => ({ kind: 'dict', entries: new Map(entries) })),
  ),
})).tree

/** Without the places of tokens, which only what was read has. */
const plain = (value: PdfObject): unknown => {
  if (Object.is(value, -0)) return 0
  if (typeof value !== 'object' || value === null) return value
  if (value.kind === 'string') return { string: Buffer.from(value.bytes).toString('hex') }
  if (value.kind === 'array') return value.items.map(plain)
  if (value.kind === 'dict') return [...value.entries].map(([key, entry]) => [key, plain(entry)])
  return value
}

test('what is written is read again', () => {
  fc.assert(
    fc.property(object, (value) => {
      expect(plain(readObject({ bytes: writeObject(value), at: 0 }))).toEqual(plain(value))
    }),
    { numRuns: 500 },
  )
})

test('no bytes make the reader fail with anything but PdfError', () => {
  const pieces = fc.constantFrom(
    '<<',
    '>>',
    '[',
    ']',
    '(',
    ')',
    '<',
    '>',
    '/',
    '#',
    '\\',
    '%',
    '1',
    ' ',
    '\n',
    'R',
    'A',
    '.',
  )
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.array(pieces, { maxLength: 60 }).map((parts) => Uint8Array.from(Buffer.from(parts.join('')))),
  )
  fc.assert(
    fc.property(hostile, (bytes) => {
      try {
        readObject({ bytes, at: 0 })
      } catch (error) {
        expect(error).toBeInstanceOf(PdfError)
      }
    }),
    { numRuns: 2000 },
  )
})

describe('strings', () => {
  test.each([
    ['(plain)', 'plain'],
    ['(a (nested) pair)', 'a (nested) pair'],
    ['(\\(\\)\\\\)', '()\\'],
    ['(\\101\\60\\7x)', 'A0\x07x'],
    ['(one\\\ntwo)', 'onetwo'],
    ['(one\r\ntwo)', 'one\ntwo'],
    ['(\\n\\r\\t\\b\\f\\q)', '\n\r\t\b\fq'],
    ['<414>', 'A@'],
    ['<4 1\n42>', 'AB'],
  ])('%s', (text, wanted) => {
    const value = read(text)
    expect(value).toMatchObject({ kind: 'string' })
    expect(plain(value)).toEqual({ string: Buffer.from(wanted, 'latin1').toString('hex') })
  })

  test('any text survives, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const value = readObject({ bytes: writeObject(textString(text)), at: 0 })
        expect(value).toMatchObject({ kind: 'string' })
        if (typeof value === 'object' && value?.kind === 'string') expect(readText(value)).toBe(text.toWellFormed())
      }),
    )
  })

  test('a string knows the place of its token', () => {
    const value = readObject({ bytes: Buffer.from('  <41>'), at: 0 })
    expect(value).toMatchObject({ token: { start: 2, end: 6 } })
  })
})

test.each([
  ['a key that stands twice', '<</A 1 /A 2>>'],
  ['a key that stands twice, spelt differently', '<</A 1 /#41 2>>'],
  ['a string without an end', '(abc'],
  ['an array without an end', '[1 2'],
  ['a dictionary without a value', '<</A>>'],
  ['a hexadecimal string with other letters', '<4G>'],
  ['a name with a faulty escape', '/A#4'],
  ['a name with a zero byte', '/A#00'],
  ['an unknown word', 'nil'],
  ['a number with an exponent', '1e5'],
  ['nesting without end', '['.repeat(100)],
])('%s is refused', (_, text) => {
  expect(() => read(text)).toThrow(PdfError)
})

test('references and numbers are told apart', () => {
  expect(plain(read('[1 0 R 2 3 4 0 R -1 .5 6.]'))).toEqual([
    { kind: 'ref', number: 1, generation: 0 },
    2,
    3,
    { kind: 'ref', number: 4, generation: 0 },
    -1,
    0.5,
    6,
  ])
})

test('names are written with escapes where the format needs them', () => {
  const written = Buffer.from(writeObject({ kind: 'name', value: 'application/x y#' })).toString()
  expect(written).toBe('/application#2Fx#20y#23')
})

test('a dictionary keeps the order of its keys', () => {
  expect([...(read('<</B 1 /A 2>>') as PdfDict).entries.keys()]).toEqual(['B', 'A'])
})
