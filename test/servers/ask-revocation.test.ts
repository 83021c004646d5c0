import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { revocationOverHttp } from '../../src/app/ask-revocation.ts'
import { AffidavitError } from '../../src/model/errors.ts'
import { instant } from '../../src/model/time.ts'
import { readCertificate } from '../../src/signing/cms/certificate.ts'
import { buildPath } from '../../src/signing/cms/path.ts'
import { collectValidationData } from '../../src/signing/cms/validation-data.ts'
import { crlAt, ocspAt } from '../helpers/certificate-extensions.ts'
import { authority, responder } from '../helpers/revocation.ts'
import { type Issued, issue } from '../helpers/tls-certificates.ts'

const clock = { now: () => instant(Date.now()) }
const signal = new AbortController().signal
const hosts = ['127.0.0.1']
const crl = { kind: 'crl', body: null } as const

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof AffidavitError ? error.code : String(error)),
  )

test('the revocation data of a chain come over HTTP from OpenSSL’s responder and list', async () => {
  const issued: Issued[] = []
  const root = issue({ commonName: 'Own Root', authority: true })
  await using service = await responder((path, body) => {
    using book = authority(
      root,
      issued.map((certificate) => ({ certificate })),
    )
    return path === '/ocsp' ? book.respond(body) : path === '/own.crl' ? book.crl() : 404
  })
  const more = [ocspAt(`${service.url}/ocsp`), crlAt(`${service.url}/own.crl`)]
  issued.push(issue({ commonName: 'One', issuer: root, names: [], more }))
  issued.push(issue({ commonName: 'Two', issuer: root, names: [], more: more.slice(1) }))
  issued.push(issue({ commonName: 'Three', issuer: root, names: [], more: [ocspAt(`${service.url}/gone`)] }))
  const read = ({ der }: Issued) => readCertificate(Uint8Array.from(der))
  const paths = await Promise.all(issued.map((leaf) => buildPath(read(leaf), [], [read(root)])))
  const ask = revocationOverHttp({ clock, hosts })
  const data = await collectValidationData(paths, { ask, now: Date.now(), signal })
  expect(data.ocsps).toHaveLength(1)
  expect(data.crls).toHaveLength(1)
  expect(data.certificates).toHaveLength(4)
  expect(data.missing).toHaveLength(1)
  expect(data.missing[0]?.reason).toContain('404')
  expect(service.asked.toSorted()).toEqual(['GET /own.crl', 'POST /gone', 'POST /ocsp'])
})

test('a service on this machine or in a private network is asked only where the configuration names it', async () => {
  await using service = await responder(() => Uint8Array.of(1))
  const url = `${service.url}/a.crl`
  const port = Number(new URL(url).port)
  const ask = (own?: readonly string[]) => revocationOverHttp({ clock, ...(own ? { hosts: own } : {}) })
  expect(await codeOf(ask()({ ...crl, url }, signal))).toBe('AFD_REVOCATION_NOT_PERMITTED')
  expect(await codeOf(ask(['example.com'])({ ...crl, url }, signal))).toBe('AFD_REVOCATION_NOT_PERMITTED')
  expect(service.asked).toEqual([])
  for (const host of ['10.1.2.3', '169.254.169.254', '[::1]', '[::ffff:127.0.0.1]', '[fe80::1]', '192.168.1.1']) {
    expect(await codeOf(ask()({ ...crl, url: `http://${host}:${port}/` }, signal)), host).toBe(
      'AFD_REVOCATION_NOT_PERMITTED',
    )
  }
  expect(await ask([`127.0.0.1:${port}`])({ ...crl, url }, signal)).toEqual(Uint8Array.of(1))
})

test('an answer that is too large, or never ends, is given up', async () => {
  await using large = await responder(() => new Uint8Array(11 * 1024 * 1024))
  const ask = revocationOverHttp({ clock, hosts, timeoutMs: 5_000 })
  expect(await codeOf(ask({ ...crl, url: large.url }, signal))).toBe('AFD_REVOCATION_REFUSED')
  const server = createServer((_, response) => void response.write('x'))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const impatient = revocationOverHttp({ clock, hosts, timeoutMs: 200 })
  expect(await codeOf(impatient({ ...crl, url }, signal))).not.toBe('no error')
  server.closeAllConnections()
  server.close()
})

test('a redirection is not followed', async () => {
  const server = createServer((_, response) => void response.writeHead(302, { location: '/b' }).end())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  expect(await codeOf(revocationOverHttp({ clock, hosts })({ ...crl, url }, signal))).toBe('AFD_REVOCATION_REFUSED')
  server.close()
})
