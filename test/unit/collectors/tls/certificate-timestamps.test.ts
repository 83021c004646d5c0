import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChainContext, chainFacts, type Showing } from '../../../../collectors/tls/certificate/facts.ts'
import { parseLogList } from '../../../../collectors/tls/certificate/log-list.ts'
import { readLogs, writeLogs } from '../../../../collectors/tls/certificate/logs-artefact.ts'
import type { CheckedTimestamp, TimestampFacts } from '../../../../collectors/tls/certificate/timestamp-check.ts'
import { certificatesOfPem, trustStore } from '../../../../collectors/tls/certificate/trust.ts'
import { instant, later } from '../../../../src/model/time.ts'
import { type Listed, listOf, logListJson, type TestLog, testLog } from '../../../helpers/timestamp-log.ts'
import { type Issued, type IssueOptions, issue } from '../../../helpers/tls-certificates.ts'

const folder = resolve(import.meta.dirname, '../../../fixtures/tls/timestamps')
const publishedList = readFileSync(resolve(folder, 'log_list.json'), 'utf8')
const published = parseLogList(publishedList, 'log_list.json')

type Given = { readonly logs?: ChainContext['logs']; readonly at?: string; readonly anchors?: ChainContext['anchors'] }

function look(chain: readonly Uint8Array[], given: Given, showing?: Showing): TimestampFacts {
  const { at = new Date().toISOString(), anchors = trustStore([]), logs } = given
  const context = { host: 'localhost', at: instant(at), anchors, anchorsMissing: null, ...(logs ? { logs } : {}) }
  return chainFacts(chain, context, showing) as unknown as TimestampFacts
}

describe('the timestamps of a certificate that a public authority issued', () => {
  const chain = certificatesOfPem(readFileSync(resolve(folder, 'comodo-2015.pem'), 'latin1')).map(({ der }) => der)
  const at = '2017-01-01T00:00:00Z'

  test('are verified against the published list, with the name, the operator and the state of each log', () => {
    const { scts, ...facts } = look(chain, { logs: published, at })
    expect(facts).toMatchObject({
      ...{ sctCount: 3, sctCheck: 'done', sctCheckReason: null, sctLogs: 3, sctOperators: 2, sctCurrentLogs: 3 },
      ...{ sctInvalid: 0, sctUnknown: 0, sctListPublished: '2021-10-05T01:35:01.000Z' },
    })
    const common = { source: 'certificate', status: 'verified', reason: null, counts: 'yes' }
    expect(scts).toEqual([
      {
        ...common,
        log: '68f698f81f6482be3a8ceeb9281d4cfc71515d6793d444d10a67acbb4f4ffbc4',
        at: '2015-12-01T13:31:25.961Z',
        name: "Google 'Aviator' log",
        operator: 'Google',
        state: 'readonly',
        stateSince: '2016-11-30T13:24:18.000Z',
      },
      expect.objectContaining({ ...common, name: 'DigiCert Log Server', operator: 'DigiCert', state: 'usable' }),
      expect.objectContaining({ ...common, name: "Google 'Pilot' log", operator: 'Google', state: 'usable' }),
    ])
  })

  test('cannot be checked without the certificate of the issuer, whose key was signed with it', () => {
    const { scts, sctLogs } = look(chain.slice(0, 1), { logs: published, at })
    expect(scts.map(({ status }) => status)).toEqual(['not-checked', 'not-checked', 'not-checked'])
    expect(sctLogs).toBe(0)
  })

  test('are told from those of logs that the list does not have', () => {
    const few = { ...published, logs: new Map([...published.logs].filter(([, { operator }]) => operator !== 'Google')) }
    expect(look(chain, { logs: few, at })).toMatchObject({ sctLogs: 1, sctOperators: 1, sctUnknown: 2, sctInvalid: 0 })
  })

  test('are left alone without a list, and with one that cannot be used, and it is said', () => {
    expect(look(chain, { at })).toMatchObject({
      ...{ sctCount: 3, sctCheck: 'none', sctLogs: null, sctInvalid: null, sctListAgeDays: null },
      scts: [{ status: 'not-checked', name: null }, { status: 'not-checked' }, { status: 'not-checked' }],
    })
    const problem = 'log_list.json:1:1: no JSON'
    expect(look(chain, { at, logs: { problem } })).toMatchObject({ sctCheck: 'undetermined', sctCheckReason: problem })
  })

  test('lead to the same facts from the logs that were kept of the list', () => {
    const before = look(chain, { logs: published, at })
    const kept = writeLogs(published, new Set(before.scts.map(({ log }) => log)))
    expect(kept).not.toContain('Argon')
    expect(look(chain, { logs: readLogs(kept), at })).toEqual(before)
  })

  test('with any byte of the certificate changed are not verified, and nothing is thrown', () => {
    const [leaf = new Uint8Array(), ...rest] = chain
    const anchors = trustStore(rest.flatMap((der) => certificatesOfPem(pemOf(der))))
    for (let place = 0; place < leaf.length; place += 1) {
      const damaged = Uint8Array.from(leaf)
      damaged[place] = (damaged[place] ?? 0) ^ (1 << (place % 8))
      const { scts } = look([damaged, ...rest], { logs: published, at, anchors })
      expect({ place, verified: scts.filter(isVerified) }).toEqual({ place, verified: [] })
    }
  })
})

const isVerified = ({ status }: CheckedTimestamp): boolean => status === 'verified'
const pemOf = (der: Uint8Array) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`

const root = issue({ commonName: 'Test Root', authority: true, days: 3_650 })
const anchors = trustStore(certificatesOfPem(root.pem))
const [first, second] = [testLog(), testLog('RSA-2048')]
const hourAgo = new Date(Date.now() - 3_600_000)

function listed(log: TestLog, state?: object, operator = 'One'): Listed {
  return { log, name: `log of ${operator}`, operator, ...(state ? { state } : {}) }
}

const known = (...all: readonly Listed[]) => parseLogList(logListJson(all), 'log_list.json')
const bothKnown = known(listed(first), listed(second, undefined, 'Two'))
const stampedBy = (log: TestLog, at = hourAgo, over: IssueOptions = {}) =>
  issue({ issuer: root, embed: (tbs) => listOf(log.stampPrecertificate(tbs, root, at)), ...over })
const factsOf = (leaf: Issued, logs = bothKnown, lists: Partial<Showing> = {}) =>
  look([leaf.der], { logs, anchors }, { sni: 'with', role: 'served', staples: null, timestamps: [], ...lists })

describe('a timestamp', () => {
  test.each([0, 1, 2])(
    'embedded as extension %i is verified, by a log with an EC key and one with an RSA key',
    (embedAt) => {
      const leaf = issue({
        issuer: root,
        embedAt,
        embed: (tbs) =>
          listOf(
            first.stampPrecertificate(tbs, root, hourAgo),
            second.stampPrecertificate(tbs, root, hourAgo, Buffer.from('extensions of the timestamp')),
          ),
      })
      expect(factsOf(leaf)).toMatchObject({ sctCheck: 'done', sctLogs: 2, sctOperators: 2, sctInvalid: 0 })
    },
  )

  test('in a certificate whose lengths need other forms without it is verified', () => {
    for (const filler of [40, 60, 100, 130, 150, 180, 200, 220, 65_300]) {
      const more = [['1.2.3.4', Buffer.alloc(filler)]] as const
      expect({ filler, ...factsOf(stampedBy(first, hourAgo, { more })) }).toMatchObject({ filler, sctLogs: 1 })
    }
  })

  test('beside the certificate is verified as one over the whole certificate', () => {
    const leaf = stampedBy(first)
    const timestamps = [listOf(second.stamp(leaf.der, hourAgo))]
    expect(factsOf(leaf, bothKnown, { timestamps })).toMatchObject({ sctCount: 2, sctLogs: 2 })
    const misplaced = [listOf(second.stampPrecertificate(leaf.der, root, hourAgo))]
    expect(factsOf(leaf, bothKnown, { timestamps: misplaced })).toMatchObject({ sctLogs: 1, sctInvalid: 1 })
  })

  test('of one log counts once, wherever it stands', () => {
    const leaf = stampedBy(first)
    const timestamps = [listOf(first.stamp(leaf.der, hourAgo), first.stamp(leaf.der, new Date(0)))]
    expect(factsOf(leaf, bothKnown, { timestamps })).toMatchObject({ sctCount: 3, sctLogs: 1, sctOperators: 1 })
  })

  test('for another certificate, for another issuer or by another log is invalid', () => {
    const other = issue({ commonName: 'Other Root', authority: true })
    const strange = issue({ issuer: root, embed: (tbs) => listOf(first.stampPrecertificate(tbs, other, hourAgo)) })
    const borrowed = issue({ issuer: root, embed: () => listOf(first.stampPrecertificate(root.der, root, hourAgo)) })
    const claimed = issue({
      issuer: root,
      embed: (tbs) => {
        const timestamp = testLog().stampPrecertificate(tbs, root, hourAgo)
        first.id.copy(timestamp, 1)
        return listOf(timestamp)
      },
    })
    for (const leaf of [strange, borrowed, claimed]) {
      expect(factsOf(leaf)).toMatchObject({ sctLogs: 0, sctInvalid: 1, scts: [{ status: 'invalid', counts: null }] })
    }
  })

  test('from the future is invalid, but for the difference of clocks', () => {
    const now = instant(new Date())
    const embedded = (ms: number) => factsOf(stampedBy(first, new Date(later(now, ms))))
    expect(embedded(3_600_000)).toMatchObject({ sctInvalid: 1, scts: [{ reason: 'it is from the future' }] })
    expect(embedded(120_000)).toMatchObject({ sctInvalid: 0, sctLogs: 1 })
    const far = stampedBy(first, new Date(8_640_000_000_000_000))
    expect(factsOf(far)).toMatchObject({ sctCount: 1, sctInvalid: 1, scts: [{ at: null, status: 'invalid' }] })
  })

  test('signed with SHA-1, or said to be signed with another kind of key, is invalid', () => {
    for (const [place, value] of [
      [43, 2],
      [44, 1],
    ] as const) {
      const embed = (tbs: Uint8Array) => {
        const timestamp = first.stampPrecertificate(tbs, root, hourAgo)
        timestamp[place] = value
        return listOf(timestamp)
      }
      expect(factsOf(issue({ issuer: root, embed }))).toMatchObject({ sctInvalid: 1 })
    }
  })

  test('in one of two lists of a certificate cannot be checked, since it is not known which one came later', () => {
    const list = listOf(first.stampPrecertificate(Buffer.of(), root, hourAgo))
    const twice = stampedBy(first, hourAgo, {
      more: [['1.3.6.1.4.1.11129.2.4.2', Buffer.concat([Buffer.of(4, list.length), list])]],
    })
    expect(factsOf(twice)).toMatchObject({ sctLogs: 0, scts: [{ status: 'not-checked' }] })
  })

  test.each([
    ['qualified', '2020-01-01T00:00:00Z', 'yes'],
    ['usable', '2020-01-01T00:00:00Z', 'yes'],
    ['readonly', '2020-01-01T00:00:00Z', 'yes'],
    ['pending', '2020-01-01T00:00:00Z', 'no'],
    ['rejected', '2020-01-01T00:00:00Z', 'no'],
    ['retired', '2020-01-01T00:00:00Z', 'no'],
    ['retired', new Date(Date.now() - 60_000).toISOString(), 'yes'],
  ] as const)('of a log that is %s since %s is verified, and counts: %s', (state, timestamp, counts) => {
    const facts = factsOf(stampedBy(first), known(listed(first, { [state]: { timestamp } })))
    expect(facts).toMatchObject({
      sctLogs: counts === 'yes' ? 1 : 0,
      sctCurrentLogs: counts === 'yes' && state !== 'retired' ? 1 : 0,
      scts: [{ status: 'verified', state, stateSince: instant(timestamp), counts }],
    })
  })

  test('of a log that was retired later counts in the certificate only: a server could have got another one', () => {
    const leaf = stampedBy(second)
    const logs = known(listed(first, { retired: { timestamp: new Date(Date.now() - 60_000).toISOString() } }))
    const timestamps = [listOf(first.stamp(leaf.der, hourAgo))]
    expect(factsOf(leaf, logs, { timestamps }).scts[1]).toMatchObject({ status: 'verified', counts: 'no' })
  })

  test('with any byte of it or of its certificate changed is not verified, and nothing is thrown', () => {
    const leaf = stampedBy(first)
    const list = listOf(second.stamp(leaf.der, hourAgo))
    for (let place = 0; place < list.length; place += 1) {
      const damaged = Uint8Array.from(list)
      damaged[place] = (damaged[place] ?? 0) ^ (1 << (place % 8))
      const { scts } = factsOf(leaf, bothKnown, { timestamps: [damaged] })
      expect({ place, verified: scts.filter(isVerified).map(({ source }) => source) }).toEqual({
        place,
        verified: ['certificate'],
      })
    }
    fc.assert(
      fc.property(fc.nat(leaf.der.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const damaged = Uint8Array.from(leaf.der)
        damaged[place] = (damaged[place] ?? 0) ^ change
        const showing = { sni: 'with', role: 'served', staples: null, timestamps: [list] } as const
        expect(look([damaged, root.der], { logs: bothKnown, anchors }, showing).scts.filter(isVerified)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
