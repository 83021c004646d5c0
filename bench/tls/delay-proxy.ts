// A TCP proxy in a process of its own: passes bytes on after a delay in each direction and counts connections.
// Started by proxy.ts, which speaks with it over the IPC channel.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

const target = Number(process.argv[2])
const delayMs = Number(process.argv[3])
const connectMs = Number(process.argv[4])
let connections = 0

function ignore(): void {}

/** Bytes and ends arrive in the order in which they left, `ms` later. */
function pipe(from: Socket, to: Socket, ms: number): void {
  const later = (act: () => void): void => void (ms > 0 ? setTimeout(act, ms) : act())
  from.on('data', (chunk) => later(() => to.writable && to.write(chunk)))
  from.once('end', () => later(() => to.end()))
  from.on('error', ignore)
  from.once('close', (failed) => later(() => (failed ? to.destroy() : to.destroySoon())))
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  connections += 1
  const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  // The kernel takes a connection at once; the time that a distant one would take is added to its bytes instead.
  pipe(client, upstream, delayMs + connectMs)
  pipe(upstream, client, delayMs)
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => {
  process.send?.({ connections })
  connections = 0
})
process.once('disconnect', () => process.exit())
