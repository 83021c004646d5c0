import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { negotiate } from '../../../../collectors/tls/starttls/connect.ts'
import type { StarttlsProtocol } from '../../../../collectors/tls/starttls/protocols.ts'
import { talkOver } from '../../../../collectors/tls/starttls/talk.ts'

/** A server that says its piece in pieces of so many bytes, whatever it is told, and leaves. */
async function hearOut(protocol: StarttlsProtocol, said: string, pieceBytes: number) {
  const server = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() })
  const bytes = Buffer.from(said, 'latin1')
  const talk = negotiate(talkOver(server, new AbortController().signal), { protocol, host: 'mail.test' })
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    server.push(bytes.subarray(at, at + pieceBytes))
    await new Promise(setImmediate)
  }
  server.push(null)
  return await talk
}

const features = '<stream:stream><stream:features><starttls/></stream:features>'

test.each([1, 7, 500])('XMPP is understood in pieces of %i bytes', async (pieceBytes) => {
  const said = await hearOut(
    'xmpp',
    `${features}<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>`,
    pieceBytes,
  )
  expect(said.trouble).toBeNull()
})

test('XMPP that is refused is told with its condition', async () => {
  const said = await hearOut('xmpp', `${features}<failure xmlns='x'><policy-violation/></failure>`, 9)
  expect(said.trouble).toMatchObject({ kind: 'declined' })
})

test.each<[StarttlsProtocol, string]>([
  ['xmpp', `${features}${'<proceed '.repeat(10_000)}`],
  ['xmpp', `${features}${'<a>'.repeat(30_000)}`],
  ['xmpp', '<'.repeat(90_000)],
  ['smtp', '220-'.repeat(20_000)],
  ['imap', `* OK hi\r\n${'* x\r\n'.repeat(20_000)}`],
])('over %s a server that goes on and on, a few bytes at a time, costs little', async (protocol, said) => {
  const before = process.cpuUsage()
  const { trouble, received } = await hearOut(protocol, said, 16)
  expect(trouble).not.toBeNull()
  expect(received.length).toBeLessThanOrEqual(65_536)
  expect(process.cpuUsage(before).user).toBeLessThan(3_000_000)
})
