import { Buffer } from 'buffer/index.js'

/*
 * Evaluated before all else: what checks the embedded evidence knows the Buffer of Node. The one of npm lacks the
 * encoding base64url.
 */
Object.assign(globalThis, { Buffer })

const encode = Buffer.prototype.toString
Buffer.prototype.toString = function (encoding, start, end) {
  if (encoding !== 'base64url') return encode.call(this, encoding, start, end)
  return encode.call(this, 'base64', start, end).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
