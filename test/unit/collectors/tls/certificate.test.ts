import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChainContext, chainFacts } from '../../../../collectors/tls/certificate/facts.ts'
import { lifetimeLimitDays, validityDays } from '../../../../collectors/tls/certificate/lifetime.ts'
import { addressText, coversHost } from '../../../../collectors/tls/certificate/names.ts'
import { parseCertificate } from '../../../../collectors/tls/certificate/parse.ts'
import { certificatesOfPem, mozillaStore, trustStore } from '../../../../collectors/tls/certificate/trust.ts'
import { instant, later } from '../../../../src/model/time.ts'
import { der, type Issued, issue } from '../../../helpers/tls-certificates.ts'

const root = issue({ commonName: 'Test Root', authority: true, days: 3_650 })
const intermediate = issue({ commonName: 'Test Intermediate', authority: true, issuer: root })
const leaf = issue({ issuer: intermediate })
const at = instant(new Date())

function factsOf(chain: readonly Issued[], over: Partial<ChainContext> = {}) {
  const context = { host: 'localhost', at, anchors: trustStore(certificatesOfPem(root.pem)), anchorsMissing: null }
  return chainFacts(
    chain.map(({ der }) => der),
    { ...context, ...over },
  )
}
const nobody = { anchors: trustStore([]) }

describe('a path around a certificate that has expired', () => {
  const old = { notBefore: new Date('2020-01-01T00:00:00Z'), days: 365 }
  const newRoot = issue({ commonName: 'New Root', authority: true, days: 3_650 })
  const oldRoot = issue({ commonName: 'Old Root', authority: true, ...old })
  const crossed = issue({ commonName: 'New Root', authority: true, issuer: oldRoot, sameKey: newRoot, days: 3_650 })
  const between = issue({ commonName: 'Between', authority: true, issuer: newRoot })
  const outdated = issue({ commonName: 'Between', authority: true, issuer: newRoot, sameKey: between, ...old })
  const end = issue({ issuer: between })
  const trusting = (...roots: readonly Issued[]) => ({
    anchors: trustStore(roots.flatMap(({ pem }) => certificatesOfPem(pem))),
  })

  test.each<[string, readonly Issued[], readonly Issued[]]>([
    ['a cross-signed root whose own issuer expired', [end, between, crossed], [newRoot, oldRoot]],
    ['the same with the expired root sent along', [end, between, crossed, oldRoot], [oldRoot, newRoot]],
    ['an expired intermediate sent before the one in its place', [end, outdated, between], [newRoot]],
    ['an expired intermediate sent after it', [end, between, outdated], [newRoot]],
    [
      'an expired anchor of the same name',
      [end, between],
      [issue({ commonName: 'New Root', authority: true, sameKey: newRoot, ...old }), newRoot],
    ],
  ])('is found: %s', (_, chain, roots) => {
    expect(factsOf(chain, trusting(...roots))).toMatchObject({ trusted: 'yes', trustReason: null })
  })

  test.each<[string, readonly Issued[], readonly Issued[]]>([
    ['the only root', [end, between, crossed], [oldRoot]],
    ['the only intermediate', [end, outdated], [newRoot]],
  ])('is not made up where it was %s', (_, chain, roots) => {
    expect(factsOf(chain, trusting(...roots))).toMatchObject({
      trusted: 'no',
      trustReason: expect.stringContaining('expired at'),
    })
  })
})

describe('the facts of a chain', () => {
  test('a complete chain to a given anchor has no problem', () => {
    expect(factsOf([leaf, intermediate])).toMatchObject({
      trusted: 'yes',
      trustReason: null,
      publiclyTrusted: 'no',
      hostMatches: 'yes',
      problems: [],
      chainLength: 2,
      keyType: 'EC',
      keyBits: 256,
      signatureAlgorithm: 'ecdsa-with-SHA256',
      subjectAlternativeNames: ['DNS:localhost', 'IP:127.0.0.1'],
      lifetimeDays: 90,
      daysRemaining: 89,
    })
  })

  test('a chain with its root sent along is as good', () => {
    expect(factsOf([leaf, intermediate, root])).toMatchObject({ trusted: 'yes', problems: [], chainLength: 3 })
  })

  test('a missing intermediate makes the chain incomplete, not untrusted', () => {
    expect(factsOf([leaf])).toMatchObject({ trusted: 'no', problems: ['incomplete-chain'] })
  })

  test('a root that nobody named is an untrusted root', () => {
    expect(factsOf([leaf, intermediate, root], nobody)).toMatchObject({ trusted: 'no', problems: ['untrusted-root'] })
  })

  test('certificates in the wrong order are a problem of their own and still lead to the anchor', () => {
    const facts = factsOf([leaf, root, intermediate])
    expect(facts).toMatchObject({ trusted: 'yes', problems: ['chain-order'] })
  })

  test('twenty certificates that lead to the anchor are as good as two', () => {
    const line = [intermediate]
    for (let depth = 1; depth < 20; depth += 1) {
      line.unshift(issue({ commonName: `Authority ${depth}`, authority: true, issuer: line[0] as Issued }))
    }
    const last = issue({ issuer: line[0] as Issued })
    expect(factsOf([last, ...line])).toMatchObject({ trusted: 'yes', problems: [], chainLength: 21 })
  })

  test('an authority below one that may have none makes no path', () => {
    const basic = (...parts: Uint8Array[]): readonly [string, Uint8Array] => ['2.5.29.19', der(0x30, ...parts)]
    const more = [basic(der(1, [255]), der(2, [0]))]
    const limited = issue({ commonName: 'Limited', authority: true, issuer: root, more })
    const below = issue({ commonName: 'Below', authority: true, issuer: limited })
    expect(factsOf([issue({ issuer: limited }), limited])).toMatchObject({ trusted: 'yes' })
    expect(factsOf([issue({ issuer: below }), below, limited])).toMatchObject({
      trusted: 'no',
      trustReason: expect.stringContaining('path length'),
    })
  })

  test('a critical extension that nobody knows, as of a precertificate, makes no path', () => {
    const poison = issue({ issuer: intermediate, critical: [['1.3.6.1.4.1.11129.2.4.3', der(5)]] })
    expect(factsOf([poison, intermediate])).toMatchObject({
      trusted: 'no',
      trustReason: expect.stringContaining('1.3.6.1.4.1.11129.2.4.3'),
    })
  })

  test('authorities that issued each other without end leave trust open', () => {
    const [one, other] = ['One', 'Other'].map((commonName) => issue({ commonName, authority: true }))
    if (!one || !other) throw new Error('nothing was issued')
    const round = Array.from({ length: 6 }, () => [
      issue({ commonName: 'One', authority: true, issuer: other, sameKey: one }),
      issue({ commonName: 'Other', authority: true, issuer: one, sameKey: other }),
    ]).flat()
    const facts = factsOf([issue({ issuer: one }), ...round])
    expect(facts).toMatchObject({ trusted: 'undetermined', trustReason: expect.stringContaining('each other') })
  })

  test('a certificate signed by itself is self-signed, and none once a trust file names it', () => {
    const own = issue()
    expect(factsOf([own])).toMatchObject({ trusted: 'no', problems: ['self-signed'] })
    const named = { anchors: trustStore(certificatesOfPem(own.pem)) }
    expect(factsOf([own], named)).toMatchObject({ trusted: 'yes', problems: [] })
  })

  test('an expired certificate is reported with its notAfter date and negative days', () => {
    const expired = issue({ issuer: intermediate, notBefore: new Date('2026-01-01T00:00:00Z'), days: 30 })
    expect(factsOf([expired, intermediate], { at: instant('2026-02-01T00:00:00Z') })).toMatchObject({
      notAfter: '2026-01-31T00:00:00.000Z',
      daysRemaining: -1,
      trusted: 'no',
      problems: expect.arrayContaining(['expired']),
    })
  })

  test('a certificate from the future is not yet valid', () => {
    const early = issue({ issuer: intermediate, notBefore: new Date(Date.now() + 86_400_000) })
    expect(factsOf([early, intermediate]).problems).toContain('not-yet-valid')
  })

  test('an expired intermediate breaks the trust and not the order', () => {
    const old = issue({ commonName: 'Old', authority: true, issuer: root, notBefore: new Date('2020-01-01'), days: 10 })
    const facts = factsOf([issue({ issuer: old }), old])
    expect(facts).toMatchObject({ trusted: 'no', problems: [] })
    expect(facts.trustReason).toContain('CN=Old')
  })

  test('another host is a mismatch; a common name does not save a certificate without alternative names', () => {
    expect(factsOf([leaf, intermediate], { host: 'example.com' })).toMatchObject({
      hostMatches: 'no',
      problems: ['host-mismatch'],
    })
    const nameless = issue({ issuer: intermediate, names: [] })
    expect(factsOf([nameless, intermediate]).problems).toEqual(['host-mismatch', 'no-san'])
  })

  test('short keys and SHA-1 are weak, but for the signature of the anchor itself', () => {
    const weak = issue({ issuer: intermediate, key: 'RSA-1024', hash: 'SHA1' })
    expect(factsOf([weak, intermediate])).toMatchObject({ keyBits: 1_024, problems: ['weak-key', 'weak-signature'] })
    const oldRoot = issue({ commonName: 'Old Root', authority: true, hash: 'SHA1' })
    const anchors = trustStore(certificatesOfPem(oldRoot.pem))
    expect(factsOf([issue({ issuer: oldRoot }), oldRoot], { anchors }).problems).toEqual([])
  })

  test('the lifetime is held against the rule of the day of issue', () => {
    const long = (notBefore: string, days: number) => {
      const certificate = issue({ issuer: intermediate, notBefore: new Date(notBefore), days })
      return factsOf([certificate, intermediate]).problems
    }
    expect(long('2026-03-14T00:00:00Z', 398)).not.toContain('lifetime-too-long')
    expect(long('2026-03-14T00:00:00Z', 399)).toContain('lifetime-too-long')
    expect(long('2026-03-15T00:00:00Z', 398)).toContain('lifetime-too-long')
    expect(long('2026-03-15T00:00:00Z', 200)).not.toContain('lifetime-too-long')
  })

  test('a certificate for clients only is not trusted for a server', () => {
    const client = issue({ issuer: intermediate, usage: ['1.3.6.1.5.5.7.3.2'] })
    expect(factsOf([client, intermediate])).toMatchObject({
      trusted: 'no',
      trustReason: expect.stringContaining('TLS servers'),
    })
    const server = issue({ issuer: intermediate, usage: ['1.3.6.1.5.5.7.3.1'] })
    expect(factsOf([server, intermediate])).toMatchObject({ trusted: 'yes' })
  })

  test('trust files that cannot be read leave the trust undetermined', () => {
    const facts = factsOf([leaf, intermediate, root], { ...nobody, anchorsMissing: 'ca.pem cannot be read' })
    expect(facts).toMatchObject({ trusted: 'undetermined', trustReason: 'ca.pem cannot be read', problems: [] })
  })

  test('a leaf that is no authority issues nothing', () => {
    const forged = issue({ issuer: leaf })
    expect(factsOf([forged, leaf, intermediate])).toMatchObject({ trusted: 'no' })
  })

  test('bytes that are no certificate are reported as unparsable', () => {
    const facts = chainFacts([Buffer.from('no certificate')], { host: 'a.test', at, anchorsMissing: null, ...nobody })
    expect(facts).toMatchObject({ problems: ['unparsable'], trusted: 'undetermined', keyBits: null })
    const context = { host: 'localhost', at, anchorsMissing: null, anchors: trustStore(certificatesOfPem(root.pem)) }
    expect(chainFacts([leaf.der, Buffer.of(1)], context).problems).toContain('unparsable')
  })

  test('any bytes, and any damage to a certificate, are reported and never thrown', () => {
    const context = { host: 'localhost', at, anchorsMissing: null, ...nobody }
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 3 }), (chain) => {
        expect(chainFacts(chain, context).problems).toBeInstanceOf(Array)
      }),
    )
    fc.assert(
      fc.property(fc.nat(leaf.der.length - 1), fc.integer({ min: 1, max: 255 }), (position, change) => {
        const damaged = Uint8Array.from(leaf.der)
        damaged[position] = (damaged[position] ?? 0) ^ change
        expect(chainFacts([damaged, intermediate.der], context).trusted).not.toBe('yes')
      }),
      { numRuns: 300 },
    )
  })
})

test('every root that Node brings parses and trusts itself', () => {
  const roots = [...mozillaStore().values()].flat()
  expect(roots.length).toBeGreaterThan(100)
  for (const { x509 } of roots) expect(parseCertificate(x509.raw)).toHaveProperty('fingerprint')
})

describe('host names', () => {
  const dns = (...names: string[]) => names.map((value) => ({ kind: 'DNS' as const, value }))

  test.each([
    ['example.com', 'example.com', true],
    ['EXAMPLE.com', 'example.COM', true],
    ['example.com', 'example.com.', true],
    ['*.example.com', 'api.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'a.b.example.com', false],
    ['a*.example.com', 'api.example.com', false],
    ['*', 'localhost', false],
    ['*.com', 'example.com', false],
    ['xn--bcher-kva.example', 'bücher.example', true],
    ['example.test.', 'example.test', false],
    ['example.test.', 'example.test.', false],
    ['*.*.example.test', 'a.b.example.test', false],
    ['a.*.example.test', 'a.b.example.test', false],
    ['*.xn--bcher-kva.test', 'a.bücher.test', true],
    ['127.0.0.1', '127.0.0.1', false],
  ])('the name %s for the host %s: %s', (name, host, covered) => {
    expect(coversHost(dns(name), host)).toBe(covered)
  })

  test('addresses are compared as addresses', () => {
    const names = [
      { kind: 'IP' as const, value: addressText(Buffer.from('00000000000000000000000000000001', 'hex')) ?? '' },
    ]
    expect(coversHost(names, '[::1]')).toBe(true)
    expect(coversHost(names, '0:0:0:0:0:0:0:1')).toBe(true)
    expect(coversHost(names, '::2')).toBe(false)
    expect(addressText(Buffer.of(1, 2, 3))).toBeUndefined()
  })
})

test('the lifetime rule follows the day of issue', () => {
  const limits = ['2015-01-01', '2020-09-01', '2026-03-14', '2026-03-15', '2027-03-15', '2029-03-15']
  expect(limits.map((day) => lifetimeLimitDays(instant(`${day}T00:00:00Z`)))).toEqual([null, 398, 398, 200, 100, 47])
  const start = instant('2026-04-01T00:00:00Z')
  expect(validityDays(start, later(start, 90 * 86_400_000 - 1_000))).toBe(90)
  expect(validityDays(start, later(start, 90 * 86_400_000))).toBe(90)
  expect(validityDays(start, later(start, 90 * 86_400_000 + 1_000))).toBe(91)
})
