import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { isAboutFeature } from '../../collectors/tls/transcript.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { javaMissing, javaServer } from '../helpers/tls-java.ts'
import { type OldOpenssl, oldOpenssl, oldServer } from '../helpers/tls-old-openssl.ts'
import { freePort, has, nmapScan, opensslSuites, program, sslscanCounts } from '../helpers/tls-scanners.ts'
import { localCertificate, type Running } from '../helpers/tls-servers.ts'
import { transcriptOf } from '../helpers/tls-transcript.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-tls-makes-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const rsa = localCertificate('RSA-2048')
const ec = localCertificate('P-256')
const paths = {
  rsaCert: file('rsa.crt', rsa.pem),
  rsaKey: file('rsa.key', rsa.keyPem),
  ecCert: file('ec.crt', ec.pem),
  ecKey: file('ec.key', ec.keyPem),
  both: file('rsa.pem', rsa.pem + rsa.keyPem),
}

const look = ({ port }: Running) => collectFrom(tlsCollector, { host: '127.0.0.1', port })

function suitesOf(collection: Collection): Record<string, readonly string[]> {
  const versions = observed(collection, 'tls.protocol', { offered: 'yes' }).filter(
    ({ facts }) => facts.protocol !== 'SSLv2',
  )
  return Object.fromEntries(
    versions.map(({ facts }) => [String(facts.protocol), facts.cipherSuites as readonly string[]]),
  )
}

/**
 * Every version and every suite that nmap finds, and no other, and as many as sslscan finds; the same order where nmap
 * too sees the server's own. It does not always: haproxy's order in TLS 1.3, which `openssl s_client -ciphersuites`
 * shows, it takes for the client's.
 */
async function expectAsOthers(server: Running): Promise<Collection> {
  const collection = await look(server)
  expect(collection.failure).toBeNull()
  const ours = suitesOf(collection)
  const theirs = await nmapScan(server)
  expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted())
  for (const [version, { suites, preference }] of Object.entries(theirs)) {
    const inOrder = preference === 'server'
    expect(inOrder ? ours[version] : ours[version]?.toSorted(), version).toEqual(inOrder ? suites : suites.toSorted())
  }
  if (!missing.includes('sslscan')) {
    const counts = Object.entries(ours).filter(([version]) => version !== 'SSLv3')
    expect(await sslscanCounts(server)).toEqual(Object.fromEntries(counts.map(([name, { length }]) => [name, length])))
  }
  const undetermined = observed(collection, 'tls.protocol', { offered: 'undetermined' })
  expect(undetermined.map(({ facts }) => [facts.protocol, facts.reason])).toEqual([])
  return collection
}

const programs = ['nmap', 'sslscan', 'nginx', 'haproxy', 'apache2', 'gnutls-serv', 'openssl'] as const
const present = await Promise.all(programs.map(has))
const missing = programs.filter((_, index) => !present[index])
if (missing.length > 0)
  process.stderr.write(`SKIPPED: tests that need ${missing.join(', ')}, which this machine has not\n`)

describe.skipIf(missing.includes('nmap'))('current servers', () => {
  const keysOf = {
    RSA: `ssl_certificate ${paths.rsaCert}; ssl_certificate_key ${paths.rsaKey};`,
    EC: `ssl_certificate ${paths.ecCert}; ssl_certificate_key ${paths.ecKey};`,
  }
  const nginx = async (keys: readonly (keyof typeof keysOf)[], order: 'server' | 'client'): Promise<Running> => {
    const port = await freePort()
    const config = `
      worker_processes 1; daemon off; pid ${folder}/nginx-${port}.pid; error_log /dev/null;
      events {}
      http { access_log off; server {
        listen 127.0.0.1:${port} ssl; ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers HIGH:!aNULL;
        ssl_prefer_server_ciphers ${order === 'server' ? 'on' : 'off'};
        ${keys.map((key) => keysOf[key]).join('\n')}
      } }`
    return await program('nginx', ['-c', file(`nginx-${port}.conf`, config)], port)
  }

  test.skipIf(missing.includes('nginx'))('nginx with an RSA and an EC key', async () => {
    await using server = await nginx(['RSA', 'EC'], 'server')
    const collection = await expectAsOthers(server)
    expect(observed(collection, 'tls.certificate')).toHaveLength(2)
    expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2' })[0]?.facts.preference).toBe('server')
  })

  test.skipIf(missing.includes('nginx'))(
    'the inventory of nginx takes at most 70 connections, whatever its keys and its order',
    async () => {
      for (const keys of [['RSA'], ['EC'], ['RSA', 'EC']] as const) {
        for (const order of ['server', 'client'] as const) {
          await using server = await nginx(keys, order)
          const collection = await look(server)
          const [tls12] = observed(collection, 'tls.protocol', { protocol: 'TLSv1.2' })
          expect(tls12?.facts).toMatchObject({ cipherSuitesComplete: 'yes', groupsComplete: 'yes', preference: order })
          expect(observed(collection, 'tls.certificate')).toHaveLength(keys.length)
          const inventory = transcriptOf(collection).exchanges.filter((each) => !isAboutFeature(each))
          expect(inventory.length, `${keys.join(' and ')}, ${order} order`).toBeLessThanOrEqual(70)
        }
      }
    },
  )

  test.skipIf(missing.includes('haproxy') || missing.includes('openssl'))(
    'haproxy with an RSA and an EC key, which chooses by the client',
    async () => {
      const port = await freePort()
      file('both.pem.rsa', rsa.pem + rsa.keyPem)
      file('both.pem.ecdsa', ec.pem + ec.keyPem)
      const config = `
      defaults
        mode tcp
        timeout connect 5s
        timeout client 5s
        timeout server 5s
      frontend tls
        bind 127.0.0.1:${port} ssl crt ${join(folder, 'both.pem')}
        default_backend none
      backend none
        server none 127.0.0.1:9\n`
      await using haproxy = await program('haproxy', ['-db', '-f', file('haproxy-both.cfg', config)], port)
      // A client that names no host gets the first certificate alone.
      const target = { host: '127.0.0.1', port, serverName: 'localhost' }
      const collection = await collectFrom(tlsCollector, target)
      const suites = suitesOf(collection)['TLSv1.2'] ?? []
      const names = ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384']
      expect(suites).toEqual(expect.arrayContaining([...names, 'TLS_RSA_WITH_AES_256_GCM_SHA384']))
      // One suite at a time is what a server that chooses by the client cannot misread.
      expect(suites.toSorted()).toEqual(await opensslSuites(haproxy))
    },
  )

  test.skipIf(missing.includes('haproxy'))('haproxy', async () => {
    const port = await freePort()
    const config = `
      defaults
        mode tcp
        timeout connect 5s
        timeout client 5s
        timeout server 5s
      frontend tls
        bind 127.0.0.1:${port} ssl crt ${paths.both}
        default_backend none
      backend none
        server none 127.0.0.1:9\n`
    await using haproxy = await program('haproxy', ['-db', '-f', file('haproxy.cfg', config)], port)
    await expectAsOthers(haproxy)
  })

  test.skipIf(missing.includes('apache2'))(
    'Apache httpd with mod_ssl, in its own order and in the client’s',
    async () => {
      for (const order of ['on', 'off']) {
        const port = await freePort()
        const modules = ['mpm_event', 'authz_core', 'socache_shmcb', 'ssl']
        const config = [
          `ServerRoot ${folder}`,
          `PidFile ${folder}/httpd-${port}.pid`,
          `Mutex file:${folder}`,
          'ErrorLog /dev/null',
          'ServerName localhost',
          'User daemon',
          'Group daemon',
          `Listen 127.0.0.1:${port}`,
          ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
          'SSLEngine on',
          'SSLProtocol -all +TLSv1.2 +TLSv1.3',
          'SSLCipherSuite ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:AES256-SHA:AES128-SHA',
          `SSLHonorCipherOrder ${order}`,
          'SSLSessionTickets off',
          `SSLCertificateFile ${paths.rsaCert}`,
          `SSLCertificateKeyFile ${paths.rsaKey}\n`,
        ].join('\n')
        await using apache = await program(
          'apache2',
          ['-D', 'FOREGROUND', '-f', file(`httpd-${port}.conf`, config)],
          port,
        )
        const collection = await expectAsOthers(apache)
        expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2' })[0]?.facts).toMatchObject({
          preference: order === 'on' ? 'server' : 'client',
          cipherSuitesComplete: 'yes',
        })
        const features = observed(collection, 'tls.feature').map(({ facts }) => [facts.name, facts.status])
        expect(Object.fromEntries(features)).toMatchObject({ 'session-tickets': 'no', 'client-renegotiation': 'no' })
      }
    },
  )

  test.skipIf(missing.includes('gnutls-serv'))('gnutls-serv with shared keys alone, in TLS 1.3', async () => {
    const port = await freePort()
    const keys = file('shared-keys', 'me:ab12cd34\n')
    const priority = 'NORMAL:-KX-ALL:+PSK:+ECDHE-PSK:+DHE-PSK:-VERS-ALL:+VERS-TLS1.3'
    const args = ['--port', String(port), '--pskpasswd', keys, '--priority', priority, '--echo', '--quiet']
    await using gnutls = await program('gnutls-serv', args, port)
    expect(observed(await look(gnutls), 'tls.protocol', { protocol: 'TLSv1.3' })[0]?.facts).toMatchObject({
      offered: 'undetermined',
      reason: expect.stringContaining('illegal_parameter'),
    })
  })

  test.skipIf(missing.includes('gnutls-serv'))('gnutls-serv', async () => {
    const port = await freePort()
    const args = [
      '--port',
      String(port),
      '--x509certfile',
      paths.rsaCert,
      '--x509keyfile',
      paths.rsaKey,
      '--echo',
      '--quiet',
    ]
    await using gnutls = await program('gnutls-serv', args, port)
    await expectAsOthers(gnutls)
  })

  test.skipIf(missing.includes('openssl'))(
    'openssl s_server, which serves one connection after the other',
    async () => {
      const port = await freePort()
      const args = [
        's_server',
        '-accept',
        `127.0.0.1:${port}`,
        '-cert',
        paths.rsaCert,
        '-key',
        paths.rsaKey,
        '-quiet',
        '-www',
      ]
      const weak = ['-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0', '-serverpref']
      await using openssl = await program('openssl', [...args, ...weak], port)
      await expectAsOthers(openssl)
    },
  )
})

const noJava = await javaMissing()
if (noJava) process.stderr.write(`SKIPPED: tests of Java’s TLS, which need ${noJava}\n`)

describe.skipIf(missing.includes('nmap') || missing.includes('openssl') || noJava !== undefined)('Java', () => {
  test.each(['defaults', 'everything'] as const)('JSSE with its %s', async (offer) => {
    await using server = await javaServer(folder, offer)
    const collection = await expectAsOthers(server)
    expect(observed(collection, 'tls.certificate')).toHaveLength(2)
  })
})

const everything = 'ALL:COMPLEMENTOFALL'

describe.skipIf(missing.includes('nmap'))('old servers', () => {
  const cases: readonly [OldOpenssl, string, object, readonly string[], readonly string[]][] = [
    [
      '1.0.1',
      'all that it has',
      { ciphers: everything, secureProtocol: 'SSLv23_method' },
      ['--enable-ssl2', '--enable-ssl3'],
      ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2'],
    ],
    [
      '1.0.1',
      'SSLv3 alone',
      { ciphers: 'DES-CBC3-SHA:AES128-SHA', secureProtocol: 'SSLv3_method' },
      ['--enable-ssl3'],
      ['SSLv3'],
    ],
    ['1.0.1', 'RC4 alone', { ciphers: 'RC4-SHA:RC4-MD5', secureProtocol: 'TLSv1_method' }, [], ['TLSv1.0']],
    [
      '1.0.2',
      'all that it has',
      { ciphers: everything, ecdhCurve: 'prime256v1' },
      [],
      ['TLSv1.0', 'TLSv1.1', 'TLSv1.2'],
    ],
    ['1.1.1', 'TLS 1.0 and later', { minVersion: 'TLSv1' }, [], ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']],
  ]
  test.for(cases)('OpenSSL %s with %s', async ([version, , options, flags, offered], { skip }) => {
    const found = await oldOpenssl(version)
    if ('missing' in found) {
      process.stderr.write(`SKIPPED: ${found.missing}\n`)
      return skip(found.missing)
    }
    await using server = await oldServer(found.node, options, flags)
    const collection = await expectAsOthers(server)
    expect(observed(collection, 'tls.protocol', { offered: 'yes' }).map(({ facts }) => facts.protocol)).toEqual(offered)
    expect(observed(collection, 'tls.certificate').length).toBeGreaterThan(0)
  })
})
