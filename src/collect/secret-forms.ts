/** Base64 of less than this could stand in any text by chance. */
const shortestInside = 8

/**
 * How a value may look in text: as it is, as the bytes of its UTF-8, in JSON, HTML and URLs, in hexadecimal, and in both
 * Base64s, alone or in the middle of something longer.
 */
export function formsOf(value: string): ReadonlySet<string> {
  const bytes = Buffer.from(value, 'utf8')
  const url = encodeURIComponent(value.toWellFormed())
  const texts = [value, url, url.replaceAll('%20', '+'), JSON.stringify(value).slice(1, -1), htmlOf(value)]
  const base64 = bytes.toString('base64')
  return new Set([
    ...texts.flatMap((text) => [text, Buffer.from(text, 'utf8').toString('latin1')]),
    ...[base64, base64.replace(/=+$/, ''), bytes.toString('base64url')],
    ...[0, 1, 2].flatMap((shift) => insideBase64(bytes, shift)).filter((text) => text.length >= shortestInside),
    ...(bytes.length > 4 ? [bytes.toString('hex'), bytes.toString('hex').toUpperCase()] : []),
  ])
}

/** The characters that the bytes alone decide, where so many bytes, modulo three, stand before them. */
function insideBase64(bytes: Uint8Array, shift: number): readonly string[] {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes])
  const from = shift === 0 ? 0 : shift + 1
  const to = Math.floor((whole.length * 8) / 6)
  return [whole.toString('base64').slice(from, to), whole.toString('base64url').slice(from, to)]
}

function htmlOf(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
