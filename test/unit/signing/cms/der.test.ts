import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DerError, readDer, readOid, readTime } from '../../../../src/signing/cms/der.ts'
import {
  der,
  derBits,
  derBoolean,
  derInteger,
  derNull,
  derOctets,
  derOid,
  derSequence,
  derSet,
  derTime,
  derUtf8,
} from '../../../../src/signing/cms/der-write.ts'

const leaf = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map(derOctets),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => derInteger(bytes)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => derBits(bytes)),
  fc.string().map(derUtf8),
  fc.boolean().map(derBoolean),
  fc.constant(derNull()),
  fc.tuple(fc.nat(1), fc.nat(39), fc.array(fc.nat(), { maxLength: 6 })).map((arcs) => derOid(arcs.flat().join('.'))),
)
const value = fc.letrec<{ tree: Uint8Array }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }).map((parts) => derSequence(...parts)),
    fc.uniqueArray(tie('tree'), { maxLength: 4, selector: (part) => part.join() }).map((parts) => derSet(...parts)),
    tie('tree').map((part) => der(0xa3, part)),
  ),
})).tree

test('what is written is read again, with the same bytes', () => {
  fc.assert(
    fc.property(value, (bytes) => {
      const read = readDer(bytes)
      expect(read.bytes).toEqual(bytes)
      if (read.parts.length > 0) expect(der(read.tag, ...read.parts.map((part) => part.bytes))).toEqual(bytes)
    }),
  )
})

test('no bytes make the reader fail with anything but DerError', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(value, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
      const copy = Uint8Array.from(bytes)
      copy[at % copy.length] = byte
      return copy
    }),
  )
  fc.assert(
    fc.property(hostile, (bytes) => {
      try {
        expect(readDer(bytes).bytes).toEqual(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(DerError)
      }
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['a length that could be shorter', '30810100'],
  ['an indefinite length', '30800000'],
  ['an INTEGER with a needless zero', '02020001'],
  ['an INTEGER with a needless ff', '0202ff80'],
  ['an empty INTEGER', '0200'],
  ['a BOOLEAN that is neither 00 nor ff', '010101'],
  ['a NULL with content', '050100'],
  ['a BIT STRING with unused bits set', '03020101'],
  ['a BIT STRING with more than seven unused bits', '03020800'],
  ['an OBJECT IDENTIFIER with a needless 80', '0603808001'],
  ['an OBJECT IDENTIFIER that ends early', '06022a80'],
  ['a SET out of order', '3106020102020101'],
  ['a SET with an element twice', '3106020101020101'],
  ['a constructed OCTET STRING', '2403040100'],
  ['bytes behind the value', '050000'],
  ['a value longer than its holder', '3003020201'],
  ['a tag number above 30', '1f1f00'],
])('%s is refused', (_, text) => {
  expect(() => readDer(Buffer.from(text, 'hex'))).toThrow(DerError)
})

test('nesting is bounded', () => {
  let bytes = derNull()
  for (let i = 0; i < 40; i++) bytes = derSequence(bytes)
  expect(() => readDer(bytes)).toThrow(DerError)
})

test('object identifiers keep their text', () => {
  for (const text of ['2.5.4.3', '1.2.840.113549.1.7.2', '2.16.840.1.101.3.4.2.1', '0.9.2342.19200300.100.1.25']) {
    expect(readOid(readDer(derOid(text)), 'oid')).toBe(text)
  }
})

test('times change form in 2050 and keep their seconds', () => {
  for (const text of ['2026-09-09T02:00:01.000Z', '2049-12-31T23:59:59.000Z', '2050-01-01T00:00:00.000Z']) {
    const read = readDer(derTime(Date.parse(text)))
    expect(new Date(readTime(read, 'time')).toISOString()).toBe(text)
    expect(read.tag).toBe(text < '2050' ? 0x17 : 0x18)
  }
})

test.each([
  ['a day that does not exist', 0x17, '260231000000Z'],
  ['a time without Z', 0x17, '2602010000+0000'],
  ['a fraction that ends in zero', 0x18, '20260201000000.10Z'],
])('%s is no time', (_, tag, text) => {
  expect(() => readTime(readDer(der(tag, Buffer.from(text))), 'time')).toThrow(DerError)
})

test('more values than anything that is signed has are refused before they fill the memory', () => {
  const nulls = new Uint8Array(4_000_002).map((_, i) => (i % 2 === 0 ? 5 : 0))
  expect(() => readDer(derSequence(nulls))).toThrow(DerError)
  expect(readDer(derSequence(nulls.subarray(0, 2_000))).parts).toHaveLength(1_000)
})
