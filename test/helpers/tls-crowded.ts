import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Running, tcpServer } from './tls-servers.ts'

/** Stands before a server and listens no more while it has so many connections, so that others are refused. */
export async function refuser(port: number, limit: number): Promise<Running> {
  const open = new Set<Socket>()
  let own = 0
  let gone = false
  const listenAgain = (): void => {
    if (!gone && !server.listening && open.size < limit) server.listen(own, '127.0.0.1')
  }
  const server = createServer((socket) => {
    open.add(socket)
    passOn(socket, port, () => {
      open.delete(socket)
      listenAgain()
    })
    if (open.size >= limit && server.listening) server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  own = (server.address() as AddressInfo).port
  return {
    port: own,
    [Symbol.asyncDispose]: async () => {
      gone = true
      for (const socket of open) socket.destroy()
      if (server.listening) server.close()
    },
  }
}

/** Stands before a server and serves one connection after the other, each after a pause; the others wait in silence. */
export async function queue(port: number, pauseMs: number): Promise<Running> {
  const open = new Set<Socket>()
  let last = Promise.resolve()
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    open.add(socket)
    socket.on('error', ignore).once('close', () => open.delete(socket))
    last = last.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      if (!socket.destroyed) await new Promise<void>((done) => passOn(socket, port, done))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

function passOn(client: Socket, port: number, over: () => void): void {
  const server = connect(port, '127.0.0.1').on('error', ignore)
  client.on('error', ignore)
  server.once('close', () => client.destroy())
  client.once('close', () => {
    server.destroy()
    over()
  })
  client.pipe(server)
  server.pipe(client)
  client.resume()
}

function ignore(): void {}

/** Lets so many connections a second through to a server, and resets or closes those beyond. */
export function rateLimiter(port: number, perSecond: number, beyond: 'reset' | 'close'): Promise<Running> {
  let lately: number[] = []
  return tcpServer((socket) => {
    const now = performance.now()
    lately = lately.filter((then) => now - then < 1_000)
    if (lately.length >= perSecond) return beyond === 'reset' ? socket.resetAndDestroy() : socket.end()
    lately.push(now)
    const server = connect(port, '127.0.0.1')
    server.on('error', () => socket.destroy())
    socket.once('close', () => server.destroy())
    return socket.pipe(server).pipe(socket)
  })
}
