import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseCertificate } from '../../collectors/tls/certificate/parse.ts'
import { trustStore } from '../../collectors/tls/certificate/trust.ts'
import { readEvidence } from '../../collectors/tls/evidence.ts'
import { chainOf } from '../../collectors/tls/inventory/chains.ts'
import { replay } from '../../collectors/tls/replay.ts'
import type { Exchange, Transcript } from '../../collectors/tls/transcript.ts'
import { unpackTranscript } from '../../collectors/tls/transcript-artefact.ts'
import { readClientHello } from '../../collectors/tls/wire/client-hello.ts'
import { readCertificates, readNamedGroup, readReply, readTls13Certificates } from '../../collectors/tls/wire/reply.ts'
import { readServerHello } from '../../collectors/tls/wire/server-hello.ts'
import { readSslv2Reply } from '../../collectors/tls/wire/sslv2.ts'
import { instant } from '../../src/model/time.ts'

/** Numbers from 0 to below `limit`, the same ones for the same seed. */
export type Random = (limit: number) => number

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}

/** The recorded transcripts of real servers. */
export function recordedTranscripts(): readonly Transcript[] {
  const home = resolve(import.meta.dirname, '../fixtures/tls')
  const names = readdirSync(home).filter((name) => name.endsWith('.json.gz'))
  return names.toSorted().map((name) => unpackTranscript(readFileSync(join(home, name))))
}

/** Bytes with one to four things wrong with them, of the kinds that break parsers. */
export function mutate(random: Random, original: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let bytes = Buffer.from(original)
  for (let left = 1 + random(4); left > 0; left -= 1) bytes = mutateOnce(random, bytes, others)
  return bytes
}

const telling = [0, 1, 0x7f, 0x80, 0xff, 3, 22, 21, 23, 2, 11]

function mutateOnce(random: Random, bytes: Buffer, others: readonly Uint8Array[]): Buffer<ArrayBuffer> {
  const copy = Buffer.from(bytes)
  // Lengths and types stand near the front.
  const at = random(2) === 0 ? random(Math.min(64, bytes.length + 1)) : random(bytes.length + 1)
  switch (random(7)) {
    case 0:
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random(8))
      return copy
    case 1:
      if (at < copy.length) copy[at] = telling[random(telling.length)] ?? 0
      return copy
    case 2:
      return copy.subarray(0, at)
    case 3:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random(8))])
    case 4:
      return Buffer.concat([copy.subarray(0, at), Buffer.from([random(256), random(256)]), copy.subarray(at)])
    case 5: {
      const other = others[random(others.length)] ?? new Uint8Array()
      return Buffer.concat([copy.subarray(0, at), other.subarray(random(other.length + 1))])
    }
    default:
      if (at + 2 <= copy.length) copy.writeUInt16BE(random(2) === 0 ? 0xffff : random(0x4000), at)
      return copy
  }
}

/** Reads bytes with every parser of a server's words; throws where one throws, or makes more of them than they are. */
export function readEveryWay(bytes: Uint8Array, exchange: Exchange): void {
  const reply = readReply(bytes)
  const kept = reply.messages.reduce((sum, { raw }) => sum + raw.length, 0)
  const sealed = reply.sealed.reduce((sum, { content }) => sum + content.length, 0)
  if (kept + sealed > bytes.length) throw new Error(`${kept + sealed} bytes were made of ${bytes.length}`)
  for (const { body } of reply.messages.slice(0, 8)) readBody(body)
  readBody(bytes)
  readSslv2Reply(bytes)
  readClientHello(bytes)
  const chain = chainOf(readEvidence({ ...exchange, received: bytes }))
  if (chain && chain.reduce((sum, { length }) => sum + length, 0) > bytes.length)
    throw new Error('a chain out of nothing')
}

function readBody(body: Uint8Array): void {
  readServerHello(body)
  readNamedGroup(body)
  readTls13Certificates(body)
  readCertificates(body)
}

/** Reads mutated replies of real servers in every way. */
export function fuzzReplies(count: number, seed: number): void {
  const random = randomFrom(seed)
  const exchanges = recordedTranscripts().flatMap(({ exchanges }) => exchanges)
  const heard = exchanges.map(({ received }) => received).filter(({ length }) => length > 0)
  for (let number = 0; number < count; number += 1) {
    const exchange = exchanges[random(exchanges.length)]
    if (!exchange) return
    const bytes = mutate(random, exchange.received, heard)
    blame(bytes, () => readEveryWay(bytes, exchange))
  }
}

/** Reads mutated certificates of real servers. */
export function fuzzCertificates(count: number, seed: number): void {
  const random = randomFrom(seed)
  const exchanges = recordedTranscripts().flatMap(({ exchanges }) => exchanges)
  const certificates = exchanges.flatMap((exchange) => chainOf(readEvidence(exchange)) ?? [])
  for (let number = 0; number < count; number += 1) {
    const bytes = mutate(random, certificates[random(certificates.length)] ?? new Uint8Array(), certificates)
    blame(bytes, () => parseCertificate(bytes))
  }
}

/** Replays transcripts of which about one reply in eight is mutated, and gives back how many facts came of it. */
export function fuzzReplays(count: number, seed: number): number {
  const random = randomFrom(seed)
  const transcripts = recordedTranscripts()
  const context = {
    host: 'localhost',
    at: instant('2026-11-24T00:00:00Z'),
    anchors: trustStore([]),
    anchorsMissing: null,
  }
  let facts = 0
  for (let number = 0; number < count; number += 1) {
    const { exchanges = [], conversations = [] } = transcripts[random(transcripts.length)] ?? {}
    const heard = exchanges.map(({ received }) => received)
    const spoil = (bytes: Uint8Array): Uint8Array => (random(8) === 0 ? mutate(random, bytes, heard) : bytes)
    const spoilt: Transcript = {
      exchanges: exchanges.map((each) => ({ ...each, received: spoil(each.received) })),
      conversations: conversations.map((each) => ({
        ...each,
        turns: each.turns.map(({ sent, received }) => ({ sent, received: spoil(received) })),
      })),
    }
    facts += JSON.stringify(replay(spoilt, context)).length > 0 ? 1 : 0
  }
  return facts
}

/** Says which bytes it was that a parser stumbled over. */
export function blame(bytes: Uint8Array, read: () => unknown): void {
  try {
    read()
  } catch (error) {
    throw new Error(`these bytes break a parser: ${Buffer.from(bytes).toString('hex').slice(0, 4_000)}`, {
      cause: error,
    })
  }
}
