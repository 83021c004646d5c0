import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyId, parseNote, parseVerifierKey, signNote, verifierKey, verifyNote } from '../../../src/ledger/note.ts'
import { otherSigner, rejectionOf, signer } from '../../helpers/ledger.ts'

/** The example of Go's golang.org/x/mod/sumdb/note, where the format comes from. */
const goKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const goNote = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`

test('a note that Go signed is verified with the key as Go writes it', () => {
  const { text, signatures } = verifyNote(goNote, [parseVerifierKey(goKey)])
  expect(text.split('\n')[1]).toBe("then you don't know what your problem is.")
  expect(signatures).toHaveLength(1)
})

test('a verification key survives its text form', () => {
  expect(verifierKey(parseVerifierKey(goKey))).toBe(goKey)
  expect(parseVerifierKey(verifierKey(signer))).toEqual({ name: signer.name, publicKey: signer.publicKey })
  expect(Buffer.from(keyId(parseVerifierKey(goKey))).toString('hex')).toBe('c74f20a3')
})

test.each([
  'PeterNeumann',
  'PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  'PeterNeumann+c74f20a3+AhpcARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  'Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  '',
])('%j is not taken for a verification key', (text) => {
  expect(() => parseVerifierKey(text)).toThrow(expect.objectContaining({ code: 'AFD_NOTE_KEY' }))
})

test('what one signs, another verifies, and nobody else is taken for the signer', async () => {
  const note = await signNote('a line\n\nand another\n', signer)
  expect(verifyNote(note, [otherSigner, signer]).text).toBe('a line\n\nand another\n')
  expect(() => verifyNote(note, [otherSigner])).toThrow(expect.objectContaining({ code: 'AFD_NOTE_SIGNATURE' }))
  expect(() => verifyNote(note, [])).toThrow(expect.objectContaining({ code: 'AFD_NOTE_SIGNATURE' }))
  expect(() => verifyNote(note, [{ ...signer, name: 'another' }])).toThrow(
    expect.objectContaining({ code: 'AFD_NOTE_SIGNATURE' }),
  )
})

test('signatures of unknown keys beside ours are ignored, a wrong one of ours is not', async () => {
  const note = await signNote('text\n', signer)
  const foreign = (await signNote('text\n', otherSigner)).split('\n').at(-2)
  expect(verifyNote(`${note}${foreign}\n`, [signer]).signatures).toHaveLength(2)
  const wrong = (await signNote('other text\n', signer)).split('\n').at(-2)
  expect(() => verifyNote(`${note}${wrong}\n`, [signer])).toThrow(
    expect.objectContaining({ code: 'AFD_NOTE_SIGNATURE' }),
  )
})

test('any one byte changed is noticed', async () => {
  const note = Buffer.from(await signNote('example.org/log\n7\nroot\n', signer))
  for (const [offset, byte] of note.entries()) {
    const changed = Buffer.from(note)
    changed[offset] = byte ^ 1
    expect(() => verifyNote(changed.toString(), [signer])).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^AFD_NOTE_(FORMAT|SIGNATURE)$/) }),
    )
  }
})

test('reading anything at all ends in a note or in AFD_NOTE_FORMAT', () => {
  const pieces = fc.constantFrom('\n', '\n\n', '— ', 'a', ' ', 'AAAAAAAA', '=', '+', '\u2028', '\ud800', '\u0000')
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const note = parseNote(text)
        expect(note.text.endsWith('\n')).toBe(true)
        expect(note.signatures.length).toBeGreaterThan(0)
      } catch (error) {
        expect(error).toMatchObject({ code: 'AFD_NOTE_FORMAT', exitCode: 4 })
      }
    }),
    { numRuns: 1000 },
  )
})

test('a key whose halves do not belong together signs nothing', async () => {
  const mixed = { ...signer, publicKey: otherSigner.publicKey }
  expect(await rejectionOf(signNote('text\n', mixed))).toMatchObject({ code: 'AFD_NOTE_SIGNATURE', exitCode: 5 })
})

test('names with spaces or plus signs, and short keys, are refused before anything is signed', async () => {
  for (const broken of [{ name: 'a b' }, { name: 'a+b' }, { name: '' }, { publicKey: Buffer.alloc(31) }]) {
    expect(await rejectionOf(signNote('text\n', { ...signer, ...broken }))).toMatchObject({ code: 'AFD_NOTE_KEY' })
  }
})

test('a text that no note can hold is not signed', async () => {
  for (const text of ['no newline at the end', 'bell\u0007\n', 'half a pair \ud800\n']) {
    expect(await rejectionOf(signNote(text, signer))).toBeInstanceOf(TypeError)
  }
})
