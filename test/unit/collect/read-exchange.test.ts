import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatExchange, type ReceivedResponse, type SentRequest } from '../../../src/collect/exchange.ts'
import { readExchange } from '../../../src/collect/read-exchange.ts'

const request: SentRequest = {
  method: 'POST',
  target: '/token?a=b',
  fields: [
    ['host', 'login.example.test'],
    ['content-length', '5'],
  ],
  body: Buffer.from('a=b&c'),
}

function response(change: Partial<ReceivedResponse> = {}): ReceivedResponse {
  const fields = [
    ['Content-Type', 'text/plain; charset=iso-8859-1'],
    ['X', 'one'],
    ['x', 'two'],
  ] as const
  return { status: 200, statusText: 'OK', fields, body: Buffer.from('caf\xe9', 'latin1'), truncated: false, ...change }
}

test('a whole exchange is read as it was written', () => {
  const read = readExchange(formatExchange(request, response(), { keepBody: true }))
  expect(read).toMatchObject({ method: 'POST', target: '/token?a=b', failure: null })
  expect(read.requestHeaders.host).toEqual(['login.example.test'])
  expect(read.response?.headers.x).toEqual(['one', 'two'])
  expect(read.response?.body).toMatchObject({ kept: 'whole', text: 'café' })
})

test('of a body that was not kept there is its digest', () => {
  const { response: read } = readExchange(formatExchange(request, response(), { keepBody: false }))
  expect(read?.body).toEqual({ kept: 'digest', size: 4, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
})

test('a body that was cut, or whose end did not come, is not taken for a whole one', () => {
  const cut = formatExchange(request, response({ truncated: true, body: Buffer.from('one two') }), { keepBody: true })
  expect(readExchange(cut).response?.body).toEqual({ kept: 'cut' })
  const unkept = formatExchange(request, response({ truncated: true }), { keepBody: false })
  expect(readExchange(unkept).response?.body.kept).toBe('cut')
  const broken = formatExchange(request, response(), { keepBody: true, remark: 'the response broke off: reset' })
  expect(readExchange(broken)).toMatchObject({ failure: 'reset', response: { status: 200, body: { kept: 'cut' } } })
})

test('an answer that never came is told with its reason', () => {
  const told = { keepBody: true, remark: 'no response: it was no HTTP', unparsed: 'SSH-2.0' }
  expect(readExchange(formatExchange(request, undefined, told))).toMatchObject({
    response: null,
    failure: 'it was no HTTP',
  })
})

test('any body that is text comes back byte for byte, or less is known of it', () => {
  fc.assert(
    fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (body, sent) => {
      const written = formatExchange(
        { ...request, body: sent === undefined ? undefined : Buffer.from(sent.replaceAll('\r', '')) },
        response({ body: Buffer.from(body) }),
        { keepBody: true },
      )
      const read = readExchange(written).response?.body
      if (read?.kept === 'whole') expect(Buffer.from(read.bytes).toString()).toBe(body)
    }),
  )
})

test('bytes that are no exchange are refused with a TypeError and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      try {
        readExchange(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
      }
    }),
  )
})
