import type { PdfDict, PdfObject } from '../pdf/objects.ts'

/** Something that was seen in the content of an object. */
export type Seen = { readonly object: number; readonly what: string }

/** The codes that a font shows; `visible` where any of them is painted. */
export type FontUse = { readonly object: number; readonly texts: Set<string>; visible: boolean }

/** A colour space as the resources in force have it. */
export type ColourUse = { readonly object: number; readonly space: PdfObject; readonly resources: PdfObject }

/** What all content streams of a document do. */
export type ContentFacts = {
  readonly streams: number
  readonly unreadable: readonly Seen[]
  readonly unknownOperators: readonly Seen[]
  readonly tooDeep: readonly Seen[]
  readonly missingResources: readonly Seen[]
  readonly intents: readonly Seen[]
  readonly inlineImages: readonly { readonly object: number; readonly image: PdfObject }[]
  readonly colours: readonly ColourUse[]
  readonly fonts: ReadonlyMap<PdfObject, FontUse>
  /** Painting that is neither tagged nor an artefact, and how much painting there is. */
  readonly untagged: readonly Seen[]
  readonly items: number
  readonly crossed: readonly Seen[]
  /** Marked contents that are to be in the structure, by the page or form whose /StructParents leads there. */
  readonly marked: ReadonlyMap<PdfDict, { readonly object: number; readonly numbers: ReadonlySet<number> }>
  /** How often each form XObject is drawn. */
  readonly drawn: ReadonlyMap<PdfObject, number>
  /** How many marked contents name a language. */
  readonly languages: number
  /** Hexadecimal strings with an odd number of digits; numbers, strings and names beyond the limits. */
  readonly oddStrings: readonly Seen[]
  readonly excesses: readonly Seen[]
}

/** The same, to be filled. */
export function noFacts() {
  return {
    streams: 0,
    unreadable: [] as Seen[],
    unknownOperators: [] as Seen[],
    tooDeep: [] as Seen[],
    missingResources: [] as Seen[],
    intents: [] as Seen[],
    inlineImages: [] as { object: number; image: PdfObject }[],
    colours: [] as ColourUse[],
    fonts: new Map<PdfObject, FontUse>(),
    untagged: [] as Seen[],
    items: 0,
    crossed: [] as Seen[],
    marked: new Map<PdfDict, { object: number; numbers: Set<number> }>(),
    drawn: new Map<PdfObject, number>(),
    languages: 0,
    oddStrings: [] as Seen[],
    excesses: [] as Seen[],
  } satisfies ContentFacts
}
