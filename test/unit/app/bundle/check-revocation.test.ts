import { expect, test } from 'vitest'
import { checkSigners, readRevocation } from '../../../../src/app/bundle/check-revocation.ts'
import type { BundleContent } from '../../../../src/app/bundle/content.ts'
import type { BundleFiles } from '../../../../src/app/bundle/files.ts'
import { instant } from '../../../../src/model/time.ts'
import { authority, type Entry } from '../../../helpers/revocation.ts'
import { issue } from '../../../helpers/tls-certificates.ts'

const root = issue({ commonName: 'Root', authority: true, days: 30 })
const signer = issue({ commonName: 'Signer', issuer: root, names: [], days: 30 })
const exported = instant(Date.now())
const certificates = { 'certificates/1-report.cert.pem': signer.pem, 'certificates/2-ca.cert.pem': root.pem }

function filesOf(files: { readonly [name: string]: string | Uint8Array }): BundleFiles {
  return {
    names: new Set(Object.keys(files)),
    read: async (name) => Buffer.from(files[name] ?? ''),
  }
}

function content(revocation: BundleContent['revocation']): BundleContent {
  return {
    ...{ version: 1, origin: 'example', size: 1, entries: 1, exported, whole: true, checkpoints: [], timestamps: [] },
    ...{ untimed: null, revocation, unanswered: [], missing: [], erased: {} },
  }
}

const judged = async (entry: Entry, bundled: { readonly [name: string]: string } = certificates) => {
  using books = authority(root, [entry])
  const data = { ocsps: [], crls: [books.crl()] }
  return await checkSigners(filesOf(bundled), content([]), data, [])
}

test('revocation data are read as bundle.json lists them, and a file that it does not list is told', async () => {
  const files = filesOf({ 'revocation/001.crl': 'a list', 'revocation/002.ocsp': 'a response' })
  const list = { file: 'revocation/001.crl', kind: 'crl', from: 'configuration' } as const
  const { data, problems } = await readRevocation(files, content([list]))
  expect(data).toEqual({ ocsps: [], crls: [Buffer.from('a list')] })
  expect(problems).toEqual(['bundle.json does not list revocation/002.ocsp.'])
})

test('of a signer’s certificate that was revoked is said since when and why, and nothing of its authority’s own', async () => {
  const at = new Date(Date.now() - 3_600_000)
  expect(await judged({ certificate: signer })).toMatchObject([{ holds: true }])
  expect(await judged({ certificate: signer, revoked: { at, reason: 'keyCompromise' } })).toMatchObject([
    { holds: null, sentence: expect.stringContaining('(keyCompromise)') },
  ])
})

test('a signer of whom nobody speaks is told, and a bundle without one says nothing of any', async () => {
  const check = (files: { readonly [name: string]: string }) =>
    checkSigners(filesOf(files), content([]), { ocsps: [], crls: [] }, [])
  expect(await check(certificates)).toMatchObject([{ holds: null }])
  expect(await check({})).toEqual([])
  expect(await check({ 'certificates/1-notes.pem': 'not a certificate' })).toEqual([])
})
