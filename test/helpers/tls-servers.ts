import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { type Issued, issue } from './tls-certificates.ts'

/** A server on a free port of the loopback, gone with the test that uses it. */
export type Running = { readonly port: number; [Symbol.asyncDispose](): Promise<void> }

const certificates = new Map<string, Issued>()

/** A certificate for localhost, made once. */
export function localCertificate(key: 'P-256' | 'RSA-2048' = 'P-256'): Issued {
  const certificate = certificates.get(key) ?? issue({ key })
  certificates.set(key, certificate)
  return certificate
}

/** The options that let a node:tls server show these certificates. */
export function showing(...shown: readonly Issued[]): TlsOptions {
  return { cert: shown.map(({ pem }) => pem), key: shown.map(({ keyPem }) => keyPem) }
}

/** A real TLS server of Node's own OpenSSL. */
export function tlsServer(options: TlsOptions = {}): Promise<Running> {
  const server = createTlsServer({ ...showing(localCertificate()), ...options }, (socket) => socket.on('error', ignore))
  server.on('tlsClientError', ignore)
  return listen(server)
}

/** A server that does with each connection what it is told. */
export function tcpServer(onConnection: (socket: Socket) => void): Promise<Running> {
  return listen(
    createServer((socket) => {
      socket.on('error', ignore)
      onConnection(socket)
    }),
  )
}

export type Meddling = {
  /** Looks at the client's first bytes; what it returns is sent instead of passing them on, undefined passes them. */
  readonly instead?: (hello: Buffer, socket: Socket) => Uint8Array | 'close' | 'reset' | 'silence' | undefined
  /** Changes a piece of the answer as it comes. */
  readonly rewrite?: (answer: Buffer) => Buffer
  /** Sends the answer one byte at a time. */
  readonly byteByByte?: boolean
  /** Which answers are cut in the middle of the first message, the connection then closed or left open. */
  readonly cut?: { readonly every: number; readonly by: 'close' | 'silence' }
  /** Connections served at once; further ones are reset or closed. */
  readonly atOnce?: { readonly limit: number; readonly beyond: 'reset' | 'close' }
}

/** Stands between us and a real server and plants misbehaviour. */
export function meddler(port: number, meddling: Meddling): Promise<Running> {
  let open = 0
  let answers = 0
  return tcpServer((socket) => {
    const { atOnce } = meddling
    if (atOnce && open >= atOnce.limit) return atOnce.beyond === 'reset' ? socket.resetAndDestroy() : socket.end()
    open += 1
    socket.once('close', () => {
      open -= 1
    })
    socket.once('data', (hello) => {
      const instead = meddling.instead?.(hello, socket)
      if (instead === 'silence') return undefined
      if (instead === 'reset') return socket.resetAndDestroy()
      if (instead === 'close') return socket.end()
      if (instead !== undefined) return socket.end(instead)
      answers += 1
      const { cut } = meddling
      if (cut && answers % cut.every === 0) return passOnHalf(hello, socket, port, cut.by)
      return passOn(hello, socket, port, meddling)
    })
    return undefined
  })
}

function passOn(hello: Buffer, client: Socket, port: number, { byteByByte = false, rewrite }: Meddling): void {
  const server = connect(port, '127.0.0.1')
  server.on('error', ignore)
  server.write(hello)
  client.on('data', (chunk) => server.write(chunk))
  client.once('close', () => server.destroy())
  let sending = Promise.resolve()
  server.on('data', (chunk: Buffer) => {
    sending = sending.then(() => send(client, rewrite?.(chunk) ?? chunk, byteByByte))
  })
  server.once('close', () => void sending.then(() => client.end()))
}

/** The first 40 bytes of the answer: a whole record header and half a ServerHello. */
function passOnHalf(hello: Buffer, client: Socket, port: number, by: 'close' | 'silence'): void {
  const server = connect(port, '127.0.0.1')
  server.on('error', ignore)
  server.write(hello)
  client.once('close', () => server.destroy())
  server.once('data', (chunk: Buffer) => {
    // Alerts are shorter than that; the last byte of one is missing.
    client.write(chunk.subarray(0, Math.min(40, chunk.length - 1)))
    server.destroy()
    if (by === 'close') client.end()
  })
}

async function send(client: Socket, chunk: Buffer, byteByByte: boolean): Promise<void> {
  if (!byteByByte) {
    client.write(chunk)
    return
  }
  for (const byte of chunk) {
    if (client.destroyed) return
    client.write(Uint8Array.of(byte))
    await new Promise(setImmediate)
  }
}

async function listen(server: Server): Promise<Running> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

function ignore(): void {}
