import { SigningError } from '../model/errors.ts'
import { isLower, type SignatureLevel } from '../model/signature-level.ts'
import { addDocumentTimestamp, addValidationData, type ExtendOptions } from './extend-pdf.ts'
import type { Timestamper } from './signer.ts'

export type RaiseOptions = ExtendOptions & {
  /** Without one no higher level than the present can be reached. */
  readonly timestamper?: Timestamper
}

/** What was appended to a document. */
export type Addition = {
  readonly kind: 'document-timestamp' | 'validation-data'
  /** The document ends here with this addition, and has this level. */
  readonly bytes: number
  readonly level: SignatureLevel
}

export type RaisedPdf = {
  readonly pdf: Uint8Array
  readonly level: SignatureLevel
  readonly additions: readonly Addition[]
  /** Why the level that was asked for was not reached, or not renewed; null where it was. */
  readonly shortfall: string | null
}

/**
 * Raises a verified PDF from its level to a higher one by what is appended to it; one that is B-LTA already gets a newer
 * document timestamp, with the data of the last. What cannot be had ends it at the level reached. Throws SigningError for
 * a document that cannot be extended.
 */
export async function raiseLevel(
  pdf: Uint8Array,
  from: SignatureLevel,
  to: SignatureLevel,
  options: RaiseOptions,
): Promise<RaisedPdf> {
  let state: RaisedPdf = { pdf, level: from, additions: [], shortfall: null }
  const add = (kind: Addition['kind'], grown: Uint8Array, level: SignatureLevel): void => {
    const additions = [...state.additions, { kind, bytes: grown.length, level }]
    state = { ...state, pdf: grown, level, additions }
  }
  const { timestamper, signal } = options
  const stamp = async (level: SignatureLevel): Promise<boolean> => {
    const grown = timestamper ? await stamped(state.pdf, timestamper, signal) : 'no time-stamp authority is named'
    if (typeof grown === 'string') state = { ...state, shortfall: state.shortfall ?? grown }
    else add('document-timestamp', grown, level)
    return typeof grown !== 'string'
  }

  const isRenewal = from === 'B-LTA'
  if (from === 'B-B' && to !== 'B-B' && !(await stamp('B-T'))) return state
  if (isLower('B-T', to) && (isLower(from, 'B-LT') || isRenewal)) {
    const grown = await addValidationData(state.pdf, options)
    if (grown.pdf === state.pdf) state = { ...state, level: isRenewal ? 'B-LTA' : 'B-LT' }
    else if (grown.pdf) add('validation-data', grown.pdf, isRenewal ? 'B-LTA' : 'B-LT')
    else state = { ...state, shortfall: grown.shortfall }
    // A newer timestamp over a document that would otherwise run out is worth having, even so.
    if (!grown.pdf && !isRenewal) return state
  }
  if (to === 'B-LTA') await stamp('B-LTA')
  return state
}

async function stamped(pdf: Uint8Array, timestamper: Timestamper, signal: AbortSignal): Promise<Uint8Array | string> {
  try {
    return await addDocumentTimestamp(pdf, timestamper, signal)
  } catch (error) {
    if (error instanceof SigningError && error.code.startsWith('AFD_TIMESTAMP')) return error.message
    throw error
  }
}
