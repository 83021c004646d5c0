import { constants } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SecureVersion } from 'node:tls'
import { afterAll, expect, test } from 'vitest'
import { trustStore } from '../../collectors/tls/certificate/trust.ts'
import guidelines58 from '../../collectors/tls/conformance/data/mozilla-5.8.json' with { type: 'json' }
import guidelines60 from '../../collectors/tls/conformance/data/mozilla-6.0.json' with { type: 'json' }
import { tlsCollector } from '../../collectors/tls/index.ts'
import { replay } from '../../collectors/tls/replay.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { instant } from '../../src/model/time.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { localCertificate, type Running, showing, tlsServer } from '../helpers/tls-servers.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-conformance-'))
afterAll(() => rmSync(folder, { recursive: true }))

const anchor = join(folder, 'anchor.pem')
writeFileSync(anchor, [localCertificate().pem, localCertificate('RSA-2048').pem].join('\n'))

const look = ({ port }: Running, over: object = {}) =>
  collectFrom(tlsCollector, { host: 'localhost', port, trust: [anchor], ...over })
const conformance = (collection: Collection, profile: string) =>
  observed(collection, 'tls.conformance', { profile })[0]?.facts
const grade = (collection: Collection) => observed(collection, 'tls.grade')[0]?.facts

const intermediate = {
  ciphers: [
    ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
    ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ].join(':'),
  ecdhCurve: 'X25519:P-256:P-384',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
}

test('a server configured as Mozilla writes it conforms and is an A', async () => {
  await using server = await tlsServer(intermediate)
  const collection = await look(server)
  expect(conformance(collection, 'mozilla-intermediate-6.0')).toMatchObject({
    conforms: 'yes',
    deviations: [],
    undetermined: [],
    advice: ['TLSv1.3 does not offer the group X25519MLKEM768'],
  })
  expect(conformance(collection, 'mozilla-modern-6.0')).toMatchObject({
    conforms: 'no',
    deviations: ['TLSv1.2 is offered'],
  })
  expect(conformance(collection, 'pci-dss-4.0.1')).toMatchObject({ conforms: 'yes' })
  expect(grade(collection)).toMatchObject({ grade: 'A', caps: [], undetermined: [] })
})

type Guideline = {
  readonly certificate_types: readonly string[]
  readonly ciphers: { readonly openssl: readonly string[] }
  readonly ciphersuites: readonly string[]
  readonly server_preferred_order: boolean
  readonly tls_curves: readonly string[]
  readonly tls_versions: readonly string[]
}

const published: readonly (readonly [profile: string, guideline: Guideline])[] = [
  ['mozilla-modern-6.0', guidelines60.configurations.modern],
  ['mozilla-intermediate-6.0', guidelines60.configurations.intermediate],
  ['mozilla-modern-5.8', guidelines58.configurations.modern],
  ['mozilla-intermediate-5.8', guidelines58.configurations.intermediate],
  ['mozilla-old-5.8', guidelines58.configurations.old],
]

/** A server with everything that a guideline allows, as its published file says it. */
function configuredBy(guideline: Guideline): Promise<Running> {
  const keys = { ecdsa: localCertificate(), rsa: localCertificate('RSA-2048') }
  const [oldest, newest] = [guideline.tls_versions[0], guideline.tls_versions.at(-1)] as SecureVersion[]
  const older = guideline.ciphers.openssl
  return tlsServer({
    ...showing(...guideline.certificate_types.map((type) => keys[type as keyof typeof keys])),
    ...(oldest && newest ? { minVersion: oldest, maxVersion: newest } : {}),
    ciphers: [...guideline.ciphersuites, ...(older.length > 0 ? [...older, '@SECLEVEL=0'] : [])].join(':'),
    ecdhCurve: guideline.tls_curves.join(':'),
    honorCipherOrder: guideline.server_preferred_order,
  })
}

test.each(published)(
  'a server configured by the published file of %s conforms to it, without advice',
  async (...of) => {
    const [profile, guideline] = of
    await using server = await configuredBy(guideline)
    const collection = await look(server)
    expect(conformance(collection, profile)).toMatchObject({
      conforms: 'yes',
      deviations: [],
      undetermined: [],
      advice: [],
    })
    const versions = observed(collection, 'tls.protocol', { offered: 'yes' }).map(({ facts }) => facts.protocol)
    expect(versions).toEqual(guideline.tls_versions.map((each) => (each === 'TLSv1' ? 'TLSv1.0' : each)))
  },
)

test('a certificate for another name turns the grade into M, an unknown one into T', async () => {
  await using server = await tlsServer(intermediate)
  const [other, unknown] = await Promise.all([look(server, { serverName: 'other.test' }), look(server, { trust: [] })])
  expect(grade(other)).toMatchObject({ grade: 'M', gradeIgnoringTrust: 'A' })
  expect(grade(unknown)).toMatchObject({ grade: 'T', gradeIgnoringTrust: 'A' })
})

test('what deviates on a weak server is named', async () => {
  await using server = await tlsServer({
    ...showing(localCertificate('RSA-2048')),
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.2',
    ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:NULL-SHA:@SECLEVEL=0',
    ecdhCurve: 'P-521',
  })
  const collection = await look(server)
  expect(conformance(collection, 'mozilla-intermediate-6.0')).toMatchObject({
    conforms: 'no',
    deviations: [
      'TLSv1.0 is offered',
      'TLSv1.1 is offered',
      'TLSv1.3 is not offered',
      'TLSv1.2 accepts TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_NULL_SHA',
      'TLSv1.2 agrees on the group secp521r1',
    ],
  })
  expect(grade(collection)).toMatchObject({ grade: 'F', protocolScore: 95, cipherScore: 40 })
  expect(grade(collection)?.caps).toEqual(
    expect.arrayContaining(['F: suites of fewer than 112 bits are accepted', 'B: TLSv1.0 and TLSv1.1 are offered']),
  )
})

test('nothing that was heard means that nothing conforms', () => {
  const at = instant('2026-09-09T02:00:00Z')
  const facts = replay({ exchanges: [] }, { host: 'localhost', at, anchors: trustStore([]), anchorsMissing: null })
  expect(facts.length).toBeGreaterThan(9)
  for (const { kind, facts: each } of facts) {
    if (kind === 'tls.conformance') expect(each).toMatchObject({ conforms: 'undetermined' })
    if (kind === 'tls.grade') expect(each).toMatchObject({ grade: null })
  }
})
