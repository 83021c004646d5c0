import { formatServiceBinding } from './service-binding.ts'

/** HTTPS records, RFC 9460. */
const httpsType = 65
const internetClass = 1
const optType = 41
/** What fits through nearly every network without fragments. */
const udpBytes = 1_232

/** A DNS failure with the code that node:dns would give it: `ENOTFOUND`, `ESERVFAIL`, `EBADRESP`, ... */
export class DnsError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** A query for the HTTPS records of a name, RFC 1035 section 4 with EDNS0; throws DnsError EBADNAME for what is none. */
export function httpsQuery(id: number, name: string): Uint8Array {
  const header = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1])
  const question = Buffer.concat([encodeName(name), Buffer.from([0, httpsType, 0, internetClass])])
  const opt = Buffer.from([0, 0, optType, udpBytes >> 8, udpBytes & 255, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, question, opt])
}

/** `cut`: the answer did not fit and has to be asked for again over TCP. */
export type HttpsAnswer = { readonly cut: boolean; readonly records: readonly string[] }

/** Whether bytes answer the query with this id about this name; any others are to be passed over. */
export function isAnswerTo(bytes: Buffer, id: number, name: string): boolean {
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== id || ((bytes[2] ?? 0) & 0x80) === 0) return false
  const question = Buffer.concat([encodeName(name), Buffer.from([0, httpsType, 0, internetClass])])
  const echoed = bytes.subarray(12, 12 + question.length)
  return (
    bytes.readUInt16BE(4) === 1 && echoed.toString('latin1').toLowerCase() === question.toString('latin1').toLowerCase()
  )
}

/** The HTTPS records of an answer, as in a zone file; throws DnsError for failures and for what does not parse. */
export function readHttpsAnswer(bytes: Buffer): HttpsAnswer {
  try {
    return readAnswer(bytes)
  } catch (error) {
    if (error instanceof RangeError) throw new DnsError('EBADRESP', 'the DNS answer is malformed')
    throw error
  }
}

const failures: { readonly [code: number]: readonly [code: string, message: string] } = {
  1: ['EFORMERR', 'the DNS server could not read the query'],
  2: ['ESERVFAIL', 'the DNS server failed'],
  3: ['ENOTFOUND', 'the name does not exist'],
  4: ['ENOTIMP', 'the DNS server does not know such queries'],
  5: ['EREFUSED', 'the DNS server refused the query'],
}

function readAnswer(bytes: Buffer): HttpsAnswer {
  const flags = bytes.readUInt16BE(2)
  const code = flags & 15
  if ((flags & 0x0200) !== 0) return { cut: true, records: [] }
  if (code !== 0) throw new DnsError(...(failures[code] ?? ['EBADRESP', `the DNS server answered with code ${code}`]))
  let at = skipName(bytes, 12) + 4
  const records: string[] = []
  for (let left = bytes.readUInt16BE(6); left > 0; left -= 1) {
    const fixed = skipName(bytes, at)
    const type = bytes.readUInt16BE(fixed)
    const end = fixed + 10 + bytes.readUInt16BE(fixed + 8)
    if (end > bytes.length) throw new RangeError('a record that is cut')
    // A CNAME before them is followed by the server.
    if (type === httpsType) records.push(formatServiceBinding(bytes.subarray(fixed + 10, end)))
    at = end
  }
  return { cut: false, records }
}

function encodeName(name: string): Buffer {
  const labels = name.replace(/\.$/, '').split('.')
  const encoded = labels.map((label) => {
    const bytes = Buffer.from(label, 'latin1')
    if (bytes.length === 0 || bytes.length > 63) throw new DnsError('EBADNAME', `${name} is no name in DNS`)
    return Buffer.concat([Buffer.of(bytes.length), bytes])
  })
  const whole = Buffer.concat([...encoded, Buffer.of(0)])
  if (whole.length > 255) throw new DnsError('EBADNAME', `${name} is too long for DNS`)
  return whole
}

/** Where a name ends that begins at an offset; a pointer is its end, RFC 1035 section 4.1.4. */
function skipName(bytes: Buffer, start: number): number {
  let at = start
  for (;;) {
    const length = bytes.readUInt8(at)
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    at += 1 + length
  }
}
