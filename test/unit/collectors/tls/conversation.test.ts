import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canComplete } from '../../../../collectors/tls/conversation/older-client.ts'
import { readOlder } from '../../../../collectors/tls/conversation/older-reader.ts'
import { prf } from '../../../../collectors/tls/conversation/prf.ts'
import { aroundSwitch, splitRecords } from '../../../../collectors/tls/conversation/records.ts'
import { mostTelling } from '../../../../collectors/tls/conversation/talk.ts'
import { readTls13 } from '../../../../collectors/tls/conversation/tls13-reader.ts'
import type { RecordProtocol } from '../../../../collectors/tls/registry/protocols.ts'
import type { Conversation } from '../../../../collectors/tls/transcript.ts'
import { concat } from '../../../../collectors/tls/wire/bytes.ts'
import { clientHelloRecord } from '../../../../collectors/tls/wire/client-hello.ts'
import { alert, record, serverHello } from '../../../helpers/tls-replies.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

test('the pseudorandom function of TLS 1.2 gives what its published test vector says', () => {
  const secret = bytes('9bbe436ba940f017b17652849a71db35')
  const seed = bytes('a0ba9f936cda311827a6f796ffd5198c')
  expect(Buffer.from(prf('TLSv1.2', 'sha256', secret, 'test label', seed, 100)).toString('hex')).toBe(
    'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17' +
      'abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66',
  )
})

describe('records', () => {
  test('are split where they are whole; what is cut or none ends the list', () => {
    const two = concat(alert(40), record(22, [1, 2, 3]))
    expect(splitRecords(two).map(({ type }) => type)).toEqual([21, 22])
    expect(splitRecords(two.subarray(0, -1)).map(({ type }) => type)).toEqual([21])
    expect(splitRecords(concat(alert(40), Buffer.from('HTTP/1.1 400')))).toHaveLength(1)
  })

  test('before and after the switch are told apart', () => {
    const all = splitRecords(concat(record(22, [1]), record(20, [1]), record(22, [2])))
    expect(aroundSwitch(all)).toMatchObject({ clear: [{ type: 22 }], sealed: [{ type: 22 }] })
    expect(aroundSwitch(all.slice(0, 1)).sealed).toEqual([])
  })
})

describe('any bytes', () => {
  const protocols: readonly RecordProtocol[] = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
  const hello = (suite: number) =>
    clientHelloRecord({ protocol: 'TLSv1.2', random: new Uint8Array(32), cipherSuites: [suite] })
  const conversation = fc
    .record({
      suite: fc.constantFrom(0x2f, 0x3d, 0x0a, 0x9c, 0xc030, 0xcca8, 0x1301, 0x1302, 0x1303),
      protocol: fc.constantFrom(...protocols),
      first: fc.uint8Array({ maxLength: 80 }),
      rest: fc.uint8Array({ maxLength: 200 }),
      records: fc.array(fc.tuple(fc.constantFrom(20, 21, 22, 23), fc.uint8Array({ maxLength: 90 })), { maxLength: 5 }),
      secret: fc.uint8Array({ minLength: 1, maxLength: 48 }),
      block: fc.option(fc.uint8Array({ maxLength: 160 })),
    })
    .map(({ suite, protocol, first, rest, records, secret, block }): Conversation => {
      const tls13 = suite >> 8 === 0x13
      const answer = concat(
        serverHello(tls13 ? 'TLSv1.3' : 'TLSv1.2', suite),
        ...records.map(([type, content]) => record(type, content)),
      )
      return {
        topic: tls13 ? 'tls13-session' : 'session',
        variant: 'ticket',
        protocol,
        turns: [
          { sent: hello(suite), received: answer },
          { sent: first, received: rest },
        ],
        end: 'closed',
        secrets: {
          ...(block ? { keyBlock: block } : { master: secret }),
          ...{ serverHandshake: secret, serverApplication: secret },
        },
      }
    })

  test('are read without an error, whatever the secrets', () => {
    fc.assert(
      fc.property(conversation, (each) => {
        expect(() => readOlder(each)).not.toThrow()
        expect(() => readTls13(each)).not.toThrow()
      }),
      { numRuns: 300 },
    )
  })
})

describe('which conversation tells the most', () => {
  const ended = (end: Conversation['end']): Conversation => ({
    ...{ topic: 'renegotiation' as const, variant: null, protocol: 'TLSv1.2' as const },
    turns: [],
    end,
    secrets: {},
  })

  test('the last that was not reset; resets count once there are two of them and nothing else', () => {
    expect(mostTelling([ended('reset'), ended('closed')])).toEqual({
      conversation: ended('closed'),
      alwaysReset: false,
    })
    expect(mostTelling([ended('reset')]).alwaysReset).toBe(false)
    expect(mostTelling([ended('reset'), ended('reset')]).alwaysReset).toBe(true)
    expect(mostTelling([])).toEqual({ conversation: undefined, alwaysReset: false })
  })
})

test('handshakes are completed with the suites that are spoken here, and with no others', () => {
  expect(
    [0x2f, 0x35, 0x3d, 0x9c, 0x9e, 0xc02f, 0xc030, 0xc02b, 0xcca8, 0x0a].filter((suite) => !canComplete(suite)),
  ).toEqual([])
  // RC4, NULL, export, anonymous, PSK, TLS 1.3, and one that does not exist.
  expect([0x05, 0x02, 0x03, 0x34, 0xa8, 0x1301, 0x7777].filter(canComplete)).toEqual([])
})
