/** Finds out whether a text holds what is looked for, in any of the forms in which software writes it. */
export type TextPattern = {
  /** Whether a decoded text holds it. */
  readonly holds: (text: string) => boolean
  /** No form of it takes more bytes. */
  readonly reach: number
}

/** Shorter texts stand by chance in nearly everything. */
export const shortestText = 3
export const longestText = 500

/** Bytes; what fewer become in hexadecimal or base64 stands by chance in digests and certificates. */
const shortestEncoded = 6

/**
 * A pattern for any of several texts, each of `shortestText` to `longestText` characters: in upper and lower case, composed
 * or not, with any white space between words, with the escapes of JSON, URLs, HTML and mail; those of six bytes or more
 * also in hexadecimal and base64, as they are given.
 */
export function textPattern(texts: readonly string[]): TextPattern {
  // What is escaped stays as it was composed when the escape was made.
  const forms = ['NFC', 'NFD'].flatMap((form) => texts.map((text) => text.toWellFormed().trim().normalize(form)))
  const wanted = [...new Set([...forms, ...texts.map((text) => text.toWellFormed().trim())])]
  const written = new RegExp(wanted.map(asWritten).join('|'), 'iu')
  const long = wanted.filter((text) => Buffer.byteLength(text) >= shortestEncoded)
  const encoded = new RegExp(long.flatMap((text) => [asHex(text), ...asBase64(text)]).join('|'), 'u')
  return {
    holds: (text) => written.test(text.normalize('NFC')) || (long.length > 0 && encoded.test(text)),
    reach: Math.max(...wanted.map((text) => text.length)) * mostBytes,
  }
}

/** `&#x0000fc;` in two bytes a character, or sixteen blanks. */
const mostBytes = 24

const blanks = String.raw`(?:\s|\+|%20|&nbsp;|&#160;|\\[nrt]|=20){1,16}`

function asWritten(text: string): string {
  return text
    .split(/\s+/u)
    .map((word) => Array.from(word, formsOf).join(''))
    .join(blanks)
}

/** One character, as it is and with every escape. */
function formsOf(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character
  const cases = new Set([character, character.toLowerCase(), character.toUpperCase()])
  const forms = [...cases].flatMap((each) => {
    const bytes = [...Buffer.from(each)]
    const units = Array.from({ length: each.length }, (_, index) => each.charCodeAt(index))
    const points = Array.from(each, (point) => point.codePointAt(0) ?? 0)
    return [
      literal(each),
      units.map((unit) => String.raw`\\u${hex(unit, 4)}`).join(''),
      bytes.map((byte) => `%${hex(byte, 2)}`).join(''),
      bytes.map((byte) => `=${hex(byte, 2)}`).join(''),
      points.map((point) => `&#(?:0*${point}|x0*${hex(point, 1)});`).join(''),
      ...(each.length === 1 && (units[0] ?? 0) < 256 ? [`[%=]${hex(units[0] ?? 0, 2)}`] : []),
      ...(named[each] === undefined ? [] : [named[each]]),
      ...('"\\/'.includes(each) ? [literal(`\\${each}`)] : []),
    ]
  })
  return `(?:${forms.join('|')})`
}

const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function asHex(text: string): string {
  const pairs = [...Buffer.from(text)].map((byte) => hex(byte, 2))
  return `(?:${pairs.join('')}|${pairs.join('').toUpperCase()})`
}

/** The characters of base64 that no neighbour changes, for each of the three places that the text can begin at. */
function asBase64(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const end = (before + bytes.length) % 3 === 0 ? encoded.length : encoded.length - 1
    const certain = encoded.slice(before === 0 ? 0 : before + 1, end)
    return certain.replaceAll('+', String.raw`[+\-]`).replaceAll('/', String.raw`[\/_]`)
  })
}
