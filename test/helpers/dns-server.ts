import { createSocket } from 'node:dgram'
import dns from 'node:dns'
import { type AddressInfo, createServer } from 'node:net'

/** What a small DNS server knows of a name and a record type (257 CAA, 65 HTTPS). */
export type Zone = {
  /** `example.test 65` to the data of its records; a number is a response code, `silent` no answer at all. */
  readonly [question: string]: readonly Uint8Array[] | number | 'silent'
}

/** A DNS server on the loopback, and this process asking it until it is gone. */
export type DnsServer = { readonly asked: readonly string[]; [Symbol.asyncDispose](): Promise<void> }

/** Names outside the zone do not exist; an answer above 512 bytes is cut on UDP and whole on TCP. */
export async function dnsServer(zone: Zone): Promise<DnsServer> {
  const asked: string[] = []
  const answer = (query: Buffer, limit: number): Buffer | undefined => {
    const { name, type, end } = readQuestion(query)
    const key = `${name.toLowerCase()} ${type}`
    asked.push(limit === 512 ? key : `${key} tcp`)
    const known = zone[key] ?? 3
    if (known === 'silent') return undefined
    const records = typeof known === 'number' ? [] : known
    const code = typeof known === 'number' ? known : 0
    const body = records.flatMap((data) => [
      Buffer.from([0xc0, 12, type >> 8, type & 255, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255]),
      data,
    ])
    const head = Buffer.concat([
      query.subarray(0, 2),
      Buffer.from([0x81, 0x80 | code, 0, 1, 0, records.length, 0, 0, 0, 0]),
    ])
    const whole = Buffer.concat([head, query.subarray(12, end), ...body])
    if (whole.length <= limit) return whole
    const cut = Buffer.concat([head, query.subarray(12, end)])
    cut[2] = 0x83
    cut[7] = 0
    return cut
  }
  const udp = createSocket('udp4')
  udp.on('message', (query, { port, address }) => {
    const bytes = answer(query, 512)
    // What nobody asked for comes first: an answer with another id.
    if (bytes) {
      const stray = Buffer.from(bytes)
      stray[0] = (stray[0] ?? 0) ^ 0xff
      udp.send(stray, port, address)
      udp.send(bytes, port, address)
    }
  })
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (query: Buffer) => {
      const bytes = answer(query.subarray(2), 65_535)
      if (bytes) socket.end(Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]))
    })
  })
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  const { port } = tcp.address() as AddressInfo
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve))
  const before = dns.getServers()
  dns.setServers([`127.0.0.1:${port}`])
  return {
    asked,
    [Symbol.asyncDispose]: async () => {
      dns.setServers(before)
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ])
    },
  }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.subarray(at + 1, at + 1 + length).toString('latin1'))
    at += 1 + length
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 }
}

/** The data of a CAA record. */
export function caa(tag: string, value: string, flags = 0): Uint8Array {
  return Buffer.concat([Buffer.of(flags, tag.length), Buffer.from(tag + value)])
}

/** The data of an HTTPS record for the name itself; parameters by number. */
export function https(priority: number, parameters: Readonly<Record<number, Uint8Array>>): Uint8Array {
  const list = Object.entries(parameters).map(([key, value]) =>
    Buffer.concat([Buffer.from([0, Number(key), value.length >> 8, value.length & 255]), value]),
  )
  return Buffer.concat([Buffer.of(priority >> 8, priority & 255, 0), ...list])
}

/** The value of an `alpn` parameter. */
export function alpn(...names: readonly string[]): Uint8Array {
  return Buffer.concat(names.map((name) => Buffer.concat([Buffer.of(name.length), Buffer.from(name)])))
}
