import { constants } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { trustStore } from '../../collectors/tls/certificate/trust.ts'
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
