import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, inflateSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { readZip } from '../../src/ledger/zip.ts'

/** One thing that was kept or shown, as text of one character a byte. */
export type KeptText = { readonly where: string; readonly text: string }

/** Everything in a folder that a reader could find something in: archives, databases and compressed parts opened. */
export function keptIn(folder: string, leftOut: (path: string) => boolean): readonly KeptText[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).filter((path) => !leftOut(path))
  const texts = paths.flatMap((path) => textsOf(path, readFileSync(path)))
  // The same bytes are looked through once, whatever they stand in.
  const places = new Map<string, string[]>()
  for (const { where, text } of texts) places.set(text, [...(places.get(text) ?? []), where])
  return [...places].map(([text, where]) => ({ text, where: where.join(' and ') }))
}

function textsOf(where: string, bytes: Buffer): readonly KeptText[] {
  const text = bytes.toString('latin1')
  const inside =
    text.startsWith('SQLite format 3') && where.endsWith('.db')
      ? cellsOf(where)
      : text.startsWith('PK\x03\x04')
        ? [...readZip(bytes)].flatMap(([name, read]) => textsOf(`${where}: ${name}`, Buffer.from(read())))
        : text.startsWith('%PDF')
          ? streamsOf(where, bytes, text)
          : bytes[0] === 0x1f && bytes[1] === 0x8b
            ? textsOf(`${where}, unpacked`, gunzipSync(bytes))
            : fromHex(where, text)
  return [{ where, text }, ...inside]
}

/** A long value is spread over pages, so that the file's own bytes show it in pieces. */
function cellsOf(path: string): readonly KeptText[] {
  const file = new Database(path, { readonly: true })
  try {
    const tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[]
    return tables.flatMap((table) =>
      (file.prepare(`SELECT * FROM "${table}"`).raw().all() as unknown[][]).flatMap((row, index) =>
        row.flatMap((cell, column) => {
          if (typeof cell !== 'string' && !Buffer.isBuffer(cell)) return []
          return textsOf(`${path}, ${table} ${index}.${column}`, Buffer.from(cell as string))
        }),
      ),
    )
  } finally {
    file.close()
  }
}

function streamsOf(where: string, bytes: Buffer, text: string): readonly KeptText[] {
  return [...text.matchAll(/stream\r?\n/g)].flatMap(({ index, 0: keyword }) => {
    const from = index + keyword.length
    const piece = bytes.subarray(from, text.indexOf('endstream', from))
    try {
      return textsOf(`${where}, stream at ${index}`, inflateSync(piece))
    } catch {
      return []
    }
  })
}

/** TLS transcripts hold bytes in hexadecimal, PDF its texts; in a page the letters follow one another. */
function fromHex(where: string, text: string): readonly KeptText[] {
  const runs = text.match(/[0-9a-fA-F]{16,}/g) ?? []
  if (runs.length === 0) return []
  return [
    { where: `${where}, hexadecimal`, text: runs.map((run) => Buffer.from(run, 'hex').toString('latin1')).join('\n') },
  ]
}
