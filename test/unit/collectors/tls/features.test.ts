import { getDiffieHellman } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEvidence } from '../../../../collectors/tls/evidence.ts'
import { commonPrimeName } from '../../../../collectors/tls/features/dh-primes.ts'
import { distinguishedName } from '../../../../collectors/tls/features/distinguished-name.ts'
import { allFeatures } from '../../../../collectors/tls/features/facts.ts'
import { featureNames } from '../../../../collectors/tls/features/feature.ts'
import {
  bitLength,
  keyExchangeScheme,
  readDhParameters,
  requestedAuthorities,
  requestedAuthoritiesTls13,
} from '../../../../collectors/tls/features/flight-messages.ts'
import type { Heard } from '../../../../collectors/tls/features/heard.ts'
import { knownFrom } from '../../../../collectors/tls/features/known.ts'
import { suitesOf } from '../../../../collectors/tls/inventory/offers.ts'
import type { Conversation, Exchange } from '../../../../collectors/tls/transcript.ts'
import { allWeaknesses } from '../../../../collectors/tls/weaknesses/facts.ts'
import { weaknessNames } from '../../../../collectors/tls/weaknesses/weakness.ts'
import { concat, vector } from '../../../../collectors/tls/wire/bytes.ts'
import { issue } from '../../../helpers/tls-certificates.ts'
import { alert, exchangeOf, message, record, serverHello } from '../../../helpers/tls-replies.ts'

const gcm = 0xc02f
const dhe = 0x9e

function heard(exchanges: readonly Exchange[], conversations: readonly Conversation[] = []): Heard {
  return { known: knownFrom(exchanges), evidence: exchanges.map(readEvidence), conversations }
}

const feature = (all: Heard, name: string) => allFeatures(all).find((facts) => facts.name === name)

describe('the closed lists', () => {
  const documentation = readFileSync(resolve(import.meta.dirname, '../../../../docs/observations.md'), 'utf8')

  test('each feature and each weakness is reported once, also where nothing is known, and documented', () => {
    const nothing = heard([])
    expect(allFeatures(nothing).map(({ name }) => name)).toEqual([...featureNames])
    expect(allWeaknesses(nothing).map(({ name }) => name)).toEqual([...weaknessNames])
    for (const name of [...featureNames, ...weaknessNames]) expect(documentation).toContain(`\`${name}\``)
  })

  test('where nothing is known, nothing is said to be there or not', () => {
    expect(new Set(allFeatures(heard([])).map(({ status }) => status))).toEqual(new Set(['undetermined']))
    expect(new Set(allWeaknesses(heard([])).map(({ status }) => status))).toEqual(new Set(['undetermined']))
  })

  test('any bytes lead to facts and to no error', () => {
    const purposes = ['extensions', 'compression', 'fallback', 'alpn', 'dh-parameters', 'signature', 'grease'] as const
    const topics = [
      'session',
      'tls13-session',
      'renegotiation',
      'heartbleed',
      'ccs-injection',
      'ticketbleed',
      'robot',
    ] as const
    const junk = fc.uint8Array({ maxLength: 120 })
    const framed = fc.tuple(fc.constantFrom(20, 21, 22, 23, 24), junk).map(([type, content]) => record(type, content))
    const received = fc.oneof(
      junk,
      framed,
      framed.map((each) => concat(serverHello('TLSv1.2', gcm), each)),
    )
    const exchange = fc
      .tuple(fc.constantFrom(...purposes), received)
      .map(([purpose, bytes]) => exchangeOf('TLSv1.2', [gcm], bytes, { purpose }))
    const conversation = fc.tuple(fc.constantFrom(...topics), received, received).map(
      ([topic, first, second]): Conversation => ({
        ...{
          topic,
          variant: 'first:right',
          protocol: 'TLSv1.2',
          end: 'closed',
          secrets: { master: new Uint8Array(48) },
        },
        turns: [
          { sent: exchangeOf('TLSv1.2', [gcm], first).sent, received: first },
          { sent: new Uint8Array(), received: second },
        ],
      }),
    )
    fc.assert(
      fc.property(fc.array(exchange, { maxLength: 4 }), fc.array(conversation, { maxLength: 4 }), (some, others) => {
        const all = heard([exchangeOf('TLSv1.2', [gcm], serverHello('TLSv1.2', gcm)), ...some], others)
        expect(allFeatures(all)).toHaveLength(featureNames.length)
        expect(allWeaknesses(all)).toHaveLength(weaknessNames.length)
      }),
      { numRuns: 200 },
    )
  })
})

describe('what was not asked', () => {
  const cbc = 0xc014
  const all = suitesOf('TLSv1.2')
  const refused = (['SSLv3', 'TLSv1.0', 'TLSv1.1'] as const).map((each) => exchangeOf(each, [0x2f], alert(70)))
  const inventory = (suites: readonly number[]) => [
    ...suites.map((suite) => exchangeOf('TLSv1.2', suites, serverHello('TLSv1.2', suite))),
    exchangeOf(
      'TLSv1.2',
      all.filter((suite) => !suites.includes(suite)),
      alert(40),
    ),
    exchangeOf('TLSv1.2', all, serverHello('TLSv1.2', suites[0] ?? 0)),
  ]

  test('is open where the server may have it, though its versions and suites are all known', () => {
    const known = heard([...inventory([gcm, cbc]), ...refused, exchangeOf('TLSv1.3', [0x1301], alert(70))])
    expect(known.known.older).toMatchObject({ suites: [gcm, cbc], openSuites: [] })
    for (const name of ['encrypt-then-mac', 'signature-algorithms', 'compression', 'extended-master-secret', 'alpn']) {
      expect(feature(known, name), name).toMatchObject({ status: 'undetermined', reason: 'the server was not asked' })
    }
    expect(allWeaknesses(known).find(({ name }) => name === 'heartbleed')).toMatchObject({
      status: 'undetermined',
      reason: 'the server was not asked',
    })
  })

  test('is inferred only where nothing that is offered could have it', () => {
    const without = heard([...inventory([0x9c]), ...refused, exchangeOf('TLSv1.3', [0x1301], alert(70))])
    expect(feature(without, 'encrypt-then-mac')).toMatchObject({ status: 'no', basis: 'inferred' })
    expect(feature(without, 'signature-algorithms')).toMatchObject({ status: 'no', basis: 'inferred' })
    const withTls13Open = heard([...inventory([0x9c]), ...refused])
    expect(feature(withTls13Open, 'signature-algorithms')).toMatchObject({ status: 'undetermined' })
    expect(feature(withTls13Open, 'early-data')).toMatchObject({ status: 'undetermined', maxEarlyData: null })
  })
})

describe('a question about a feature', () => {
  const known = exchangeOf('TLSv1.2', [gcm], serverHello('TLSv1.2', gcm))

  test('says nothing about versions and suites, whatever alert answers it', () => {
    const odd = exchangeOf('TLSv1.2', [gcm], alert(70), { purpose: 'grease' })
    expect(knownFrom([known, odd]).older).toMatchObject({ protocol: 'TLSv1.2', offered: 'yes', suites: [gcm] })
    expect(readEvidence(odd).verdict).toMatchObject({ kind: 'refused', what: 'offer' })
  })

  test('that is refused shows an intolerance; that is dropped once shows nothing', () => {
    const refused = exchangeOf('TLSv1.2', [gcm], alert(50), { purpose: 'grease' })
    expect(feature(heard([known, refused]), 'grease-intolerance')).toMatchObject({ status: 'yes', basis: 'tested' })
    const dropped = { ...exchangeOf('TLSv1.2', [gcm], new Uint8Array(), { purpose: 'grease' }), end: 'reset' as const }
    expect(feature(heard([known, dropped]), 'grease-intolerance')).toMatchObject({ status: 'undetermined' })
    const again = [dropped, { ...dropped, attempt: 2, alone: true }]
    expect(feature(heard([known, ...again]), 'grease-intolerance')).toMatchObject({ status: 'yes' })
  })
})

describe('a fallback', () => {
  const cbc = 0x2f
  const both = [
    exchangeOf('TLSv1.2', [gcm], serverHello('TLSv1.2', gcm), { open: 4 }),
    exchangeOf('TLSv1.1', [cbc], serverHello('TLSv1.1', cbc), { open: 4 }),
  ]
  const asked = exchangeOf('TLSv1.1', [cbc, 0x5600], new Uint8Array(), { purpose: 'fallback', end: 'closed', open: 3 })

  test('is refused by an alert, or by closing twice though there was room', () => {
    const refused = { ...asked, received: alert(86), end: 'answered' as const }
    expect(feature(heard([...both, refused]), 'fallback-scsv')).toMatchObject({ status: 'yes', reason: null })
    expect(feature(heard([...both, asked]), 'fallback-scsv')).toMatchObject({ status: 'undetermined' })
    const again = { ...asked, attempt: 2 }
    expect(feature(heard([...both, asked, again]), 'fallback-scsv')).toMatchObject({ status: 'yes' })
  })

  test('that is taken shows that the server does not know the signal', () => {
    const taken = { ...asked, received: serverHello('TLSv1.1', cbc), end: 'answered' as const }
    expect(feature(heard([...both, taken]), 'fallback-scsv')).toMatchObject({ status: 'no' })
  })
})

describe('Diffie-Hellman parameters', () => {
  const prime = getDiffieHellman('modp14').getPrime()

  test('are measured and named', () => {
    expect(bitLength(prime)).toBe(2_048)
    expect(bitLength(Uint8Array.of(0, 0, 1))).toBe(1)
    expect(bitLength(Uint8Array.of(0x80))).toBe(8)
    expect(bitLength(new Uint8Array())).toBe(0)
    expect(commonPrimeName(prime)).toBe('MODP group 14 (RFC 3526)')
    expect(commonPrimeName(concat([0, 0], prime))).toBe('MODP group 14 (RFC 3526)')
    expect(commonPrimeName(Uint8Array.of(23))).toBeNull()
  })

  test('of a server are reported with the shortest prime first', () => {
    const key = message(12, vector(2, prime), vector(2, [2]), vector(2, [5]))
    const flight = concat(serverHello('TLSv1.2', dhe), record(22, key, message(14)))
    const all = heard([exchangeOf('TLSv1.2', [dhe], flight, { purpose: 'dh-parameters' })])
    expect(feature(all, 'dh-parameters')).toMatchObject({
      status: 'yes',
      bits: 2_048,
      groups: [{ bits: 2_048, commonPrime: 'MODP group 14 (RFC 3526)', generator: 2, export: false }],
    })
  })

  test('and other messages that are cut are null', () => {
    expect(readDhParameters(Uint8Array.of(0, 4, 1))).toBeNull()
    expect(keyExchangeScheme(Uint8Array.of(3, 0), true)).toBeNull()
    expect(requestedAuthorities(Uint8Array.of(1), true)).toBeNull()
    expect(requestedAuthoritiesTls13(Uint8Array.of(9))).toBeNull()
  })
})

test('distinguished names are written as in certificates, and what is none in hexadecimal', () => {
  expect(distinguishedName(issue({ commonName: 'Own Root' }).subject)).toBe('CN=Own Root')
  expect(distinguishedName(Uint8Array.of(0x30, 5, 1))).toBe('0x300501')
})

describe('a session that is asked to be resumed', () => {
  const known = exchangeOf('TLSv1.2', [gcm], serverHello('TLSv1.2', gcm))
  const id = new Uint8Array(32).fill(7)
  const hello = (back: Uint8Array) =>
    record(22, message(2, [3, 3], new Uint8Array(32), vector(1, back), [0xc0, 0x2f, 0]))
  const sent = concat(new Uint8Array(43), [32], id)
  const resumed = (received: Uint8Array, end: Conversation['end'] = 'answered') => {
    const held: Conversation = {
      ...{ topic: 'resumption-id', variant: null, protocol: 'TLSv1.2', secrets: {} },
      turns: [{ sent, received }],
      end,
    }
    return feature(heard([known], [held]), 'session-ids')?.status
  }

  test('is taken back where the server switches to its keys at once, or gives a new ticket before it does', () => {
    expect(resumed(concat(hello(id), record(20, [1])))).toBe('yes')
    expect(resumed(concat(hello(id), record(22, message(4, new Uint8Array(8)))))).toBe('yes')
  })

  test('is not where a whole handshake follows, though the id came back', () => {
    expect(resumed(concat(hello(id), record(22, message(11, new Uint8Array(8)))))).toBe('no')
    expect(resumed(concat(hello(id), record(22, message(12, new Uint8Array(8)))))).toBe('no')
    expect(resumed(hello(new Uint8Array(32)))).toBe('no')
  })

  test('stays open where nothing followed the id', () => {
    expect(resumed(hello(id), 'timeout')).toBe('undetermined')
    expect(resumed(hello(id), 'reset')).toBe('undetermined')
  })
})
