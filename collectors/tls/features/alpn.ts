import type { Evidence } from '../evidence.ts'
import { flightOf } from '../handshake/current-client.ts'
import { readBytes } from '../wire/bytes.ts'
import { extensionTypes, readExtensions } from '../wire/client-hello.ts'
import { guarded, handshakeTypes } from '../wire/reply.ts'

/** The protocols that are offered by ALPN (RFC 7301), of IANA's list those that run over TLS on TCP. */
export const alpnNames: readonly string[] = [
  'h2',
  'http/1.1',
  'http/1.0',
  'http/0.9',
  'spdy/3.1',
  'spdy/3',
  'h2-14',
  'grpc-exp',
  'smtp',
  'imap',
  'pop3',
  'ftp',
  'managesieve',
  'xmpp-client',
  'xmpp-server',
  'mqtt',
  'postgresql',
  'dot',
  'ntske/1',
]

/** The protocol that a server chose, in the clear or in TLS 1.3's EncryptedExtensions; null where it chose none. */
export function alpnOf({ reply, exchange }: Evidence): string | null {
  if (reply.serverHello?.alpn) return reply.serverHello.alpn
  const message = flightOf(reply, exchange.serverTraffic).find(
    ({ type }) => type === handshakeTypes.encryptedExtensions,
  )
  if (!message) return null
  return guarded(() => {
    const extensions = readExtensions(readBytes(message.body).vector(2))
    const alpn = extensions.find(({ type }) => type === extensionTypes.alpn)
    return alpn ? Buffer.from(readBytes(readBytes(alpn.data).vector(2)).vector(1)).toString('latin1') : null
  })
}
