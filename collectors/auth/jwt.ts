import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { isObject, parseJson, type UnknownObject } from './json-value.ts'
import type { KeySet } from './jwks.ts'

/** A JWS in compact form (RFC 7515 section 7.1), read but not verified. */
export type Jwt = {
  readonly header: UnknownObject
  readonly payload: UnknownObject
  /** As sent, Base64url. */
  readonly signature: string
}

/** Reads a JWT; undefined where the token is opaque. */
export function readJwt(token: string): Jwt | undefined {
  const [header = '', payload = '', signature, ...rest] = token.split('.')
  if (signature === undefined || rest.length > 0) return undefined
  const decoded = [decodePart(header), decodePart(payload)]
  return isObject(decoded[0]) && isObject(decoded[1])
    ? { header: decoded[0], payload: decoded[1], signature }
    : undefined
}

/** The compact form. */
export function writeJwt({ header, payload, signature }: Jwt): string {
  return `${signingInput(header, payload)}.${signature}`
}

/** What is signed, RFC 7515 section 5.1. */
export function signingInput(header: UnknownObject, payload: UnknownObject): string {
  return `${encodePart(header)}.${encodePart(payload)}`
}

/** Whether one of the keys made the signature, whatever the claims say. */
export async function isSignedBy(token: string, { keys }: KeySet): Promise<boolean> {
  try {
    await compactVerify(token, createLocalJWKSet({ keys } as unknown as JSONWebKeySet))
    return true
  } catch {
    return false
  }
}

function decodePart(part: string): unknown {
  return parseJson(Buffer.from(part, 'base64url').toString('utf8'))
}

function encodePart(value: UnknownObject): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url')
}
