// Records the transcripts of test/fixtures/tls from real servers; see the README there.
// node test/helpers/tls-record-fixtures.ts
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { tlsCollector } from '../../collectors/tls/index.ts'
import type { Exchange, Transcript } from '../../collectors/tls/transcript.ts'
import { packTranscript, unpackTranscript } from '../../collectors/tls/transcript-artefact.ts'
import { collectFrom } from './collect.ts'
import { oldOpenssl, oldServer } from './tls-old-openssl.ts'
import { localCertificate, type Running, showing, tlsServer } from './tls-servers.ts'

const home = resolve(import.meta.dirname, '../fixtures/tls')

const servers: readonly (readonly [string, () => Promise<Running>])[] = [
  ['openssl-3', () => tlsServer({ ...showing(localCertificate('RSA-2048'), localCertificate()), requestCert: true })],
  ['openssl-1.0.2', () => old('1.0.2', { ciphers: 'ALL:COMPLEMENTOFALL', ecdhCurve: 'prime256v1' }, [])],
  [
    'openssl-1.0.1',
    () => old('1.0.1', { ciphers: 'ALL', secureProtocol: 'SSLv23_method' }, ['--enable-ssl2', '--enable-ssl3']),
  ],
]

async function old(version: '1.0.1' | '1.0.2', options: object, flags: readonly string[]): Promise<Running> {
  const found = await oldOpenssl(version)
  if ('missing' in found) throw new Error(found.missing)
  return await oldServer(found.node, options, flags)
}

/** Two exchanges of each kind: the rest says nothing that a parser has not seen. */
function shortened({ exchanges, conversations = [] }: Transcript): Transcript {
  const kinds = Map.groupBy(exchanges, ({ purpose, protocol, end }) => `${purpose} ${protocol} ${end}`)
  return { exchanges: [...kinds.values()].flatMap((each: Exchange[]) => each.slice(0, 2)), conversations }
}

for (const [name, start] of servers) {
  await using server = await start()
  const { artefacts } = await collectFrom(tlsCollector, {
    host: '127.0.0.1',
    port: server.port,
    serverName: 'localhost',
  })
  const bytes = artefacts.find((each) => each.name.startsWith('tls-transcript'))?.bytes
  if (!bytes) throw new Error(`${name} left no transcript`)
  writeFileSync(join(home, `${name}.json.gz`), packTranscript(shortened(unpackTranscript(bytes)), () => true).bytes)
}
