import { isUtf8 } from 'node:buffer'

/**
 * Looks through what is encoded inside a text: percent-encoding, Base64 that holds text, UTF-16. `inside` gets what was
 * decoded and gives it back without secrets; where that changes nothing, the text stays as it is, byte for byte.
 */
export function redactEncoded(text: string, inside: (decoded: string) => string): string {
  return utf16(base64(percent(text, inside), inside), inside)
}

/** Runs of what may stand in an encoded part of a URL; one of them is decoded and encoded as a whole. */
function percent(text: string, inside: (decoded: string) => string): string {
  if (!text.includes('%')) return text
  return text.replace(/[A-Za-z0-9%._~*+!()-]+/g, (run) => {
    if (!/%[0-9A-Fa-f]{2}/.test(run)) return run
    const decoded = run.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    const safe = inside(decoded)
    return safe === decoded ? run : safe.replace(/[^A-Za-z0-9._~*+!()-]/g, percentOf)
  })
}

function percentOf(character: string): string {
  const code = character.charCodeAt(0)
  return code > 0xff
    ? encodeURIComponent(character.toWellFormed())
    : `%${code.toString(16).toUpperCase().padStart(2, '0')}`
}

/** A run of lines of Base64, or each by itself where they are not one text together. */
function base64(text: string, inside: (decoded: string) => string): string {
  return text.replace(/[A-Za-z0-9+/_-]{24,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}/g, (run) => {
    const whole = textIn(run)
    if (whole !== undefined) return inside(whole) === whole ? run : '[redacted:encoded]'
    if (!run.includes('\n')) return run
    return run.replace(/[A-Za-z0-9+/_=-]{24,}/g, (line) => {
      const decoded = textIn(line)
      return decoded === undefined || inside(decoded) === decoded ? line : '[redacted:encoded]'
    })
  })
}

/** The text that Base64 stands for; undefined where it stands for other bytes. */
function textIn(run: string): string | undefined {
  const bytes = Buffer.from(run, 'base64')
  const decoded = isUtf8(bytes) ? bytes.toString('utf8') : undefined
  return decoded === undefined || /[^\P{Cc}\t\n\f\r]/u.test(decoded) ? undefined : decoded
}

/** Latin-1 letters with a NUL behind each, or, seen from its second byte on, before each. */
function utf16(text: string, inside: (decoded: string) => string): string {
  if (!text.includes('\0')) return text
  return text.replace(/(?:[\t\n\r -~\xa0-\xff]\0){8,}[\t\n\r -~\xa0-\xff]?/g, (run) => {
    const decoded = run.replaceAll('\0', '')
    const safe = inside(decoded)
    if (safe === decoded) return run
    const wide = [...safe].join('\0')
    return run.endsWith('\0') ? `${wide}\0` : wide
  })
}
