import { Readable, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { Context } from '../../src/collect/contract.ts'

/** A part of a file as it lies on the disk. */
export type Part = { readonly path: string; readonly from: number; readonly to: number }

/** How a file is packed, told from its first bytes, whatever its name says. */
export type Packing = 'plain' | 'gzip' | 'zstd' | 'unknown'

const chunkBytes = 1024 * 1024

/** The rest of a longer line is dropped: no record has its date that far in. */
const longestLine = 64 * 1024

/** What a byte of a packed file may unpack to at most; text packs ten- to thirtyfold, a bomb a thousandfold. */
const mostUnpacked = 200

export function packingOf(head: Uint8Array): Packing {
  const starts = (...bytes: readonly number[]): boolean => bytes.every((byte, index) => head[index] === byte)
  if (starts(0x1f, 0x8b)) return 'gzip'
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd'
  if (starts(0xfd, 0x37, 0x7a, 0x58) || starts(0x42, 0x5a, 0x68) || starts(0x1f, 0x9d)) return 'unknown'
  return 'plain'
}

/**
 * The lines of a part of a file, unpacked, one batch a chunk. Where the part begins inside a line, what stands before its
 * first line break is left out. `onBytes` sees the bytes as they lie on the disk. Ends early with `broken` where the packing is damaged or unpacks beyond measure.
 */
export async function* readLines(
  part: Part,
  packing: Packing,
  context: Context,
  onBytes: (bytes: Uint8Array) => void = () => undefined,
): AsyncGenerator<readonly string[], { readonly broken: string | null }> {
  const raw = chunks(part, context, onBytes)
  const unpacked = packing === 'gzip' || packing === 'zstd' ? unpack(raw, packing, part) : raw
  let rest = ''
  let skipFirst = part.from > 0
  try {
    for await (const chunk of unpacked) {
      // One byte, one character: dates and JSON are ASCII where it matters, and nothing can fail to decode.
      const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\n')
      rest = (lines.pop() ?? '').slice(0, longestLine)
      if (skipFirst && lines.length > 0) {
        lines.shift()
        skipFirst = false
      }
      yield lines
    }
  } catch (error) {
    const broken = damage(error)
    if (broken === undefined) throw error
    return { broken }
  }
  if (rest !== '' && !skipFirst) yield [rest]
  return { broken: null }
}

async function* chunks(part: Part, context: Context, onBytes: (bytes: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for (let offset = part.from; offset < part.to; ) {
    const bytes = await context.files.read(part.path, { offset, maxBytes: Math.min(chunkBytes, part.to - offset) })
    if (bytes.length === 0) return
    onBytes(bytes)
    yield bytes
    offset += bytes.length
  }
}

class Bomb extends Error {}

async function* unpack(
  raw: AsyncIterable<Uint8Array>,
  packing: 'gzip' | 'zstd',
  part: Part,
): AsyncGenerator<Uint8Array> {
  const unpacker: Transform = packing === 'gzip' ? createGunzip() : createZstdDecompress()
  const source = Readable.from(raw)
  source.once('error', (error) => unpacker.destroy(error))
  source.pipe(unpacker)
  let size = 0
  try {
    for await (const chunk of unpacker as AsyncIterable<Uint8Array>) {
      size += chunk.length
      if (size > (part.to - part.from) * mostUnpacked + chunkBytes) throw new Bomb()
      yield chunk
    }
  } finally {
    source.destroy()
    unpacker.destroy()
  }
}

function damage(error: unknown): string | undefined {
  if (error instanceof Bomb) return 'unpacks to far more than a log would'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'Z_BUF_ERROR' || code === 'ZSTD_error_srcSize_wrong') return 'is cut off'
  return code.startsWith('Z_') || code.startsWith('ZSTD_') || code.startsWith('ERR_ZSTD') ? 'is damaged' : undefined
}
