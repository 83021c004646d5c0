import { type FileHandle, open } from 'node:fs/promises'
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import { IntegrityError, StoreError } from '../model/errors.ts'

/** ZIP archives, APPNOTE 6.3, without encryption, ZIP64 and comments: what `unzip` reads everywhere. */

/** Writes one file after the other; the archive is there when it is closed. */
export type ZipWriter = {
  add(name: string, bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 }
const methods = { stored: 0, deflated: 8 }
/** 1980-01-01: the same files make the same archive. */
const date = 0x21
const utf8Names = 0x0800
const most = { files: 0xfffe, bytes: 0xffff_fffe }

/** Makes an archive at a path where there is none yet; holds one file at a time in memory. */
export async function createZip(path: string): Promise<ZipWriter> {
  const file = await open(path, 'wx', 0o600)
  const directory: Buffer[] = []
  let offset = 0
  return {
    async add(name, bytes) {
      const { local, central } = recordsOf(name, bytes, offset)
      if (directory.length >= most.files || offset + local.length > most.bytes) {
        throw new StoreError('AFD_ZIP_TOO_LARGE', `${path} would be larger than a plain zip can be`, {
          hint: 'Name a folder instead of a .zip file.',
          subject: path,
        })
      }
      await write(file, local)
      directory.push(central)
      offset += local.length
    },
    async close() {
      const central = Buffer.concat(directory)
      const end = Buffer.alloc(22)
      end.writeUInt32LE(signatures.end, 0)
      end.writeUInt16LE(directory.length, 8)
      end.writeUInt16LE(directory.length, 10)
      end.writeUInt32LE(central.length, 12)
      end.writeUInt32LE(offset, 16)
      await write(file, Buffer.concat([central, end]))
      await file.sync()
      await file.close()
    },
  }
}

async function write(file: FileHandle, bytes: Uint8Array): Promise<void> {
  await file.writeFile(bytes)
}

function recordsOf(name: string, bytes: Uint8Array, offset: number): { local: Buffer; central: Buffer } {
  const deflated = deflateRawSync(bytes)
  const method = deflated.length < bytes.length ? methods.deflated : methods.stored
  const data = method === methods.deflated ? deflated : bytes
  const encoded = Buffer.from(name)
  const shared = Buffer.alloc(26)
  shared.writeUInt16LE(20, 0)
  shared.writeUInt16LE(utf8Names, 2)
  shared.writeUInt16LE(method, 4)
  shared.writeUInt16LE(date, 8)
  shared.writeUInt32LE(crc32(bytes), 10)
  shared.writeUInt32LE(data.length, 14)
  shared.writeUInt32LE(bytes.length, 18)
  shared.writeUInt16LE(encoded.length, 22)
  const head = Buffer.alloc(6)
  head.writeUInt32LE(signatures.central, 0)
  head.writeUInt16LE(0x0314, 4)
  const tail = Buffer.alloc(14)
  // Rights of a plain file, rw-r--r--, for those who unpack it on Unix.
  tail.writeUInt32LE((0o100644 << 16) >>> 0, 6)
  tail.writeUInt32LE(offset, 10)
  const begin = Buffer.alloc(4)
  begin.writeUInt32LE(signatures.local, 0)
  return {
    local: Buffer.concat([begin, shared, encoded, data]),
    central: Buffer.concat([head, shared, tail, encoded]),
  }
}

/**
 * The files of an archive, each inflated when it is asked for. Throws IntegrityError `AFD_ZIP_FORMAT` for anything that
 * is not a plain archive, and for bytes that do not have their checksum.
 */
export function readZip(archive: Uint8Array): ReadonlyMap<string, () => Uint8Array> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.length)
  try {
    return directoryOf(bytes)
  } catch (cause) {
    if (cause instanceof RangeError) throw notAZip('it ends too early', cause)
    throw cause
  }
}

function directoryOf(bytes: Buffer): ReadonlyMap<string, () => Uint8Array> {
  const end = bytes.length - 22
  if (end < 0 || bytes.readUInt32LE(end) !== signatures.end) throw notAZip('it does not end like one')
  const files = new Map<string, () => Uint8Array>()
  const spans: (readonly [from: number, to: number])[] = []
  let at = bytes.readUInt32LE(end + 16)
  const directory = at
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (bytes.readUInt32LE(at) !== signatures.central) throw notAZip('its directory is damaged')
    const lengths = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field))
    const [nameLength = 0] = lengths
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength)
    const entry = {
      name,
      method: bytes.readUInt16LE(at + 10),
      checksum: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    }
    if (files.has(name)) throw notAZip(`it has two files ${name}`)
    spans.push([entry.offset, dataOf(bytes, entry).to])
    // Folders, which other programs write down as well, hold nothing.
    if (!name.endsWith('/')) files.set(name, () => extract(bytes, entry))
    at += 46 + lengths.reduce((sum, length) => sum + length, 0)
  }
  // What shares its bytes with others grows beyond measure when it is unpacked (Fifield, «A better zip bomb», WOOT 2019).
  const sorted = [...spans.toSorted(([a], [b]) => a - b), [directory, end] as const]
  if (at > end || sorted.some(([from], i) => from < (sorted[i - 1]?.[1] ?? 0))) throw notAZip('its files overlap')
  return files
}

/** Where a file's packed bytes stand, by its own header, which must call it the same: programs differ in whom they believe. */
function dataOf(
  bytes: Buffer,
  { name, method, packed, offset }: ZipEntry,
): { readonly from: number; readonly to: number } {
  if (bytes.readUInt32LE(offset) !== signatures.local) throw notAZip(`${name} is not where it should be`)
  const nameEnd = offset + 30 + bytes.readUInt16LE(offset + 26)
  const same = bytes.readUInt16LE(offset + 8) === method && bytes.toString('utf8', offset + 30, nameEnd) === name
  if (!same) throw notAZip(`${name} goes by another name or method where it stands`)
  const from = nameEnd + bytes.readUInt16LE(offset + 28)
  return { from, to: from + packed }
}

type ZipEntry = {
  readonly name: string
  readonly method: number
  readonly checksum: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

function extract(bytes: Buffer, entry: ZipEntry): Uint8Array {
  const { name, method, checksum, size } = entry
  try {
    const { from, to } = dataOf(bytes, entry)
    const data = bytes.subarray(from, to)
    // Never more than was announced: a few bytes can inflate to gigabytes.
    const content = method === methods.deflated ? inflateRawSync(data, { maxOutputLength: size || 1 }) : data
    const known = method === methods.deflated || method === methods.stored
    if (known && content.length === size && crc32(content) === checksum) return content
  } catch (cause) {
    if (cause instanceof IntegrityError) throw cause
    throw notAZip(`${name} cannot be unpacked`, cause)
  }
  throw notAZip(`${name} is damaged`)
}

function notAZip(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError('AFD_ZIP_FORMAT', `not a plain zip archive: ${why}`, { cause })
}
