import { runContents } from './content.ts'
import type { ContentFacts } from './content-facts.ts'
import { type PdfDocument, readDocument } from './document.ts'
import { type FontFacts, readFonts } from './fonts.ts'
import { readStructure, type Structure } from './structure.ts'
import { readXmp, type Xmp } from './xmp.ts'

/** A PDF as rules look at it; what is costly is read when the first rule asks for it. */
export type PdfSubject = PdfDocument & {
  content(): ContentFacts
  fonts(): readonly FontFacts[]
  structure(): Structure
  xmp(): Xmp
}

/** Reads a PDF; throws PdfError where any of its objects cannot be read. */
export function readSubject(bytes: Uint8Array): PdfSubject {
  const document = readDocument(bytes)
  const content = once(() => runContents(document))
  return {
    ...document,
    content,
    fonts: once(() => readFonts(document, content())),
    structure: once(() => readStructure(document)),
    xmp: once(() => readXmp(document)),
  }
}

function once<Result>(work: () => Result): () => Result {
  let done: { readonly result: Result } | undefined
  return () => {
    done ??= { result: work() }
    return done.result
  }
}
