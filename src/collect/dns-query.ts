import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import dns from 'node:dns'
import { connect, isIP } from 'node:net'
import { DnsError, httpsQuery, isAnswerTo, readHttpsAnswer } from './dns-message.ts'

/** How long one server has for one answer. */
const attemptMs = 2_000

type Server = { readonly host: string; readonly port: number }

/**
 * The HTTPS records of a name (RFC 9460) from the DNS servers of this machine, which node:dns cannot ask for; an empty
 * list where there are none. Throws DnsError with the codes of node:dns, and the signal's reason where it ends first.
 */
export async function resolveHttps(name: string, signal: AbortSignal): Promise<readonly string[]> {
  let last: unknown = new DnsError('ECONNREFUSED', 'this machine has no DNS server')
  // As stub resolvers do: each server in turn, and all of them a second time.
  for (const server of [...dns.getServers(), ...dns.getServers()].map(parseServer)) {
    signal.throwIfAborted()
    try {
      return await askServer(server, name, AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]))
    } catch (error) {
      signal.throwIfAborted()
      // That the name does not exist is an answer; another server would say the same.
      if (error instanceof DnsError && ['ENOTFOUND', 'EBADNAME'].includes(error.code)) throw error
      last = error
    }
  }
  throw last
}

async function askServer(server: Server, name: string, signal: AbortSignal): Promise<readonly string[]> {
  const id = randomInt(65_536)
  const query = httpsQuery(id, name)
  const answer = readHttpsAnswer(await askByUdp(server, query, (bytes) => isAnswerTo(bytes, id, name), signal))
  if (!answer.cut) return answer.records
  const whole = await askByTcp(server, query, signal)
  if (!isAnswerTo(whole, id, name)) throw new DnsError('EBADRESP', 'the DNS server answered another question')
  return readHttpsAnswer(whole).records
}

function askByUdp(
  { host, port }: Server,
  query: Uint8Array,
  isAnswer: (bytes: Buffer) => boolean,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4')
    let over = false
    const end = (settle: () => void): void => {
      if (over) return
      over = true
      signal.removeEventListener('abort', expire)
      socket.close()
      settle()
    }
    const expire = (): void => end(() => reject(new DnsError('ETIMEOUT', 'the DNS server did not answer in time')))
    socket.once('error', (error) => end(() => reject(error)))
    socket.on('message', (bytes) => {
      if (isAnswer(bytes)) end(() => resolve(bytes))
    })
    signal.addEventListener('abort', expire, { once: true })
    // A connected socket hears nobody but the server.
    socket.connect(port, host, (error?: Error) => {
      if (error) end(() => reject(error))
      else if (!over) socket.send(query)
    })
  })
}

function askByTcp({ host, port }: Server, query: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal })
    let received = Buffer.alloc(0)
    const end = (settle: () => void): void => {
      socket.destroy()
      settle()
    }
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const length = received.length < 2 ? undefined : received.readUInt16BE(0)
      if (length !== undefined && received.length >= 2 + length) end(() => resolve(received.subarray(2, 2 + length)))
    })
    socket.once('error', (error) => end(() => reject(timedOut(error))))
    socket.once('end', () => end(() => reject(new DnsError('EBADRESP', 'the DNS server closed the connection'))))
    socket.write(Buffer.concat([Buffer.of(query.length >> 8, query.length & 255), query]))
  })
}

function timedOut(error: Error): Error {
  return error.name === 'AbortError' ? new DnsError('ETIMEOUT', 'the DNS server did not answer in time') : error
}

/** `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:5353`. */
function parseServer(text: string): Server {
  if (isIP(text) !== 0) return { host: text, port: 53 }
  const [, host = '', port = '53'] = /^\[?(.+?)\]?:(\d+)$/.exec(text) ?? []
  return { host, port: Number(port) }
}
