import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DnsError, httpsQuery, isAnswerTo, readHttpsAnswer } from '../../../src/collect/dns-message.ts'
import { formatServiceBinding } from '../../../src/collect/service-binding.ts'

const format = (hex: string): string => formatServiceBinding(Buffer.from(hex.replace(/\s+/g, ''), 'hex'))

/** RFC 9460 appendix D. */
test.each([
  ['alias form', '0000 03666f6f 076578616d706c65 03636f6d 00', '0 foo.example.com.'],
  ['the name itself', '0001 00', '1 .'],
  ['a port', '0010 03666f6f 076578616d706c65 03636f6d 00 0003 0002 0035', '16 foo.example.com. port=53'],
  [
    'an unknown key',
    '0001 03666f6f 076578616d706c65 03636f6d 00 029b 0005 68656c6c6f',
    '1 foo.example.com. key667="hello"',
  ],
  [
    'two IPv6 hints',
    '0001 03666f6f 076578616d706c65 03636f6d 00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001',
    '1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1',
  ],
  [
    'mandatory, alpn and an IPv4 hint',
    '0010 03666f6f 076578616d706c65 036f7267 00 0000 0004 00010004 0001 0009 026832 0568332d3139 0004 0004 c0000201',
    '16 foo.example.org. mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1',
  ],
])('%s is written as in a zone file', (_, hex, text) => {
  expect(format(hex)).toBe(text)
})

test('any record data is written or refused with a RangeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        expect(formatServiceBinding(Buffer.from(bytes))).toEqual(expect.any(String))
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }),
  )
})

test('any answer is read or refused with a DnsError, however damaged', () => {
  const question = Buffer.from(httpsQuery(7, 'a.example.test')).subarray(12, -11)
  fc.assert(
    fc.property(fc.nat(255), fc.uint8Array({ maxLength: 200 }), (count, rest) => {
      const head = Buffer.from([0, 7, 0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0])
      const answer = Buffer.concat([head, question, rest])
      expect(isAnswerTo(answer, 7, 'A.example.test')).toBe(true)
      expect(isAnswerTo(answer, 8, 'a.example.test')).toBe(false)
      expect(isAnswerTo(answer, 7, 'b.example.test')).toBe(false)
      try {
        expect(readHttpsAnswer(answer).records.length).toBeLessThanOrEqual(count)
      } catch (error) {
        expect(error).toBeInstanceOf(DnsError)
      }
    }),
  )
})
