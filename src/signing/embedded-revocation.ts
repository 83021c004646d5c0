import type { RevocationData } from './cms/revocation-status.ts'
import { readStore } from './pdf/dss.ts'
import { openPdf } from './pdf/file.ts'
import { PdfError } from './pdf/objects.ts'

/**
 * The revocation lists and OCSP responses in a PDF's security store, not judged: who issued them vouches for them wherever
 * they are used. Nothing for what is no PDF, or has none.
 */
export function embeddedRevocation(pdf: Uint8Array): RevocationData {
  try {
    const { ocsps = [], crls = [] } = readStore(openPdf(pdf)) ?? {}
    return { ocsps, crls }
  } catch (error) {
    if (error instanceof PdfError) return { ocsps: [], crls: [] }
    throw error
  }
}
