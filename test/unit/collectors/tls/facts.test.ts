import { describe, expect, test } from 'vitest'
import { trustStore } from '../../../../collectors/tls/certificate/trust.ts'
import { openCase } from '../../../../collectors/tls/inventory/case.ts'
import { versionFacts } from '../../../../collectors/tls/inventory/facts.ts'
import { suitesOf } from '../../../../collectors/tls/inventory/offers.ts'
import { replay } from '../../../../collectors/tls/replay.ts'
import { type Exchange, readTranscript, writeTranscript } from '../../../../collectors/tls/transcript.ts'
import { instant } from '../../../../src/model/time.ts'
import { alert, exchangeOf, serverHello } from '../../../helpers/tls-replies.ts'

const gcm = 0xc02f
const cbc = 0x002f
const answer = exchangeOf('TLSv1.2', [gcm, cbc], serverHello('TLSv1.2', gcm))
const silent = new Uint8Array()

const tls10 = (exchanges: readonly Exchange[]) => versionFacts(openCase(exchanges), 'TLSv1.0')
const tls12 = (exchanges: readonly Exchange[]) => versionFacts(openCase(exchanges), 'TLSv1.2')

describe('whether a version is offered', () => {
  test('a chosen suite says yes', () => {
    expect(tls12([answer])).toMatchObject({ offered: 'yes', suites: [gcm] })
  })

  test('the alert protocol_version says no', () => {
    expect(tls10([answer, exchangeOf('TLSv1.0', [cbc], alert(70))])).toMatchObject({ offered: 'no' })
  })

  test('a server that refuses whatever it is asked says no to nothing', () => {
    const all = (['SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).map((protocol) =>
      exchangeOf(protocol, [cbc], alert(70)),
    )
    const whole = openCase(all, true)
    expect(versionFacts(whole, 'TLSv1.0')).toMatchObject({
      offered: 'undetermined',
      reason: expect.stringContaining('every hello'),
    })
    expect(versionFacts(openCase([...all, answer], true), 'TLSv1.0')).toMatchObject({ offered: 'no' })
  })

  test('a newer version than was offered says nothing about either', () => {
    const all = openCase([exchangeOf('TLSv1.0', [cbc], serverHello('TLSv1.2', cbc))])
    expect(versionFacts(all, 'TLSv1.0')).toMatchObject({
      offered: 'undetermined',
      reason: expect.stringContaining('not offered'),
    })
    expect(versionFacts(all, 'TLSv1.2')).toMatchObject({ offered: 'undetermined' })
  })

  test('a name that is refused, however often, is no refusal of the version', () => {
    const refused = (alone: boolean) => exchangeOf('TLSv1.0', suitesOf('TLSv1.0'), alert(112), { alone })
    expect(tls10([answer, refused(false), refused(true)])).toMatchObject({ offered: 'undetermined' })
  })

  test('an older version in the answer says no to the newer and yes to the older', () => {
    const all = openCase([exchangeOf('TLSv1.2', [cbc], serverHello('TLSv1.0', cbc))])
    expect(versionFacts(all, 'TLSv1.2')).toMatchObject({ offered: 'no', reason: 'chose TLSv1.0 instead' })
    expect(versionFacts(all, 'TLSv1.0')).toMatchObject({ offered: 'yes', suites: [cbc] })
  })

  describe('TLS 1.3 that is refused without a shared key', () => {
    const refused = exchangeOf('TLSv1.3', suitesOf('TLSv1.3'), alert(40))
    const withKey = (description: number) =>
      exchangeOf('TLSv1.3', suitesOf('TLSv1.3'), alert(description), { purpose: 'shared-key' })
    const tls13 = (...exchanges: readonly Exchange[]) => versionFacts(openCase([answer, ...exchanges]), 'TLSv1.3')

    test.each([47, 51, 109, 115])('is open where a key that is not known gets alert %i', (description) => {
      expect(tls13(refused, withKey(description))).toMatchObject({
        offered: 'undetermined',
        wantsSharedKey: true,
        reason: expect.stringContaining('PSK'),
        openSuites: suitesOf('TLSv1.3'),
      })
    })

    test.each([40, 70, 80])('is not offered where alert %i says nothing of TLS 1.3', (description) => {
      expect(tls13(refused, withKey(description))).toMatchObject({ offered: 'no', wantsSharedKey: false })
    })

    test('is not offered where hellos without a key get the same alert', () => {
      const same = exchangeOf('TLSv1.3', suitesOf('TLSv1.3'), alert(47))
      expect(tls13(same, withKey(47))).toMatchObject({ offered: 'no', wantsSharedKey: false })
    })

    test('is offered where a suite was chosen', () => {
      const chosen = exchangeOf('TLSv1.3', [0x1301], serverHello('TLSv1.3', 0x1301))
      expect(tls13(refused, withKey(109), chosen)).toMatchObject({ offered: 'yes', wantsSharedKey: false })
    })
  })

  test('handshake_failure says no only once every suite was refused', () => {
    expect(tls10([answer, exchangeOf('TLSv1.0', [cbc], alert(40))])).toMatchObject({ offered: 'undetermined' })
    const long = exchangeOf('TLSv1.2', [gcm, ...suitesOf('TLSv1.0')], serverHello('TLSv1.2', gcm), { purpose: 'order' })
    const all = [suitesOf('TLSv1.0').slice(0, 60), suitesOf('TLSv1.0').slice(60)].map((offer) =>
      exchangeOf('TLSv1.0', offer, alert(40)),
    )
    expect(tls10([long, ...all])).toMatchObject({ offered: 'no', openSuites: [] })
  })

  test.each(['reset', 'refused', 'timeout', 'unreachable', 'stopped'] as const)('%s is never a no', (end) => {
    const tries = [1, 2, 3, 4].map((attempt) =>
      exchangeOf('TLSv1.0', suitesOf('TLSv1.0').slice(0, 30), silent, { end, attempt, alone: attempt > 2 }),
    )
    expect(tls10([answer, ...tries])).toMatchObject({
      offered: 'undetermined',
      reason: expect.stringContaining('the server'),
    })
  })

  test('a close is a no only when it comes twice with no other connection open, beside answers', () => {
    const close = (attempt: number, alone: boolean) =>
      exchangeOf('TLSv1.0', [cbc], silent, { end: 'closed', attempt, alone })
    const dismissed = (exchanges: readonly Exchange[]) => !tls10(exchanges).openSuites.includes(cbc)
    expect(dismissed([answer, close(1, false), close(2, true), close(3, true)])).toBe(true)
    expect(dismissed([answer, close(1, false), close(2, true)])).toBe(false)
    expect(dismissed([answer, close(1, false), close(2, false), close(3, false)])).toBe(false)
    expect(dismissed([close(1, false), close(2, true), close(3, true)])).toBe(false)
  })

  test('a close that comes twice is no answer while the server answers nobody in between, or what it closed at before', () => {
    const close = (began: number) =>
      exchangeOf('TLSv1.0', [cbc], silent, { end: 'closed', alone: true, began, ended: began + 1 })
    const answered = (began: number): Exchange => ({ ...answer, began, ended: began + 1 })
    const dismissed = (exchanges: readonly Exchange[]) => !tls10(exchanges).openSuites.includes(cbc)
    expect(dismissed([answered(1), close(3), answered(5), close(7)])).toBe(true)
    expect(dismissed([answered(1), close(3), close(7), answered(9)])).toBe(false)
    // Begun before the first close, so that it may have been let in before.
    expect(dismissed([close(3), { ...answered(5), began: 2 }, close(7)])).toBe(false)
    const atWill = { ...answered(5), alone: true }
    const turnedAway: Exchange = { ...atWill, began: 1, ended: 2, received: silent, end: 'closed' }
    expect(dismissed([turnedAway, close(3), atWill, close(7)])).toBe(false)
  })

  test('a close is a no too when it comes twice though no more connections were open than the server has answered', () => {
    const close = (attempt: number, open: number) =>
      exchangeOf('TLSv1.0', [cbc], silent, { end: 'closed', attempt, open })
    const dismissed = (exchanges: readonly Exchange[]) => !tls10(exchanges).openSuites.includes(cbc)
    const roomForSix = { ...answer, open: 6 }
    expect(dismissed([close(1, 6), roomForSix, close(2, 3)])).toBe(true)
    expect(dismissed([close(1, 6), roomForSix])).toBe(false)
    expect(dismissed([close(1, 7), roomForSix, close(2, 3)])).toBe(false)
    expect(dismissed([close(1, 6), answer, close(2, 3)])).toBe(false)
  })

  test('a server that turned away what it answered later has not shown how much room it has', () => {
    const close = (attempt: number) => exchangeOf('TLSv1.0', [cbc], silent, { end: 'closed', attempt, open: 1 })
    const later = { ...answer, open: 6, attempt: 2, sent: Uint8Array.from(answer.sent) }
    const before = { ...answer, open: 6, received: silent, end: 'closed' as const }
    expect(tls10([close(1), later, close(2)]).openSuites).not.toContain(cbc)
    expect(tls10([before, close(1), later, close(2)]).openSuites).toContain(cbc)
  })

  test('an alert that may have other causes counts once it has come again alone', () => {
    const internal = (attempt: number, alone: boolean) => exchangeOf('TLSv1.0', [cbc], alert(80), { attempt, alone })
    expect(tls10([answer, internal(1, false)]).openSuites).toContain(cbc)
    expect(tls10([answer, internal(1, false), internal(2, true)]).openSuites).not.toContain(cbc)
  })

  test('a suite that was never offered proves nothing', () => {
    expect(tls12([exchangeOf('TLSv1.2', [cbc], serverHello('TLSv1.2', gcm))])).toMatchObject({
      offered: 'undetermined',
      suites: [],
    })
  })

  test('a refused long hello counts only where the server takes long hellos', () => {
    const long = exchangeOf('TLSv1.2', suitesOf('TLSv1.2').slice(0, 200), alert(40))
    expect(tls12([answer, long]).openSuites).toHaveLength(suitesOf('TLSv1.2').length - 1)
    const longer = exchangeOf('TLSv1.2', [...suitesOf('TLSv1.2').slice(0, 200), gcm], serverHello('TLSv1.2', gcm))
    expect(tls12([longer, long]).openSuites.length).toBeLessThan(suitesOf('TLSv1.2').length - 150)
  })
})

describe('what is reported', () => {
  const context = { host: 'a.test', at: instant('2026-11-01T00:00:00Z'), anchors: trustStore([]), anchorsMissing: null }
  const facts = (exchanges: readonly Exchange[], protocol: string) =>
    replay({ exchanges }, context).find(({ kind, facts }) => kind === 'tls.protocol' && facts.protocol === protocol)
      ?.facts

  test('an unfinished list claims neither that all is secret nor that nothing is weak', () => {
    expect(facts([answer], 'TLSv1.2')).toMatchObject({
      offered: 'yes',
      cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
      cipherSuitesComplete: 'no',
      weakCipherSuites: null,
      forwardSecrecy: 'undetermined',
      reason: expect.stringContaining('could not be determined'),
    })
  })

  test('a weak suite is reported however unfinished the list is', () => {
    const rc4 = exchangeOf('TLSv1.2', [5], serverHello('TLSv1.2', 5))
    expect(facts([answer, rc4], 'TLSv1.2')).toMatchObject({
      weakCipherSuites: ['TLS_RSA_WITH_RC4_128_SHA'],
      forwardSecrecy: 'some',
    })
  })

  test('every version is reported, also the ones that nothing is known of', () => {
    const found = replay({ exchanges: [] }, context).filter(({ kind }) => kind === 'tls.protocol')
    expect(found.map(({ facts: { protocol, offered } }) => `${protocol} ${offered}`)).toEqual(
      ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'].map((name) => `${name} undetermined`),
    )
  })

  test('a transcript that was written and read again leads to the same facts', () => {
    const exchanges = [
      answer,
      exchangeOf('TLSv1.0', [cbc], alert(70)),
      exchangeOf('TLSv1.1', [cbc], silent, { end: 'reset' }),
    ]
    const again = readTranscript(writeTranscript({ exchanges }))
    expect(replay(again, context)).toEqual(replay({ exchanges }, context))
    expect(() => readTranscript('{"version":2}')).toThrow(TypeError)
  })
})
