import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { createZip, readZip } from '../../../src/ledger/zip.ts'
import { IntegrityError } from '../../../src/model/errors.ts'

test('an archive gives back the files that it was made of', async () => {
  const files = { 'a.txt': Buffer.from('x'.repeat(5000)), 'b/c.bin': Buffer.from([0, 255, 3]), empty: Buffer.alloc(0) }
  const found = readZip(await archiveOf(files))
  expect([...found.keys()]).toEqual(Object.keys(files))
  for (const [name, bytes] of Object.entries(files)) expect(Buffer.from(found.get(name)?.() ?? [1])).toEqual(bytes)
})

test('an archive that was cut off, or is none, is refused', async () => {
  const archive = await archiveOf({ 'a.txt': Buffer.from('text') })
  for (let length = 0; length < archive.length; length += 1) {
    expect(() => readZip(archive.subarray(0, length))).toThrow(IntegrityError)
  }
})

test('a file that inflates to more than was announced is refused', async () => {
  const archive = Buffer.from(await archiveOf({ bomb: Buffer.alloc(1_000_000) }))
  const directory = archive.readUInt32LE(archive.length - 6)
  archive.writeUInt32LE(10, directory + 24)
  expect(() => readZip(archive).get('bomb')?.()).toThrow(IntegrityError)
})

test('files that share their bytes, or lie in the directory, are refused before they are unpacked', async () => {
  const archive = await archiveOf({ a: Buffer.alloc(1_000_000), b: Buffer.alloc(1_000_000) })
  const directory = archive.readUInt32LE(archive.length - 6)
  const second = directory + 46 + 1
  for (const offset of [archive.readUInt32LE(directory + 42), directory - 1, directory]) {
    const changed = Buffer.from(archive)
    changed.writeUInt32LE(offset, second + 42)
    expect(() => readZip(changed)).toThrow(IntegrityError)
  }
})

test('a file whose own header gives it another name or method than the directory is refused', async () => {
  const archive = await archiveOf({ a: Buffer.from('text') })
  for (const at of [8, 30]) {
    const changed = Buffer.from(archive)
    changed[at] = (changed[at] ?? 0) ^ 8
    expect(() => readZip(changed)).toThrow(IntegrityError)
  }
})

test('no bytes make the reader fail in another way', async () => {
  const archive = await archiveOf({ 'a.txt': Buffer.from('text'), b: Buffer.alloc(300) })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: archive.length - 1 }), fc.nat({ max: 255 }))), (changes) => {
      const changed = Buffer.from(archive)
      for (const [index, value] of changes) changed[index] = value
      try {
        for (const file of readZip(changed).values()) file()
      } catch (error) {
        expect(error).toMatchObject({ code: 'AFD_ZIP_FORMAT' })
      }
    }),
  )
})

async function archiveOf(files: Readonly<Record<string, Uint8Array>>): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'affidavit-zip-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'test.zip')
  const zip = await createZip(path)
  for (const [name, bytes] of Object.entries(files)) await zip.add(name, bytes)
  await zip.close()
  return await readFile(path)
}
