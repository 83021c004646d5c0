import { concat, latin1, sameBytes } from '../bytes.ts'
import { digest } from '../cms/primitives.ts'
import type { PdfFile } from './file.ts'
import { array, byteString, isArray, isCount, isString, type PdfObject, type PdfRef, ref } from './objects.ts'
import { writeObject } from './write.ts'

/** Objects that one incremental update (ISO 32000-1 section 7.5.6) adds or replaces. */
export type Update = {
  /** The reference of a new object. */
  add(value: PdfObject): PdfRef
  /** A reference for an object that is put later. */
  reserve(): PdfRef
  put(at: PdfRef, value: PdfObject): void
  /** The object as it will be: as put, or as the file has it. */
  get(at: PdfObject | undefined): PdfObject
  write(trailer: { readonly Info?: PdfRef }): WrittenUpdate
}

/** The file with the update, and where each of its objects begins. */
export type WrittenUpdate = { readonly bytes: Uint8Array; readonly offsets: ReadonlyMap<number, number> }

/** Begins an incremental update of a file; the file's own bytes stay as they are. */
export function updateOf(file: PdfFile): Update {
  const size = file.trailer.entries.get('Size')
  let next = Math.max(isCount(size) ? size : 0, ...file.sections.map((section) => highest(section.offsets.keys()) + 1))
  const objects = new Map<number, { at: PdfRef; value: PdfObject }>()
  const reserve = () => ref(next++)
  const put = (at: PdfRef, value: PdfObject) => void objects.set(at.number, { at, value })
  return {
    reserve,
    put,
    add(value) {
      const at = reserve()
      put(at, value)
      return at
    },
    get(at) {
      const isPut = typeof at === 'object' && at !== null && at.kind === 'ref' ? objects.get(at.number) : undefined
      return isPut ? isPut.value : file.resolve(at)
    },
    write({ Info }) {
      const parts: Uint8Array[] = [file.bytes]
      let at = file.bytes.length
      const push = (part: Uint8Array) => {
        parts.push(part)
        at += part.length
      }
      if (file.bytes.at(-1) !== 0x0a) push(latin1('\n'))
      const offsets = new Map<number, number>()
      const generations = new Map<number, number>()
      for (const [number, { at: place, value }] of [...objects].toSorted(([a], [b]) => a - b)) {
        offsets.set(number, at)
        generations.set(number, place.generation)
        push(concat(latin1(`${number} ${place.generation} obj\n`), writeObject(value), latin1('\nendobj\n')))
      }
      const start = at
      push(latin1(`xref\n${crossReferences(offsets, generations)}`))
      const trailer = new Map(file.trailer.entries)
      trailer.set('Size', next)
      trailer.set('Prev', file.sections[0]?.start ?? 0)
      if (Info) trailer.set('Info', Info)
      trailer.set('ID', identifiers(file, parts))
      push(concat(latin1('trailer\n'), writeObject({ kind: 'dict', entries: trailer })))
      push(latin1(`\nstartxref\n${start}\n%%EOF\n`))
      return { bytes: concat(...parts), offsets }
    },
  }
}

function highest(numbers: Iterable<number>): number {
  let most = 0
  for (const number of numbers) most = Math.max(most, number)
  return most
}

function crossReferences(offsets: ReadonlyMap<number, number>, generations: ReadonlyMap<number, number>): string {
  const runs: [number, string[]][] = []
  for (const [number, offset] of offsets) {
    const line = `${String(offset).padStart(10, '0')} ${String(generations.get(number) ?? 0).padStart(5, '0')} n \n`
    const run = runs.at(-1)
    if (run && run[0] + run[1].length === number) run[1].push(line)
    else runs.push([number, [line]])
  }
  return runs.map(([first, lines]) => `${first} ${lines.length}\n${lines.join('')}`).join('')
}

/** File identifiers, ISO 32000-1 section 14.4: the first stays for good, the second follows from the new content. */
function identifiers(file: PdfFile, parts: readonly Uint8Array[]): PdfObject {
  const known = file.resolve(file.trailer.entries.get('ID'))
  const first =
    isArray(known) && isString(known.items[0]) ? known.items[0].bytes : digest('sha256', file.bytes).subarray(0, 16)
  const second = digest('sha256', ...parts).subarray(0, 16)
  return array(byteString(first), byteString(sameBytes(first, second) ? first : second))
}
