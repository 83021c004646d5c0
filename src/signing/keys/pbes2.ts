import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  pbkdf2Sync,
  randomBytes,
  scryptSync,
} from 'node:crypto'
import { concat } from '../bytes.ts'
import { type Der, DerError, fields, readOid, readSmallInteger, tags } from '../cms/der.ts'
import { derInteger, derNull, derOctets, derOid, derSequence } from '../cms/der-write.ts'
import { oids } from '../cms/oids.ts'

const ciphers: { readonly [oid: string]: { readonly name: string; readonly keyBytes: number } } = {
  [oids.aes128Cbc]: { name: 'aes-128-cbc', keyBytes: 16 },
  [oids.aes192Cbc]: { name: 'aes-192-cbc', keyBytes: 24 },
  [oids.aes256Cbc]: { name: 'aes-256-cbc', keyBytes: 32 },
}
const macHashes: { readonly [oid: string]: string } = {
  [oids.hmacSha1]: 'sha1',
  [oids.hmacSha256]: 'sha256',
  [oids.hmacSha384]: 'sha384',
  [oids.hmacSha512]: 'sha512',
}
const digestHashes: { readonly [oid: string]: string } = {
  [oids.sha1]: 'sha1',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
}

/** PBKDF2-HMAC-SHA256 rounds for what we encrypt (OWASP's advice of 2023). */
export const rounds = 600_000
/** More than this is an attempt to keep us busy. */
const mostRounds = 20_000_000

/** Encrypts a PKCS #8 key as EncryptedPrivateKeyInfo: PBES2, PBKDF2-HMAC-SHA256, AES-256-CBC (RFC 8018). */
export function encryptKey(key: Uint8Array, passphrase: string): Uint8Array {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const secret = pbkdf2Sync(passphrase, salt, rounds, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', secret, iv)
  const encrypted = concat(cipher.update(key), cipher.final())
  const derivation = derSequence(
    derOid(oids.pbkdf2),
    derSequence(derOctets(salt), derInteger(rounds), derSequence(derOid(oids.hmacSha256), derNull())),
  )
  const algorithm = derSequence(derOid(oids.aes256Cbc), derOctets(iv))
  return derSequence(derSequence(derOid(oids.pbes2), derSequence(derivation, algorithm)), derOctets(encrypted))
}

/** Decrypts what PBES2 (or the triple-DES scheme of PKCS #12) encrypted; throws DerError for anything else. */
export function decrypt(algorithm: Der, encrypted: Uint8Array, passphrase: string): Uint8Array {
  const part = fields(algorithm, 'encryptionAlgorithm')
  const scheme = readOid(part.any('algorithm'), 'algorithm')
  const parameters = part.any('parameters')
  if (scheme === oids.pbeSha1TripleDes) {
    const { salt, iterations } = saltAndRounds(parameters)
    const key = pkcs12Key('sha1', passphrase, salt, iterations, 1, 24)
    return open('des-ede3-cbc', key, pkcs12Key('sha1', passphrase, salt, iterations, 2, 8), encrypted)
  }
  if (scheme !== oids.pbes2) throw new DerError(`the encryption ${scheme} is not supported; use AES (PBES2)`)
  const scheme2 = fields(parameters, 'PBES2')
  const derivation = scheme2.any('keyDerivationFunc')
  const cipherPart = fields(scheme2.any('encryptionScheme'), 'encryptionScheme')
  const cipher = ciphers[readOid(cipherPart.any('algorithm'), 'cipher')]
  const iv = cipherPart.take(tags.octetString, 'iv').content
  if (!cipher) throw new DerError('the cipher is not AES-CBC')
  return open(cipher.name, deriveKey(derivation, passphrase, cipher.keyBytes), iv, encrypted)
}

function open(name: string, key: Uint8Array, iv: Uint8Array, encrypted: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(name, key, iv)
  return concat(decipher.update(encrypted), decipher.final())
}

function deriveKey(derivation: Der, passphrase: string, size: number): Uint8Array {
  const part = fields(derivation, 'keyDerivationFunc')
  const oid = readOid(part.any('algorithm'), 'algorithm')
  const parameters = fields(part.any('parameters'), 'parameters')
  const salt = parameters.take(tags.octetString, 'salt').content
  if (oid === oids.scrypt) {
    const [N, r, p] = ['N', 'r', 'p'].map((name) => readSmallInteger(parameters.any(name), name))
    if (!N || !r || !p || N * r * p > 1 << 22) throw new DerError('scrypt parameters out of range')
    return scryptSync(passphrase, salt, size, { N, r, p, maxmem: 256 * N * r })
  }
  if (oid !== oids.pbkdf2) throw new DerError(`the key derivation ${oid} is not supported`)
  const iterations = checkRounds(readSmallInteger(parameters.any('iterationCount'), 'iterationCount'))
  parameters.optional(tags.integer)
  const prf = parameters.optional(tags.sequence)
  const hash = prf ? macHashes[readOid(prf.parts[0], 'prf')] : 'sha1'
  if (!hash) throw new DerError('the pseudo-random function is not supported')
  return pbkdf2Sync(passphrase, salt, iterations, size, hash)
}

function saltAndRounds(value: Der) {
  const part = fields(value, 'parameters')
  const salt = part.take(tags.octetString, 'salt').content
  return { salt, iterations: checkRounds(readSmallInteger(part.any('iterations'), 'iterations')) }
}

function checkRounds(iterations: number): number {
  if (iterations < 1 || iterations > mostRounds) throw new DerError('the number of rounds is out of range')
  return iterations
}

/** The MAC of a PKCS #12 file: as RFC 7292 appendix B has it, or PBMAC1 (RFC 9579). */
export function pkcs12Mac(
  macData: Der,
  content: Uint8Array,
  passphrase: string,
): { stated: Uint8Array; computed: Uint8Array } {
  const part = fields(macData, 'macData')
  const info = fields(part.any('mac'), 'mac')
  const algorithm = fields(info.any('digestAlgorithm'), 'digestAlgorithm')
  const oid = readOid(algorithm.any('algorithm'), 'algorithm')
  const stated = info.take(tags.octetString, 'digest').content
  const salt = part.take(tags.octetString, 'macSalt').content
  const count = part.optional(tags.integer)
  if (oid === oids.pbmac1) {
    const parameters = fields(algorithm.any('parameters'), 'PBMAC1')
    const derivation = parameters.any('keyDerivationFunc')
    const hash = macHashes[readOid(fields(parameters.any('messageAuthScheme'), 'mac').any('algorithm'), 'mac')]
    if (!hash) throw new DerError('the MAC is not supported')
    const key = deriveKey(derivation, passphrase, createHash(hash).digest().length)
    return { stated, computed: createHmac(hash, key).update(content).digest() }
  }
  const hash = digestHashes[oid]
  if (!hash) throw new DerError('the MAC is not supported')
  const iterations = count ? checkRounds(readSmallInteger(count, 'iterations')) : 1
  const key = pkcs12Key(hash, passphrase, salt, iterations, 3, createHash(hash).digest().length)
  return { stated, computed: createHmac(hash, key).update(content).digest() }
}

/** Key derivation of PKCS #12, RFC 7292 appendix B.2; `purpose` is 1 for keys, 2 for IVs, 3 for MACs. */
function pkcs12Key(
  hash: string,
  passphrase: string,
  salt: Uint8Array,
  iterations: number,
  purpose: number,
  size: number,
) {
  const block = hash === 'sha384' || hash === 'sha512' ? 128 : 64
  const secret = Buffer.from(`${passphrase}\0`, 'utf16le').swap16()
  const fill = (bytes: Uint8Array) => {
    const whole = new Uint8Array(Math.ceil(bytes.length / block) * block)
    return whole.map((_, i) => bytes[i % bytes.length] ?? 0)
  }
  const diversifier = new Uint8Array(block).fill(purpose)
  const input = concat(fill(salt), fill(secret))
  const out: Uint8Array[] = []
  for (let made = 0; made < size; ) {
    let digest: Uint8Array = createHash(hash).update(diversifier).update(input).digest()
    for (let i = 1; i < iterations; i++) digest = createHash(hash).update(digest).digest()
    out.push(digest)
    made += digest.length
    addBlocks(input, digest, block)
  }
  return concat(...out).subarray(0, size)
}

/** Each block of the input becomes itself plus the digest, repeated to a block, plus one, modulo 2 to its width. */
function addBlocks(input: Uint8Array, digest: Uint8Array, block: number): void {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1
    for (let i = block - 1; i >= 0; i--) {
      const sum = (input[start + i] ?? 0) + (digest[i % digest.length] ?? 0) + carry
      input[start + i] = sum & 0xff
      carry = sum >> 8
    }
  }
}
