import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChainContext, chainFacts } from '../../../../collectors/tls/certificate/facts.ts'
import { addressBytes, addressText } from '../../../../collectors/tls/certificate/names.ts'
import { readTimestamps } from '../../../../collectors/tls/certificate/timestamps.ts'
import { certificatesOfPem, trustStore } from '../../../../collectors/tls/certificate/trust.ts'
import { instant } from '../../../../src/model/time.ts'
import {
  crlAt,
  mustStaple,
  nameConstraints,
  ocspAt,
  policies,
  serverKeyUsage,
  timestampList,
} from '../../../helpers/certificate-extensions.ts'
import { embedded, type Issued, type IssueOptions, issue } from '../../../helpers/tls-certificates.ts'

const root = issue({ commonName: 'Test Root', authority: true, days: 3_650 })
const at = instant(new Date())
const context: ChainContext = {
  host: 'localhost',
  at,
  anchors: trustStore(certificatesOfPem(root.pem)),
  anchorsMissing: null,
}
const factsOf = (...chain: readonly Issued[]) =>
  chainFacts(
    chain.map(({ der }) => der),
    context,
  )
const leafWith = (...more: NonNullable<IssueOptions['more']>) => factsOf(issue({ issuer: root, more }))

describe('what a certificate says of its use', () => {
  test('key usage, extended key usage, policies and where its revocation is looked up', () => {
    const leaf = issue({
      issuer: root,
      usage: ['1.3.6.1.5.5.7.3.1', '1.2.3.4'],
      more: [
        serverKeyUsage,
        ocspAt('http://ocsp.test/'),
        crlAt('http://crl.test/a.crl', 'ldap://x'),
        policies('2.23.140.1.2.2', '1.2.3'),
      ],
    })
    expect(factsOf(leaf)).toMatchObject({
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      extendedKeyUsage: ['serverAuth', '1.2.3.4'],
      policies: ['2.23.140.1.2.2', '1.2.3'],
      validation: 'OV',
      mustStaple: 'no',
      ocspUrls: ['http://ocsp.test/'],
      crlUrls: ['http://crl.test/a.crl', 'ldap://x'],
      builtChain: ['CN=localhost', 'CN=Test Root'],
    })
  })

  test.each([
    ['2.23.140.1.1', 'EV'],
    ['2.23.140.1.2.1', 'DV'],
    ['2.23.140.1.2.3', 'IV'],
    ['1.3.6.1.4.1.4146.1.20', null],
  ])('the policy %s means %s', (oid, validation) => {
    expect(leafWith(policies(oid))).toMatchObject({ validation, policies: [oid] })
  })

  test('nothing of it, said as nothing', () => {
    expect(leafWith()).toMatchObject({
      keyUsage: null,
      extendedKeyUsage: null,
      policies: [],
      validation: null,
      mustStaple: 'no',
      ocspUrls: [],
      crlUrls: [],
      sctCount: 0,
    })
  })

  test('that it must come with an OCSP response', () => {
    expect(leafWith(mustStaple)).toMatchObject({ mustStaple: 'yes' })
  })

  test('any bytes in an extension are reported as something and never thrown', () => {
    const oids = [
      '2.5.29.15',
      '2.5.29.32',
      '2.5.29.31',
      '1.3.6.1.5.5.7.1.1',
      '1.3.6.1.5.5.7.1.24',
      '1.3.6.1.4.1.11129.2.4.2',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...oids), fc.uint8Array({ maxLength: 60 }), (oid, value) => {
        expect(leafWith([oid, value])).toMatchObject({ commonName: expect.toBeOneOf(['localhost', null]) })
      }),
      { numRuns: 150 },
    )
  })
})

describe('signed certificate timestamps', () => {
  const list = timestampList(
    { log: 0xaa, at: new Date('2026-05-01T00:00:00Z') },
    { log: 0xbb, at: new Date('2026-05-02T00:00:00Z') },
  )

  test('within the certificate and from the TLS extension are told apart', () => {
    const leaf = issue({ issuer: root, more: [embedded(list)] })
    const shown = {
      sni: 'with',
      role: 'served',
      staples: [],
      timestamps: [timestampList({ log: 0xcc, at: new Date(0) })],
    } as const
    expect(chainFacts([leaf.der], context, shown)).toMatchObject({
      sctCount: 3,
      scts: [
        { source: 'certificate', log: 'aa'.repeat(32), at: '2026-05-01T00:00:00.000Z' },
        { source: 'certificate', log: 'bb'.repeat(32), at: '2026-05-02T00:00:00.000Z' },
        { source: 'tls', log: 'cc'.repeat(32), at: '1970-01-01T00:00:00.000Z' },
      ],
      ocspStapling: 'none',
    })
  })

  test('any bytes are read or passed over', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const { at, log } of readTimestamps(bytes, 'tls')) {
          expect(log).toMatch(/^[0-9a-f]{64}$/)
          expect(at ?? '9999-').toMatch(/^\d{4}-/)
        }
      }),
    )
    const damaged = Buffer.from(list)
    damaged[1] = 200
    expect(readTimestamps(damaged, 'tls')).toEqual([])
  })
})

describe('an authority that is bound to names', () => {
  const under = (sides: Parameters<typeof nameConstraints>[0], names?: readonly string[]) => {
    const bound = issue({ commonName: 'Bound', authority: true, issuer: root, more: [nameConstraints(sides)] })
    return factsOf(issue({ issuer: bound, ...(names ? { names } : {}) }), bound)
  }

  test('may vouch for what is permitted', () => {
    expect(under({ permitted: ['localhost', Buffer.of(127, 0, 0, 0, 255, 0, 0, 0)] })).toMatchObject({ trusted: 'yes' })
    expect(
      under({ permitted: ['example.test'] }, ['a.b.example.test', '*.example.test', 'example.test']),
    ).toMatchObject({
      trusted: 'yes',
    })
  })

  test('may not vouch for anything else, nor for what is excluded', () => {
    for (const [sides, names] of [
      [{ permitted: ['example.test'] }, ['notexample.test']],
      [{ permitted: ['example.test'] }, ['a.example.test', 'b.other.test']],
      [{ excluded: ['example.test'] }, ['a.example.test']],
      [{ permitted: [Buffer.of(10, 0, 0, 0, 255, 0, 0, 0)] }, ['127.0.0.1']],
    ] as const) {
      expect(under(sides, names)).toMatchObject({
        trusted: 'no',
        trustReason: expect.stringContaining('may not vouch'),
      })
    }
  })

  test('of one kind says nothing about the other kind', () => {
    expect(under({ permitted: ['localhost'] })).toMatchObject({ trusted: 'yes' })
  })
})

test('addresses are turned into bytes and back', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      const text = addressText(addressBytes(address))
      expect(text).toBeDefined()
      expect(addressText(addressBytes(text ?? ''))).toBe(text)
    }),
  )
  expect([...addressBytes('::ffff:1.2.3.4')]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4])
  expect(addressBytes('no address')).toHaveLength(0)
})
