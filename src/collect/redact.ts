import { redactEncoded } from './encoded-text.ts'
import { formsOf } from './secret-forms.ts'
import type { Pattern } from './secret-pattern.ts'
import { patterns } from './secret-shapes.ts'

/** Registers values that must never be kept and replaces them, and whatever has the shape of a secret. */
export type Redactor = {
  /** From now on this value, in whatever common encoding, is replaced by `[redacted:kind]`. */
  conceal(value: string, kind: string): void
  /** The text without secrets. Idempotent; linear in the length of the text; never throws. */
  text(text: string): string
  /** Bytes without secrets; bytes that are no text stay as they are. */
  bytes(bytes: Uint8Array): Uint8Array
}

/** Values shorter than this are no secrets: replacing every `ab` would destroy the evidence and hide nothing. */
const shortestSecret = 4

/** A text that still changes after so many passes was made to do that; all of it is withheld. */
const mostPasses = 8

/** Encodings within encodings that are looked through. */
const deepestEncoding = 3

const marker = /(\[redacted:[a-z-]{1,40}\])/

/** A redactor that knows no values yet. */
export function createRedactor(): Redactor {
  const known = new Map<string, string>()
  let longestFirst: readonly (readonly [form: string, kind: string])[] = []

  function conceal(value: string, kind: string): void {
    const safeKind =
      kind
        .toLowerCase()
        .replace(/[^a-z-]+/g, '-')
        .slice(0, 40) || 'secret'
    if (value.length < shortestSecret) return
    for (const form of formsOf(value)) known.set(form, safeKind)
    longestFirst = [...known].sort(([a], [b]) => b.length - a.length)
  }

  function pass(piece: string, depth: number): string {
    const safe = replaceShapes(replaceKnown(piece, longestFirst))
    return depth === deepestEncoding ? safe : redactEncoded(safe, (decoded) => pass(decoded, depth + 1))
  }

  function text(given: string): string {
    try {
      return untilStable(given, (piece) => pass(piece, 0))
    } catch {
      return '[redacted:text]'
    }
  }

  return {
    conceal,
    text,
    bytes: (bytes) => {
      // One byte becomes one character and back, so that bytes that are no UTF-8 survive unchanged.
      const given = Buffer.from(bytes).toString('latin1')
      const safe = text(given)
      return safe === given ? bytes : new Uint8Array(Buffer.from(safe, 'latin1'))
    },
  }
}

function untilStable(given: string, pass: (text: string) => string): string {
  let before = given
  for (let passes = 0; passes < mostPasses; passes += 1) {
    const after = pass(before)
    if (after === before) return after
    before = after
  }
  return '[redacted:text]'
}

function replaceKnown(text: string, longestFirst: readonly (readonly [string, string])[]): string {
  const present = longestFirst.filter(([form]) => text.includes(form))
  if (present.length === 0) return text
  return text
    .split(marker)
    .map((piece, index) => (index % 2 === 1 ? piece : replaceEach(piece, present)))
    .join('')
}

function replaceEach(piece: string, known: readonly (readonly [string, string])[]): string {
  const [first, ...rest] = known
  if (first === undefined || piece === '') return piece
  return piece
    .split(first[0])
    .map((part) => replaceEach(part, rest))
    .join(mark(first[1]))
}

function replaceShapes(text: string): string {
  return patterns.reduce((safe, pattern) => replaceShape(safe, pattern), text)
}

function replaceShape(text: string, { find, kind, hide }: Pattern): string {
  return text.replace(find, (...groups: (string | undefined)[]) => hide(groups, (value) => masked(value, kind)))
}

function masked(value: string, kind: string): string {
  return value === '' || /^(?:\[redacted:[a-z-]{1,40}\])+$/.test(value) ? value : mark(kind)
}

function mark(kind: string): string {
  return `[redacted:${kind}]`
}
