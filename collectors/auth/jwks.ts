import type { Context, NewObservation } from '../../src/collect/contract.ts'
import type { Json, JsonObject } from '../../src/model/json.ts'
import { ask } from './ask.ts'
import { isObject, parseJson, type UnknownObject } from './json-value.ts'

/** A JSON Web Key Set as it came, RFC 7517 section 5. */
export type KeySet = { readonly keys: readonly UnknownObject[] }

const curveBits: Readonly<Record<string, number>> = {
  'P-256': 256,
  secp256k1: 256,
  'P-384': 384,
  'P-521': 521,
  Ed25519: 256,
  Ed448: 456,
  X25519: 256,
  X448: 448,
}

/** Members that only a private key has, RFC 7518 sections 6.2.2 and 6.3.2. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'] as const

/** Reads an issuer's key set. */
export async function readKeySet(
  context: Context,
  issuer: string,
  url: string,
): Promise<{ readonly observation: NewObservation; readonly keySet: KeySet | null }> {
  const answer = await ask(context, { url, headers: { accept: 'application/json' } })
  const value = answer.kind === 'answer' && answer.status === 200 ? parseJson(answer.text) : undefined
  const keySet = isObject(value) && Array.isArray(value.keys) ? { keys: value.keys.filter(isObject) } : null
  const reason =
    answer.kind === 'failure' ? answer.reason : keySet === null ? `answered ${answer.status} without a key set` : null
  const facts = keySetFacts(issuer, url, keySet, reason)
  const evidence = answer.evidence
  return { observation: { kind: 'auth.jwks', subject: issuer, methods: ['EXAMINE'], facts, evidence }, keySet }
}

/** The facts of `auth.jwks`. */
export function keySetFacts(issuer: string, url: string, keySet: KeySet | null, reason: string | null): JsonObject {
  const keys = keySet?.keys ?? []
  const kids = keys.map((key) => text(key.kid)).filter((kid) => kid !== null)
  const rsaBits = keys.filter((key) => key.kty === 'RSA').map((key) => bitsOf(key) ?? 0)
  const tell = (value: boolean) => (keySet === null ? 'undetermined' : value ? 'yes' : 'no')
  return {
    reachable: keySet === null ? 'no' : 'yes',
    reason,
    https: issuer.startsWith('https:') && url.startsWith('https:') ? 'yes' : 'no',
    keys: keys.map(describe),
    count: keys.length,
    privateMaterial: tell(keys.some((key) => privateMembers.some((name) => key[name] !== undefined))),
    symmetricMaterial: tell(keys.some((key) => key.kty === 'oct' || key.k !== undefined)),
    duplicateKids: tell(new Set(kids).size < kids.length),
    missingKids: tell(kids.length < keys.length),
    missingUseOrAlg: tell(keys.some((key) => text(key.use) === null || text(key.alg) === null)),
    smallestRsaBits: rsaBits.length === 0 ? null : Math.min(...rsaBits),
  }
}

function describe(key: UnknownObject): { readonly [name: string]: Json } {
  return {
    kid: text(key.kid),
    kty: text(key.kty),
    use: text(key.use),
    alg: text(key.alg),
    bits: bitsOf(key),
    curve: text(key.crv),
  }
}

/** Bits of the modulus or the curve; null where neither is known. */
function bitsOf(key: UnknownObject): number | null {
  if (key.kty !== 'RSA') return curveBits[text(key.crv) ?? ''] ?? null
  const modulus = Buffer.from(text(key.n) ?? '', 'base64url')
    .toString('hex')
    .replace(/^0+/, '')
  return modulus === '' ? null : BigInt(`0x${modulus}`).toString(2).length
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
