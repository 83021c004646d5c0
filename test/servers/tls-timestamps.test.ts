import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readLogs } from '../../collectors/tls/certificate/logs-artefact.ts'
import type { TimestampFacts } from '../../collectors/tls/certificate/timestamp-check.ts'
import { certificatesOfPem, trustStore } from '../../collectors/tls/certificate/trust.ts'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { replay } from '../../collectors/tls/replay.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { installed } from '../helpers/debian-server.ts'
import { authority } from '../helpers/revocation.ts'
import { listOf, logListConf, logListJson, ocspWithTimestamps, testLog } from '../helpers/timestamp-log.ts'
import { issue } from '../helpers/tls-certificates.ts'
import { opensslServer } from '../helpers/tls-s-server.ts'
import { type Running, tlsServer } from '../helpers/tls-servers.ts'
import { transcriptOf } from '../helpers/tls-transcript.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-timestamps-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)

const [one, two, three, stranger] = [testLog(), testLog('RSA-2048'), testLog(), testLog()]
const listed = [
  { log: one, name: 'First 2026', operator: 'One' },
  { log: two, name: 'Second 2026', operator: 'Two', tiled: true },
  { log: three, name: 'Third 2026', operator: 'Two' },
]
writeFileSync(path('log_list.json'), logListJson(listed))
writeFileSync(path('log_list.cnf'), logListConf(listed))

const root = issue({ commonName: 'Own Root', authority: true, key: 'RSA-2048', days: 3_650 })
writeFileSync(path('root.pem'), root.pem)
const hourAgo = new Date(Date.now() - 3_600_000)
const leaf = issue({
  issuer: root,
  key: 'RSA-2048',
  embedAt: 1,
  embed: (tbs) =>
    listOf(
      one.stampPrecertificate(tbs, root, hourAgo),
      two.stampPrecertificate(tbs, root, hourAgo, Buffer.from('extension')),
      stranger.stampPrecertificate(tbs, root, hourAgo),
      three.stampPrecertificate(root.der, root, hourAgo),
    ),
})
writeFileSync(path('server.pem'), leaf.pem + leaf.keyPem)

const target = ({ port }: Running, over: object = {}) => ({
  host: 'localhost',
  port,
  trust: [path('root.pem')],
  logList: path('log_list.json'),
  ...over,
})
const look = async (server: Running, over: object = {}) => {
  const collection = await collectFrom(tlsCollector, target(server, over))
  const facts = observed(collection, 'tls.certificate')[0]?.facts as unknown as TimestampFacts
  return { collection, facts }
}

/** What OpenSSL says of each timestamp: its log, when, and whether it is valid. */
async function opensslSays({ port }: Running, ...options: readonly string[]): Promise<readonly string[]> {
  const args = ['-connect', `localhost:${port}`, '-CAfile', path('root.pem'), '-ct', '-ctlogfile', path('log_list.cnf')]
  const text = await new Promise<string>((done) => {
    const child = execFile('openssl', ['s_client', ...args, ...options], (_error, stdout) => done(stdout))
    child.stdin?.end()
  })
  return text
    .split('SCT validation status: ')
    .slice(1)
    .map((each) => {
      const id = /Log ID {4}: ([\s\S]*?) +Timestamp/.exec(each)?.[1]?.replace(/[\s:]/g, '').toLowerCase()
      return `${id} ${each.slice(0, each.indexOf('\n'))}`
    })
    .toSorted()
}

const words = { verified: 'valid', invalid: 'invalid', 'unknown-log': 'unknown log', 'not-checked': 'unverified' }
const inOpensslsWords = ({ scts }: TimestampFacts) =>
  scts.map(({ log, status }) => `${log} ${words[status]}`).toSorted()

describe.each(['-tls1_2', '-tls1_3'])('a server of OpenSSL that shows timestamps in all three ways, %s', (version) => {
  const beside = listOf(one.stamp(leaf.der, hourAgo), two.stamp(root.der, hourAgo))
  const head = Buffer.alloc(8)
  // In hellos of TLS 1.2 and beside certificates of TLS 1.3.
  head.writeUInt32BE(0x1180)
  head.writeUInt16BE(18, 4)
  head.writeUInt16BE(beside.length, 6)
  const information = Buffer.concat([head, beside]).toString('base64').replace(/.{64}/g, '$&\n')
  const label = 'SERVERINFOV2 FOR TIMESTAMPS-----'
  writeFileSync(path('information.pem'), `-----BEGIN ${label}\n${information}\n-----END ${label}\n`)
  using book = authority(root, [{ certificate: leaf }])
  const stapled = ocspWithTimestamps(book.request(leaf), root, listOf(three.stamp(leaf.der, hourAgo)), hourAgo)
  writeFileSync(path('response.der'), stapled)
  const options = ['-cert', path('server.pem'), '-serverinfo', path('information.pem')]
  const serve = () => opensslServer(...options, '-status_file', path('response.der'), version)

  test('is judged timestamp for timestamp as OpenSSL judges it', async () => {
    await using server = await serve()
    const { facts } = await look(server)
    expect(facts.scts.map(({ source, status }) => `${source} ${status}`)).toEqual([
      'certificate verified',
      'certificate verified',
      'certificate unknown-log',
      'certificate invalid',
      'tls verified',
      'tls invalid',
      'ocsp verified',
    ])
    expect(facts).toMatchObject({ sctLogs: 3, sctOperators: 2, sctInvalid: 2, sctUnknown: 1 })
    expect(inOpensslsWords(facts)).toEqual(await opensslSays(server))
  })

  test('leads to the same facts from what was recorded, the list of logs included', async () => {
    await using server = await serve()
    const { collection, facts } = await look(server)
    const kept = collection.artefacts.find(({ name }) => name === 'tls-logs.json')
    const logs = readLogs(Buffer.from(kept?.bytes ?? []).toString())
    expect(logs.logs.size).toBe(3)
    const [{ collected, evidence } = { collected: undefined, evidence: [] }] = observed(collection, 'tls.certificate')
    expect(evidence).toContain('tls-logs.json')
    if (!collected) throw new Error('nothing was observed')
    const anchors = trustStore(certificatesOfPem(root.pem))
    const context = { host: 'localhost', at: collected, anchors, anchorsMissing: null, logs }
    const again = replay(transcriptOf(collection), context)
    expect(again.find(({ kind }) => kind === 'tls.certificate')?.facts).toEqual(facts)
  })
})

describe('a list of logs', () => {
  test('that is not named leaves everything as it was, and the facts say so', async () => {
    await using server = await tlsServer({ cert: leaf.pem, key: leaf.keyPem })
    const { collection, facts } = await look(server, { logList: undefined })
    expect(facts).toMatchObject({
      sctCount: 4,
      sctCheck: 'none',
      sctLogs: null,
      scts: [{ status: 'not-checked' }, {}, {}, {}],
    })
    expect(collection.artefacts.map(({ name }) => name)).not.toContain('tls-logs.json')
    expect(collection.leftOut).toEqual([])
  })

  test.each([
    ['is not there', 'missing.json', undefined, 'missing.json'],
    ['is none', 'root.pem', undefined, 'root.pem:1:'],
    [
      'has a damaged key',
      'damaged.json',
      logListJson(listed).replace('"key": "M', '"key": "N'),
      'operators[0].logs[0].key',
    ],
  ])('that %s is told, and everything else is collected', async (_how, name, text, place) => {
    if (text) writeFileSync(path(name), text)
    await using server = await tlsServer({ cert: leaf.pem, key: leaf.keyPem })
    const { collection, facts } = await look(server, { logList: path(name) })
    expect(collection.failure).toBeNull()
    expect(facts).toMatchObject({ sctCount: 4, sctCheck: 'undetermined', sctLogs: null })
    expect(facts.sctCheckReason).toContain(place)
    const probe = 'signatures of certificate timestamps'
    expect(collection.leftOut).toEqual([{ probe, reason: expect.stringContaining(place) }])
  })
})

const jq = installed('jq')
if (!jq) process.stderr.write('SKIPPED: the recipe that makes a list of logs for OpenSSL, which needs jq\n')

test.skipIf(!jq)('the recipe of the documentation gives OpenSSL the logs of a list', async () => {
  const document = readFileSync(resolve(import.meta.dirname, '../../docs/certificate-transparency.md'), 'utf8')
  const recipe = /^jq -r [\s\S]*?> ct_log_list\.cnf$/m.exec(document)?.[0]
  execFileSync('sh', ['-c', recipe ?? 'false'], { cwd: folder })
  await using server = await tlsServer({ cert: leaf.pem, key: leaf.keyPem })
  const { facts } = await look(server)
  const said = await opensslSays(server, '-ctlogfile', path('ct_log_list.cnf'))
  expect(said).toEqual(inOpensslsWords(facts))
  expect(said.filter((each) => each.endsWith(' valid'))).toHaveLength(2)
})
