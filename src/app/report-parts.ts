import { partMark } from '../disk/part.ts'
import { sha256 } from '../model/digest.ts'

/** A form of a report under the name that it has until it is put in place. */
export type ReportPart = { readonly id: string; readonly form: string; readonly mark: string }

const partName = /^(.+)\.(html|json|pdf)\.([0-9a-f]{8}-[0-9a-f]{8})\.part$/

/**
 * The mark of the forms of one report while they are written. It names the ledger, because several may issue into one
 * folder, and none of them knows which reports the others have recorded.
 */
export function reportPartMark(origin: string): string {
  return `${ledgerMark(origin)}-${partMark()}`
}

/** What a file's name says, where it is such a form of this ledger. */
export function readReportPart(name: string, origin: string): ReportPart | undefined {
  const [, id = '', form = '', mark = ''] = partName.exec(name) ?? []
  return mark.startsWith(`${ledgerMark(origin)}-`) ? { id, form, mark } : undefined
}

function ledgerMark(origin: string): string {
  return sha256(Buffer.from(origin)).slice(0, 8)
}
