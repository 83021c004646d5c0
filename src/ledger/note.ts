import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { IntegrityError, SigningError } from '../model/errors.ts'
import type { NoteSigner } from './store.ts'

/** Signed notes, https://c2sp.org/signed-note, with Ed25519 signatures (type 0x01). */

/** A key that notes can be verified with: its name and 32 raw bytes. */
export type NoteKey = { readonly name: string; readonly publicKey: Uint8Array }

export type NoteSignature = { readonly name: string; readonly keyId: Uint8Array; readonly signature: Uint8Array }

export type SignedNote = {
  /** What is signed, its last newline included. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

const ed25519 = 0x01
const maxNoteLength = 1_000_000

/** The key ID: the first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). */
export function keyId({ name, publicKey }: NoteKey): Uint8Array {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519), publicKey]), 'buffer').subarray(
    0,
    4,
  )
}

/** The text form of a verification key: `name+keyid+base64(0x01 ‖ public key)`. */
export function verifierKey(key: NoteKey): string {
  assertKey(key)
  const encoded = Buffer.concat([Buffer.of(ed25519), key.publicKey]).toString('base64')
  return `${key.name}+${Buffer.from(keyId(key)).toString('hex')}+${encoded}`
}

/** Reads `name+keyid+base64`; throws SigningError `AFD_NOTE_KEY` where it is not one, or not of Ed25519. */
export function parseVerifierKey(text: string): NoteKey {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text)
  const [, name = '', id = '', encoded = ''] = match ?? []
  const bytes = decodeBase64(encoded)
  const key = { name, publicKey: bytes?.subarray(1) ?? new Uint8Array() }
  if (bytes?.length !== 33 || bytes[0] !== ed25519 || Buffer.from(keyId(key)).toString('hex') !== id) {
    throw new SigningError('AFD_NOTE_KEY', 'not an Ed25519 verification key of the form name+keyid+base64', {
      hint: 'Copy the whole line that `affidavit keys show` prints for the ledger key.',
    })
  }
  return key
}

/** Signs a text, which must end with a newline, and returns the note. */
export async function signNote(text: string, signer: NoteSigner): Promise<string> {
  assertKey(signer)
  if (!text.endsWith('\n') || !isPlain(text))
    throw new TypeError('the text of a note is lines without control characters')
  const signature = await signer.sign(Buffer.from(text))
  if (!isSignature(text, signature, signer.publicKey)) {
    throw new SigningError(
      'AFD_NOTE_SIGNATURE',
      `the key ${signer.name} made a signature that its public key refuses`,
      {
        hint: 'The private and the public half do not belong together; show the keys and choose the right pair.',
        subject: signer.name,
      },
    )
  }
  const encoded = Buffer.concat([keyId(signer), signature]).toString('base64')
  return `${text}\n— ${signer.name} ${encoded}\n`
}

/** Takes a note apart; throws IntegrityError `AFD_NOTE_FORMAT` for anything that is not exactly a note. */
export function parseNote(note: string): SignedNote {
  if (note.length > maxNoteLength || !isPlain(note)) throw notANote('it is too long, or holds control characters')
  const end = note.lastIndexOf('\n\n')
  const text = note.slice(0, end + 1)
  if (end < 1) throw notANote('there is no text followed by an empty line')
  const lines = note.slice(end + 2).split('\n')
  if (lines.pop() !== '' || lines.length === 0) throw notANote('it does not end with signature lines')
  return { text, signatures: lines.map(parseSignature) }
}

/**
 * The note, if a known key signed it: throws IntegrityError `AFD_NOTE_SIGNATURE` where no known key did, or where the
 * signature of a known key is wrong. Signatures of unknown keys are ignored, as the specification demands.
 */
export function verifyNote(note: string, keys: readonly NoteKey[]): SignedNote {
  const parsed = parseNote(note)
  const known = parsed.signatures.flatMap((line) => {
    const key = keys.find((each) => each.name === line.name && Buffer.compare(keyId(each), line.keyId) === 0)
    return key ? [{ key, line }] : []
  })
  if (known.length === 0) {
    const names = parsed.signatures.map((line) => line.name).join(', ')
    throw new IntegrityError('AFD_NOTE_SIGNATURE', `no given key signed the note; it names ${names}`)
  }
  const wrong = known.find(({ key, line }) => !isSignature(parsed.text, line.signature, key.publicKey))
  if (wrong) throw new IntegrityError('AFD_NOTE_SIGNATURE', `the signature of ${wrong.key.name} is wrong`)
  return parsed
}

function parseSignature(line: string): NoteSignature {
  const match = /^— ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line)
  const bytes = decodeBase64(match?.[2] ?? '')
  if (!match?.[1] || !bytes || bytes.length < 5) throw notANote('a signature line is malformed')
  return { name: match[1], keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) }
}

/** The bytes of strict base64 (RFC 4648 section 4, padded, no stray bits); undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined
}

function isPlain(text: string): boolean {
  return text.isWellFormed() && !Array.from(text).some((character) => character < ' ' && character !== '\n')
}

function isSignature(text: string, signature: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return signature.length === 64 && verify(null, Buffer.from(text), keyObject(publicKey), signature)
  } catch {
    return false
  }
}

function keyObject(publicKey: Uint8Array): KeyObject {
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') },
    format: 'jwk',
  })
}

function assertKey({ name, publicKey }: NoteKey): void {
  if (/^[^+\s]+$/u.test(name) && name.isWellFormed() && publicKey.length === 32) return
  throw new SigningError('AFD_NOTE_KEY', `not a key for signing checkpoints: ${JSON.stringify(name)}`, {
    hint: 'A key name has no spaces and no plus sign, and the key is Ed25519 (32 bytes).',
  })
}

function notANote(why: string): IntegrityError {
  return new IntegrityError('AFD_NOTE_FORMAT', `not a signed note: ${why}`)
}
