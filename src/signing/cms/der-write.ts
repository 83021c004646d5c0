import { compareBytes, concat, latin1, utf8 } from '../bytes.ts'
import { tags } from './der.ts'

/** One value of a tag around contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(...contents)
  const size: number[] = []
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest % 256)
  const length = content.length < 0x80 ? [content.length] : [0x80 | size.length, ...size]
  return concat(Uint8Array.of(tag, ...length), content)
}

export const derSequence = (...parts: readonly Uint8Array[]): Uint8Array => der(tags.sequence, ...parts)
/** A SET OF: sorted as DER asks, X.690 11.6. */
export const derSet = (...parts: readonly Uint8Array[]): Uint8Array => der(tags.set, ...parts.toSorted(compareBytes))
export const derOctets = (bytes: Uint8Array): Uint8Array => der(tags.octetString, bytes)
export const derBits = (bytes: Uint8Array, unused = 0): Uint8Array => der(tags.bitString, Uint8Array.of(unused), bytes)
export const derNull = (): Uint8Array => der(tags.null)
export const derBoolean = (value: boolean): Uint8Array => der(tags.boolean, Uint8Array.of(value ? 0xff : 0))
export const derUtf8 = (text: string): Uint8Array => der(tags.utf8String, utf8(text))

/** A non-negative INTEGER from a number or from unsigned big-endian bytes. */
export function derInteger(value: number | Uint8Array): Uint8Array {
  let bytes = typeof value === 'number' ? bigEndian(value) : value
  while (bytes.length > 1 && bytes[0] === 0) bytes = bytes.subarray(1)
  return der(tags.integer, (bytes[0] ?? 0) >= 0x80 || bytes.length === 0 ? Uint8Array.of(0) : new Uint8Array(), bytes)
}

function bigEndian(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Uint8Array.from(bytes.length === 0 ? [0] : bytes)
}

export function derOid(text: string): Uint8Array {
  const [root = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [root * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80)
    return digits
  })
  return der(tags.oid, Uint8Array.from(bytes))
}

/** UTCTime until 2049, GeneralizedTime from 2050, as RFC 5280 section 4.1.2.5 asks; whole seconds. */
export function derTime(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return Number(digits.slice(0, 4)) < 2050
    ? der(tags.utcTime, latin1(digits.slice(2)))
    : der(tags.generalizedTime, latin1(digits))
}
