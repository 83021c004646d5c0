import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEvidence } from '../../../../collectors/tls/evidence.ts'
import type { Heard } from '../../../../collectors/tls/features/heard.ts'
import { knownFrom } from '../../../../collectors/tls/features/known.ts'
import { suitesOf } from '../../../../collectors/tls/inventory/offers.ts'
import { protocolFacts } from '../../../../collectors/tls/inventory/protocol-facts.ts'
import type { RecordProtocol } from '../../../../collectors/tls/registry/protocols.ts'
import type { Conversation, Exchange } from '../../../../collectors/tls/transcript.ts'
import { allWeaknesses } from '../../../../collectors/tls/weaknesses/facts.ts'
import { heartbleedScript } from '../../../../collectors/tls/weaknesses/heartbleed.ts'
import { padded, robot } from '../../../../collectors/tls/weaknesses/robot.ts'
import { shortIdBytes, ticketbleed, withoutForeignId } from '../../../../collectors/tls/weaknesses/ticketbleed.ts'
import { concat, vector } from '../../../../collectors/tls/wire/bytes.ts'
import { sslv2ClientHello } from '../../../../collectors/tls/wire/sslv2.ts'
import { alert, exchangeOf, message, record, serverHello } from '../../../helpers/tls-replies.ts'

/** A server that offers these suites in a version, and was asked about all others. */
function offering(protocol: RecordProtocol, suites: readonly number[]): readonly Exchange[] {
  const all = suitesOf(protocol)
  const long = exchangeOf(protocol, all, serverHello(protocol, suites[0] ?? 0))
  const chosen = suites.map((suite) => exchangeOf(protocol, suites, serverHello(protocol, suite)))
  const refused = exchangeOf(
    protocol,
    all.filter((suite) => !suites.includes(suite)),
    alert(40),
  )
  return [long, ...chosen, refused]
}

const noSslv2: Exchange = {
  ...exchangeOf('SSLv3', [], alert(70)),
  purpose: 'sslv2',
  protocol: null,
  sent: sslv2ClientHello(new Uint8Array(16)),
}

const refusing = (...protocols: readonly RecordProtocol[]) => [
  noSslv2,
  ...protocols.map((protocol) => exchangeOf(protocol, [0x2f], alert(70))),
]

function weaknesses(exchanges: readonly Exchange[]): Readonly<Record<string, unknown>> {
  const heard: Heard = { known: knownFrom(exchanges), evidence: exchanges.map(readEvidence), conversations: [] }
  return Object.fromEntries(allWeaknesses(heard).map(({ name, status, basis }) => [String(name), `${basis} ${status}`]))
}

describe('what follows from the suites', () => {
  const old = refusing('SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.3')

  test.each<[string, number, string]>([
    ['RC4', 0x05, 'rc4'],
    ['3DES', 0x0a, 'sweet32'],
    ['an RSA export suite', 0x03, 'freak'],
    ['a DHE export suite', 0x14, 'logjam'],
    ['an anonymous suite', 0x34, 'anonymous'],
    ['a NULL suite', 0x02, 'null'],
    ['RSA key exchange alone', 0x9c, 'no-forward-secrecy'],
    ['a CBC suite alone', 0x2f, 'no-aead'],
  ])('%s', (_, suite, name) => {
    expect(weaknesses([...old, ...offering('TLSv1.2', [suite])])[name]).toBe('inferred vulnerable')
    expect(weaknesses([...old, ...offering('TLSv1.2', [0xc02f])])[name]).toBe('inferred not-vulnerable')
  })

  test('nothing is cleared that was not asked to the end', () => {
    const found = weaknesses([...old, exchangeOf('TLSv1.2', [0xc02f, 0x05], serverHello('TLSv1.2', 0xc02f))])
    expect(found).toMatchObject({ rc4: 'inferred undetermined', 'no-aead': 'inferred not-vulnerable' })
  })

  test('RC4 and 64-bit blocks are not cleared while it is open whether SSLv2 brings them', () => {
    const found = weaknesses([...old, ...offering('TLSv1.2', [0xc02f])].filter((each) => each !== noSslv2))
    expect(found).toMatchObject({ rc4: 'inferred undetermined', sweet32: 'inferred undetermined' })
    expect(found).toMatchObject({ freak: 'inferred not-vulnerable', drown: 'inferred undetermined' })
  })

  test('CBC is a weakness by the version that it is in', () => {
    const rest = (...without: RecordProtocol[]) =>
      refusing(
        ...(['SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).filter((each) => !without.includes(each)),
      )
    expect(weaknesses([...rest('SSLv3'), ...offering('SSLv3', [0x2f])])).toMatchObject({
      'poodle-sslv3': 'inferred vulnerable',
      beast: 'inferred vulnerable',
    })
    expect(weaknesses([...rest('TLSv1.0'), ...offering('TLSv1.0', [0x2f])])).toMatchObject({
      'poodle-sslv3': 'inferred not-vulnerable',
      beast: 'inferred vulnerable',
    })
    expect(weaknesses([...rest('TLSv1.2'), ...offering('TLSv1.2', [0x2f])])).toMatchObject({
      beast: 'inferred not-vulnerable',
      lucky13: 'inferred undetermined',
    })
  })

  test.each<[string, number, string]>([
    ['a short prime', 96, 'inferred vulnerable'],
    ['a long prime', 256, 'inferred not-vulnerable'],
  ])('Diffie-Hellman with %s', (_, bytes, expected) => {
    const key = message(12, vector(2, new Uint8Array(bytes).fill(0xab)), vector(2, [2]), vector(2, [5]))
    const flight = concat(serverHello('TLSv1.2', 0x9e), record(22, key, message(14)))
    const shown = exchangeOf('TLSv1.2', [0x9e], flight, { purpose: 'dh-parameters' })
    expect(weaknesses([...old, ...offering('TLSv1.2', [0x9e]), shown]).logjam).toBe(expected)
  })
})

describe('ROBOT', () => {
  test('a suite that decrypts by RSA beside a shared key is not asked about, and clears nothing', () => {
    const old = refusing('SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.3')
    expect(weaknesses([...old, ...offering('TLSv1.2', [0xac])]).robot).toBe('tested undetermined')
    expect(weaknesses([...old, ...offering('TLSv1.2', [0xc02f])]).robot).toBe('inferred not-vulnerable')
  })

  const names = ['right', 'wrong-start', 'zero-misplaced', 'zero-missing', 'wrong-version']
  const round = (name: string, alerts: readonly (number | null)[]): Conversation[] =>
    alerts.map((description, index) => ({
      ...{ topic: 'robot', variant: `${name}:${names[index]}`, protocol: 'TLSv1.2', secrets: {} },
      turns: [
        { sent: new Uint8Array(), received: new Uint8Array() },
        { sent: new Uint8Array(), received: description === null ? new Uint8Array() : alert(description) },
      ],
      end: description === null ? 'timeout' : 'answered',
    }))

  test('the same answer to every padding is no oracle, an alert or a silence', () => {
    expect(robot(round('first', [20, 20, 20, 20, 20]))).toMatchObject({ status: 'not-vulnerable' })
    expect(robot(round('first', [null, null, null, null, null]))).toMatchObject({ status: 'not-vulnerable' })
  })

  test('a difference that comes again is an oracle, strong or weak', () => {
    const strong = [20, 51, 20, 20, 20]
    expect(robot([...round('first', strong), ...round('second', strong)])).toMatchObject({
      status: 'vulnerable',
      reason: expect.stringContaining('strong'),
    })
    const weak = [20, 51, 51, 51, 20]
    expect(robot([...round('first', weak), ...round('second', weak)])).toMatchObject({
      status: 'vulnerable',
      reason: expect.stringContaining('weak'),
    })
  })

  test('a key exchange by itself counts as much as a whole one', () => {
    const alike = round('first', [20, 20, 20, 20, 20])
    const telling = [null, 51, 51, 51, null]
    const rounds = ['first', 'second', 'third'].flatMap((each) => round(`short-${each}`, telling))
    expect(robot([...alike, ...rounds])).toMatchObject({ status: 'vulnerable' })
    expect(robot([...alike, ...round('short-first', [null, null, null])])).toMatchObject({ status: 'undetermined' })
    expect(robot([...alike, ...round('short-first', [null, null, null, null, null])])).toMatchObject({
      status: 'not-vulnerable',
    })
  })

  test('a connection that is ended after the alert is told from one that stays open', () => {
    const open = (conversation: Conversation): Conversation => ({ ...conversation, end: 'timeout' })
    const rounds = ['first', 'second'].map((each) => round(each, [20, 20, 20, 20, 20]))
    const told = rounds.flatMap((each) => each.map((one, index) => (index === 1 ? open(one) : one)))
    expect(robot(told)).toMatchObject({ status: 'vulnerable' })
  })

  test('a difference that does not come again, or a missing answer, settles nothing', () => {
    expect(robot([...round('first', [20, 51, 20, 20, 20]), ...round('second', [20, 20, 20, 20, 20])])).toMatchObject({
      status: 'undetermined',
    })
    expect(robot(round('first', [20, 51, 20, 20, 20]))).toMatchObject({ status: 'undetermined' })
    expect(robot(round('first', [20, 20, 20, 20]))).toMatchObject({ status: 'undetermined' })
  })

  test('the paddings are as long as the modulus and break one rule each', () => {
    const make = (padding: Parameters<typeof padded>[0]) => padded(padding, 256, 0x0303)
    for (const padding of names) expect(make(padding as 'right')).toHaveLength(256)
    const right = make('right')
    expect([...right.subarray(0, 2), right[207], right[208], right[209]]).toEqual([0, 2, 0, 3, 3])
    expect(right.subarray(2, 207).includes(0)).toBe(false)
    expect(make('wrong-start').subarray(0, 2)).not.toEqual(right.subarray(0, 2))
    expect(make('zero-misplaced')[207]).not.toBe(0)
    expect(make('zero-misplaced').lastIndexOf(0)).toBe(254)
    expect(make('zero-missing').subarray(2).includes(0)).toBe(false)
    expect([...make('wrong-version').subarray(207, 210)]).toEqual([0, 2, 2])
  })
})

test('what heartbeats carry is blanked, in whole records and in cut ones, and nothing else is', () => {
  const version = knownFrom(offering('TLSv1.2', [0x2f])).older
  if (!version) throw new Error('TLS 1.2 is not offered')
  const { conceal } = heartbleedScript(version, undefined)
  const before = record(22, [1, 2, 3, 4])
  const beat = record(24, [2, 0, 1], Buffer.from('memory of the server'))
  const blank = record(24, [2, 0, 1], new Uint8Array(20))
  expect(conceal?.(concat(before, beat, alert(10)))).toEqual(new Uint8Array(concat(before, blank, alert(10))))
  expect(conceal?.(concat(before, beat.subarray(0, 15)))).toEqual(new Uint8Array(concat(before, blank.subarray(0, 15))))
})

describe('the byte that Ticketbleed gives away', () => {
  const id = new Uint8Array(32).fill(0x77)
  const hello = message(2, [3, 3], new Uint8Array(32), vector(1, id), [0, 0x2f, 0])
  const cut = (size: number) =>
    Array.from({ length: Math.ceil(hello.length / size) }, (_, at) =>
      record(22, hello.slice(at * size, (at + 1) * size)),
    )
  const count = (bytes: Uint8Array) => bytes.filter((byte) => byte === 0x77).length

  test.each<[string, Uint8Array]>([
    ['in a ServerHello alone', record(22, hello)],
    ['behind a warning', concat(alert(112, 1), record(22, hello))],
    ['behind another message', record(22, message(0), hello)],
    ['in records of one byte', concat(...cut(1))],
    ['in records of seven bytes with a warning between', concat(...cut(7).flatMap((each) => [each, alert(112, 1)]))],
  ])('is blanked %s, and nothing else', (_, received) => {
    const kept = withoutForeignId(received)
    expect(count(kept)).toBe(shortIdBytes)
    expect(kept).toHaveLength(received.length)
    expect(kept.filter((byte, at) => byte !== received[at])).toHaveLength(1)
  })

  test('is blanked in an answer that is cut behind it', () => {
    expect(count(withoutForeignId(record(22, hello).subarray(0, 5 + 39 + 32)))).toBe(shortIdBytes)
  })

  test('is not looked for in bytes that are no such answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => withoutForeignId(bytes).length === bytes.length),
    )
    const certificate = record(22, message(11, new Uint8Array(80).fill(0x77)))
    expect(Buffer.compare(withoutForeignId(certificate), certificate)).toBe(0)
  })
})

describe('Ticketbleed', () => {
  const answered = (received: Uint8Array) =>
    ticketbleed({
      topic: 'ticketbleed',
      variant: null,
      protocol: 'TLSv1.2',
      turns: [{ sent: new Uint8Array(100), received }],
      end: 'answered',
      secrets: {},
    })

  test.each<[string, number]>([
    ['handshake_failure', 40],
    ['illegal_parameter', 47],
    ['decode_error', 50],
  ])('%s is a refusal of the short id', (_, description) => {
    expect(answered(alert(description))).toMatchObject({ status: 'not-vulnerable' })
  })

  test.each<[string, number]>([
    ['close_notify', 0],
    ['internal_error', 80],
  ])('%s, which a busy server may send, settles nothing', (_, description) => {
    expect(answered(alert(description))).toMatchObject({ status: 'undetermined' })
  })
})

test('SSLv2 is no “no” for an alert that has other causes, until it has come again alone', () => {
  const chosen = exchangeOf('TLSv1.2', [0xc02f], serverHello('TLSv1.2', 0xc02f))
  const offered = (description: number, over: Partial<Exchange> = {}) => {
    const one = { ...noSslv2, received: alert(description), ...over }
    return protocolFacts(
      knownFrom([chosen, one, { ...one, attempt: 2, alone: true }].slice(0, over.alone ? 3 : 2)).case,
    )[0]?.offered
  }
  expect(offered(70)).toBe('no')
  expect(offered(80)).toBe('undetermined')
  expect(offered(80, { alone: true })).toBe('no')
  expect(offered(112, { alone: true })).toBe('undetermined')
})
