import type { RecordedBody, RecordedExchange, RecordedHeaders } from '../model/replay.ts'
import { decodeBody, groupFields } from './exchange.ts'

const requestLine = /^([^ \r\n]+) ([^ \r\n]+) HTTP\/1\.1$/
const statusLine = /\r\nHTTP\/1\.1 (\d{3})(?: [^\r\n]*)?(?=\r\n)/
const noResponse = /\r\n\[no response: ([^\r\n]*)\]\r\n/
const brokenOff = /\r\n\[the response broke off: ([^\r\n]*)\]\r\n(?:\[what came begins:\]\r\n[\s\S]*)?$/
const notKept = /^\[the body was not kept(?:, as it is no plain text)?: (\d+) bytes, SHA-256 ([0-9a-f]{64})\]\r\n$/
const cut = /\r\n\[the body was cut after \d+ bytes[^\]\r\n]*\]\r\n$/

/**
 * Reads what `formatExchange` wrote. Throws TypeError for anything else. A body that itself looks like one of our remarks
 * is taken for it, so that less is known of it and never more.
 */
export function readExchange(bytes: Uint8Array): RecordedExchange {
  const text = Buffer.from(bytes).toString('latin1')
  const [head, rest] = splitHead(text)
  const [first = '', ...lines] = head.split('\r\n')
  const [, method, target] = requestLine.exec(first) ?? []
  if (method === undefined || target === undefined) throw new TypeError('not a recorded HTTP exchange')
  const request = { method, target, requestHeaders: headersOf(lines) }
  const status = statusLine.exec(rest)
  if (!status) return { ...request, response: null, failure: noResponse.exec(rest)?.[1] ?? 'no response came' }
  const [responseHead, tail] = splitHead(rest.slice(status.index + 2))
  const broken = brokenOff.exec(tail)
  const headers = headersOf(responseHead.split('\r\n').slice(1))
  const body: RecordedBody = broken ? { kept: 'cut' } : bodyOf(tail, headers)
  return { ...request, response: { status: Number(status[1]), headers, body }, failure: broken?.[1] ?? null }
}

function splitHead(text: string): readonly [head: string, rest: string] {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) throw new TypeError('not a recorded HTTP exchange: a header section does not end')
  return [text.slice(0, end), text.slice(end + 4)]
}

function headersOf(lines: readonly string[]): RecordedHeaders {
  return groupFields(
    lines.filter(Boolean).map((line) => {
      const colon = line.indexOf(': ')
      if (colon < 1) throw new TypeError('not a recorded HTTP exchange: a field line has no name')
      return [line.slice(0, colon), line.slice(colon + 2)]
    }),
  )
}

function bodyOf(tail: string, headers: RecordedHeaders): RecordedBody {
  const [, size, digest] = notKept.exec(tail) ?? []
  if (size !== undefined && digest !== undefined) return { kept: 'digest', size: Number(size), sha256: digest }
  if (cut.test(tail)) return { kept: 'cut' }
  const bytes = Buffer.from(tail, 'latin1')
  return { kept: 'whole', bytes, text: decodeBody(bytes, headers['content-type']?.[0]) }
}
