import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeEntry, encodeEntry } from '../../../src/ledger/entry.ts'
import { canonicalJson, type Sha256 } from '../../../src/model/digest.ts'
import type { Entry } from '../../../src/model/evidence.ts'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import { newEntry, origin } from '../../helpers/ledger.ts'

const entry: Entry = {
  ...newEntry(7),
  version: 1,
  origin,
  sequence: 7,
  artefacts: [{ name: 'http-001.txt', mediaType: 'text/plain', size: 12, commitment: 'a'.repeat(64) as Sha256 }],
}
const withFacts = (facts: JsonObject): Entry => ({ ...entry, facts })
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const refused = expect.objectContaining({ code: 'AFD_LEDGER_ENTRY', exitCode: 4 })

const names = fc.oneof(
  fc.string(),
  fc.constantFrom('10', '2', '__proto__', 'constructor', '', 'é', '\u{1f600}', '\ufb33'),
)
const { value: json } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 5 }),
  ),
}))
const facts = fc.dictionary(names, json, { maxKeys: 6 })

test('the bytes are RFC 8785, whatever the facts are', () => {
  fc.assert(
    fc.property(facts, (some) => {
      const whole = withFacts(some as JsonObject)
      expect(text(encodeEntry(whole))).toBe(canonicalJson(whole as unknown as Json))
    }),
    { numRuns: 500 },
  )
})

test('what was written is read back', () => {
  fc.assert(
    fc.property(facts, (some) => {
      const read = decodeEntry(encodeEntry(withFacts(some as JsonObject)))
      expect(read).toEqual(JSON.parse(JSON.stringify(withFacts(some as JsonObject))))
    }),
  )
})

test('a fact called __proto__ is kept like any other', () => {
  const hostile = JSON.parse('{"b":{"__proto__":{"polluted":true}},"__proto__":1}')
  expect(text(encodeEntry(withFacts(hostile)))).toContain('"facts":{"__proto__":1,"b":{"__proto__":{"polluted":true}}}')
})

test('half a surrogate pair becomes U+FFFD, so that nothing collected with it is lost', () => {
  const bytes = encodeEntry(withFacts({ banner: 'a\ud800b', 'k\udc00': ['\udfff'] }))
  expect(decodeEntry(bytes).facts).toEqual({ banner: 'a\ufffdb', 'k\ufffd': ['\ufffd'] })
})

test('a text that only looks like half a pair is kept', () => {
  expect(decodeEntry(encodeEntry(withFacts({ banner: '\\ud800' }))).facts).toEqual({ banner: '\\ud800' })
})

test.each([
  ['a number that is none', { facts: { n: Number.NaN } }],
  ['no commitment', { artefacts: [{ name: 'a', mediaType: 'b', size: 1, commitment: 'short' as Sha256 }] }],
  ['a moment without milliseconds', { collected: '2026-09-09T02:00:00Z' as Entry['collected'] }],
  ['a negative sequence', { sequence: -1 }],
  ['a list for facts', { facts: [] as unknown as JsonObject }],
])('an entry with %s is a mistake in the program and never written', (_, change) => {
  expect(() => encodeEntry({ ...entry, ...change })).toThrow(TypeError)
})

const canonical = text(encodeEntry(entry))
test.each([
  ['a space', canonical.replace(':', ': ')],
  ['a name twice', canonical.replace('"kind":', '"kind":"other","kind":')],
  ['another order', `{"version":1,${canonical.slice(1).replace(',"version":1', '')}`],
  ['an unknown name', canonical.replace('"kind":', '"hidden":1,"kind":')],
  ['a number written otherwise', canonical.replace('"sequence":7', '"sequence":7.0')],
  ['an escape where none is needed', canonical.replace('shop', '\\u0073hop')],
  ['another version', canonical.replace(/"version":1}$/, '"version":2}')],
  ['no sequence', canonical.replace('"sequence":7,', '')],
  ['a byte order mark', `\ufeff${canonical}`],
  ['something behind it', `${canonical}\n`],
])('bytes with %s are refused', (_, changed) => {
  expect(changed).not.toBe(canonical)
  expect(() => decodeEntry(Buffer.from(changed))).toThrow(refused)
})

test('bytes that are not UTF-8 are refused', () => {
  expect(() => decodeEntry(Buffer.from(canonical.replace('shop', 'sh\u00f6p'), 'latin1'))).toThrow(refused)
})

test('reading any bytes ends in an entry or in AFD_LEDGER_ENTRY', () => {
  const bytes = Buffer.from(canonical)
  const changed = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })).map(([offset, value]) => {
    const copy = Buffer.from(bytes)
    copy[offset] = value
    return copy as Uint8Array
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), changed), (some) => {
      try {
        expect(decodeEntry(some).version).toBe(1)
      } catch (error) {
        expect(error).toMatchObject({ code: 'AFD_LEDGER_ENTRY' })
      }
    }),
    { numRuns: 500 },
  )
})
