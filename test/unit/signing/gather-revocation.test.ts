import { expect, test } from 'vitest'
import { gatherRevocation } from '../../../src/signing/gather-revocation.ts'
import { authority } from '../../helpers/revocation.ts'
import { never } from '../../helpers/signing.ts'
import { issue } from '../../helpers/tls-certificates.ts'

const root = issue({ commonName: 'Root', authority: true, days: 30 })
const signer = issue({ commonName: 'Signer', issuer: root, names: [], days: 30 })
const nobody = { ask: () => Promise.reject(new Error('no route')), signal: never, now: Date.now() }

test('a list at hand answers for a certificate that names nobody, and a token that cannot be read is passed over', async () => {
  using books = authority(root, [{ certificate: signer }])
  const list = books.crl()
  const asked = { tokens: [Buffer.from('no token')], certificates: [signer.der, root.der], known: [] }
  const lists = [{ title: 'root.crl', bytes: list }]
  expect(await gatherRevocation(asked, { ...nobody, crls: lists })).toEqual({ ocsps: [], crls: [list], missing: [] })
  const { crls, missing } = await gatherRevocation(asked, nobody)
  expect({ crls, missing }).toEqual({ crls: [], missing: [expect.stringContaining('«CN=Signer»')] })
})
