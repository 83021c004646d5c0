import { fromLatin1 } from '../bytes.ts'
import { isDict, type PdfDict, PdfError, type PdfObject } from '../pdf/objects.ts'
import { type Cursor, readObject, skipSpace } from '../pdf/parse.ts'

/** An operator of a content stream with what stands before it; an inline image comes as `BI` with its dictionary. */
export type Operation = { readonly operator: string; readonly operands: readonly PdfObject[] }

/** Those of ISO 32000-1 annex A. */
export const operators: ReadonlySet<string> = new Set(
  (
    'b B b* B* BDC BI BMC BT BX c cm CS cs d d0 d1 Do DP EI EMC ET EX f F f* G g gs h i ID j J K k l m M MP n q Q re RG ' +
    'rg ri s S SC sc SCN scn sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y \' "'
  ).split(' '),
)

const word = /[^\0\t\n\f\r ()<>[\]{}/%]/
const regular = Uint8Array.from({ length: 256 }, (_, byte) => (word.test(String.fromCharCode(byte)) ? 1 : 0))
const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)$/

/** Reads a content stream, ISO 32000-1 section 7.8.2; throws PdfError for what is none. */
export function* operations(bytes: Uint8Array): Generator<Operation> {
  const cursor: Cursor = { bytes, at: 0 }
  let operands: PdfObject[] = []
  for (;;) {
    skipSpace(cursor)
    const byte = bytes[cursor.at]
    if (byte === undefined) return
    if (regular[byte] !== 1) {
      operands.push(readObject(cursor))
      continue
    }
    const text = takeWord(cursor)
    if (plainNumber.test(text)) operands.push(Number(text))
    else if (text === 'true' || text === 'false') operands.push(text === 'true')
    else if (text === 'null') operands.push(null)
    else {
      yield text === 'BI' ? { operator: 'BI', operands: [inlineImage(cursor)] } : { operator: text, operands }
      operands = []
    }
  }
}

function takeWord(cursor: Cursor): string {
  const start = cursor.at
  while (regular[cursor.bytes[cursor.at] ?? 0] === 1) cursor.at++
  return fromLatin1(cursor.bytes.subarray(start, cursor.at))
}

function inlineImage(cursor: Cursor): PdfDict {
  const entries = new Map<string, PdfObject>()
  for (;;) {
    skipSpace(cursor)
    if (cursor.bytes[cursor.at] !== 0x2f) break
    const key = readObject(cursor)
    const value = readObject(cursor)
    if (typeof key === 'object' && key?.kind === 'name') entries.set(key.value, value)
  }
  if (takeWord(cursor) !== 'ID') throw new PdfError('an inline image without data', cursor.at)
  // Its length is stated nowhere: it ends at the first EI between white space.
  const rest = fromLatin1(cursor.bytes.subarray(cursor.at))
  const end = /[\0\t\n\f\r ]EI(?=[\0\t\n\f\r ]|$)/.exec(rest)
  if (!end) throw new PdfError('an inline image without an end', cursor.at)
  cursor.at += end.index + 3
  const image: PdfObject = { kind: 'dict', entries }
  if (!isDict(image)) throw new PdfError('a faulty inline image', cursor.at)
  return image
}
