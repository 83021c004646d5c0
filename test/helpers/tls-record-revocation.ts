// Records the answers of test/fixtures/tls/revocation.json from OpenSSL's own responder; see the README there.
// node test/helpers/tls-record-revocation.ts
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { authority } from './revocation.ts'
import { type Issued, issue } from './tls-certificates.ts'

const root = issue({ commonName: 'Own Root', authority: true, days: 3_650 })
const good = issue({ issuer: root, days: 3_650 })
const revoked = issue({ issuer: root, days: 3_650 })
const delegate = issue({ commonName: 'Responder', issuer: root, usage: ['1.3.6.1.5.5.7.3.9'], names: [], days: 3_650 })
using book = authority(root, [
  { certificate: good },
  { certificate: revoked, revoked: { at: new Date('2026-10-01T12:00:00Z'), reason: 'keyCompromise' } },
])
const respond = (certificate: Issued, signer = root) => book.respond(book.request(certificate), { signer })
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const recorded = {
  at: new Date().toISOString(),
  issuer: hex(root.der),
  certificates: [good, revoked].map(({ der }) => hex(der)),
  ocsp: [respond(good), respond(revoked), respond(good, delegate)].map(hex),
  crls: [hex(book.crl())],
}
writeFileSync(resolve(import.meta.dirname, '../fixtures/tls/revocation.json'), `${JSON.stringify(recorded, null, 2)}\n`)
