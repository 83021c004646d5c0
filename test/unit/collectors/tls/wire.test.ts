import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { protocolOf, type RecordProtocol, versionNumbers } from '../../../../collectors/tls/registry/protocols.ts'
import { concat, numberBytes, readBytes, vector } from '../../../../collectors/tls/wire/bytes.ts'
import { clientHelloRecord, readClientHello } from '../../../../collectors/tls/wire/client-hello.ts'
import { foreignProtocol } from '../../../../collectors/tls/wire/foreign.ts'
import {
  readCertificates,
  readNamedGroup,
  readReply,
  readTls13Certificates,
} from '../../../../collectors/tls/wire/reply.ts'
import { sslv2ClientHello } from '../../../../collectors/tls/wire/sslv2.ts'
import { alert, message, record, serverHello } from '../../../helpers/tls-replies.ts'

const protocol = fc.constantFrom(...(Object.keys(versionNumbers) as RecordProtocol[]))
const numbers = (maxLength: number) => fc.array(fc.nat(0xffff), { minLength: 1, maxLength })

describe('ClientHello', () => {
  test('what is written is read again', () => {
    fc.assert(
      fc.property(
        protocol,
        numbers(200),
        numbers(60),
        fc.option(fc.domain(), { nil: undefined }),
        (version, suites, groups, name) => {
          const bytes = clientHelloRecord({
            protocol: version,
            random: new Uint8Array(32),
            cipherSuites: suites,
            groups,
            keyShares: [],
            ...(name === undefined ? {} : { serverName: name }),
          })
          expect(readClientHello(bytes)).toEqual({
            versions: [versionNumbers[version]],
            cipherSuites: suites,
            groups,
            serverName: name ?? null,
            extensions: expect.arrayContaining(name === undefined ? [10] : [0, 10]),
          })
        },
      ),
    )
  })

  test('a TLS 1.3 hello says TLS 1.2 in its old field and the truth in supported_versions', () => {
    const bytes = clientHelloRecord({ protocol: 'TLSv1.3', random: new Uint8Array(32), cipherSuites: [0x1301] })
    expect([...bytes.subarray(9, 11)]).toEqual([3, 3])
    expect(protocolOf(readClientHello(bytes)?.versions[0] ?? 0)).toBe('TLSv1.3')
  })

  test('an SSLv3 hello without extensions ends with its compression methods', () => {
    const bytes = clientHelloRecord({ protocol: 'SSLv3', random: new Uint8Array(32), cipherSuites: [4] })
    expect([...bytes.subarray(-2)]).toEqual([1, 0])
    expect([...bytes.subarray(0, 3)]).toEqual([22, 3, 0])
  })

  test('a vector that does not fit its length is refused', () => {
    expect(() => vector(1, new Uint8Array(256))).toThrow(RangeError)
  })
})

describe('replies', () => {
  test('a ServerHello is read as soon as it is there, however it is cut into records', () => {
    const hello = serverHello('TLSv1.2', 0xc02f).subarray(5)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const parts: Uint8Array[] = []
        let rest = hello
        for (const size of sizes) {
          parts.push(record(22, rest.subarray(0, size)))
          rest = rest.subarray(size)
        }
        parts.push(record(22, rest))
        expect(readReply(concat(...parts)).serverHello).toMatchObject({
          version: 0x0303,
          cipherSuite: 0xc02f,
          retry: false,
        })
      }),
    )
  })

  test('a reply that is cut anywhere is incomplete and never something else', () => {
    const whole = concat(serverHello('TLSv1.3', 0x1301), alert(40))
    for (let length = 0; length < whole.length; length += 1) {
      const { form, alert: seen } = readReply(whole.subarray(0, length))
      expect(form).toBe(length === 0 ? 'empty' : 'tls')
      expect(seen).toBeNull()
    }
    expect(readReply(whole)).toMatchObject({
      serverHello: { version: 0x0304, cipherSuite: 0x1301 },
      alert: { description: 40 },
    })
  })

  test('a warning does not end the handshake; a fatal alert does', () => {
    const reply = readReply(concat(alert(112, 1), serverHello('TLSv1.2', 0xc02f)))
    expect(reply).toMatchObject({ alert: null, serverHello: { cipherSuite: 0xc02f } })
    expect(readReply(alert(70))).toMatchObject({ alert: { fatal: true, description: 70 } })
  })

  test('a record or a message that claims too much is malformed', () => {
    expect(readReply(Buffer.from('160303ffff', 'hex')).form).toBe('malformed')
    expect(readReply(record(22, [2, 255, 255, 255])).form).toBe('malformed')
    expect(readReply(record(22, message(2, [3, 3]))).form).toBe('malformed')
  })

  test.each([
    ['HTTP/1.1 400 Bad Request\r\n', 'HTTP'],
    ['SSH-2.0-OpenSSH_9.6\r\n', 'SSH'],
    ['220 mail.example.test ESMTP\r\n', 'SMTP'],
    ['* OK IMAP4rev1\r\n', 'IMAP'],
    ['+OK ready\r\n', 'POP3'],
    ['nonsense', null],
  ])('%j is foreign: %s', (text, speaks) => {
    expect(readReply(Buffer.from(text))).toMatchObject({ form: 'foreign', speaks })
  })

  test('a server that sends back what it is sent is no TLS server', () => {
    const echo = clientHelloRecord({ protocol: 'TLSv1.2', random: new Uint8Array(32), cipherSuites: [0x2f] })
    expect(readReply(echo)).toMatchObject({ form: 'foreign' })
  })

  test('an SSLv2 SERVER-HELLO gives its cipher kinds and its certificate', () => {
    const body = concat([4, 0, 1, 0, 2, 0, 2, 0, 6, 0, 1], [9, 9], [1, 0, 0x80, 7, 0, 0xc0], [5])
    const reply = readReply(concat(numberBytes(0x8000 + body.length, 2), body))
    expect(reply).toMatchObject({ form: 'sslv2', sslv2Ciphers: [0x010080, 0x0700c0] })
    expect([...(reply.sslv2Certificate ?? [])]).toEqual([9, 9])
    expect(sslv2ClientHello(new Uint8Array(16))[2]).toBe(1)
  })

  test('any bytes are read without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(readReply(bytes).form).toBeTypeOf('string')
        expect(foreignProtocol(bytes)).not.toBe('')
        readClientHello(bytes)
        readCertificates(bytes)
        readTls13Certificates(bytes)
        readNamedGroup(bytes)
      }),
      { numRuns: 2_000 },
    )
  })

  test('any damage to a real reply is read without an error', () => {
    const real = concat(serverHello('TLSv1.3', 0x1301), record(23, new Uint8Array(40)), alert(40))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
        const damaged = Uint8Array.from(real)
        for (const [at, value] of changes) damaged[at] = value
        expect(readReply(damaged).messages).toBeInstanceOf(Array)
      }),
      { numRuns: 2_000 },
    )
  })
})

test('a reader never reads past the end', () => {
  expect(() => readBytes(Uint8Array.of(5, 1)).vector(1)).toThrow('5 bytes wanted, 1 left')
})
