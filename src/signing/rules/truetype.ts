import { latin1 } from '../bytes.ts'

/** What a TrueType font program says of its glyphs. */
export type TrueType = {
  readonly glyphs: number
  /** The advance of a glyph in thousandths of the font's size. */
  width(glyph: number): number
  /** How many encodings its `cmap` has, and whether one of them is Microsoft Symbol; null without a `cmap`. */
  readonly encodings: { readonly count: number; readonly symbol: boolean } | null
}

/** Reads a TrueType font program (ISO/IEC 14496-22); null where it is none. */
export function readTrueType(bytes: Uint8Array): TrueType | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  try {
    const kind = view.getUint32(0)
    if (kind !== 0x00010000 && kind !== 0x74727565) return null
    const head = table(view, 'head')
    const horizontal = table(view, 'hhea')
    const metrics = table(view, 'hmtx')
    const profile = table(view, 'maxp')
    if (head === null || horizontal === null || metrics === null || profile === null) return null
    if (table(view, 'glyf') === null || table(view, 'loca') === null) return null
    const unitsPerEm = view.getUint16(head + 18)
    const count = view.getUint16(horizontal + 34)
    const glyphs = view.getUint16(profile + 4)
    if (unitsPerEm === 0 || count === 0) return null
    const map = table(view, 'cmap')
    return {
      glyphs,
      width: (glyph) => (view.getUint16(metrics + 4 * Math.min(glyph, count - 1)) * 1000) / unitsPerEm,
      encodings: map === null ? null : encodings(view, map),
    }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** The offset of a table; null where the font has none of that name. */
function table(view: DataView, name: string): number | null {
  const wanted = new DataView(latin1(name).buffer).getUint32(0)
  const count = view.getUint16(4)
  for (let i = 0; i < count; i++) {
    if (view.getUint32(12 + 16 * i) === wanted) return view.getUint32(12 + 16 * i + 8)
  }
  return null
}

function encodings(view: DataView, at: number): TrueType['encodings'] {
  const count = view.getUint16(at + 2)
  let symbol = false
  for (let i = 0; i < count; i++) {
    if (view.getUint16(at + 4 + 8 * i) === 3 && view.getUint16(at + 6 + 8 * i) === 0) symbol = true
  }
  return { count, symbol }
}
