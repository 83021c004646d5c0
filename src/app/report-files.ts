import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../disk/make-folder.ts'
import { partOf, putInPlace } from '../disk/part.ts'
import { RenderError } from '../model/errors.ts'
import { reportPartMark } from './report-parts.ts'

/** Where the three forms of a report lie. */
export type ReportFiles = { readonly pdf: string; readonly html: string; readonly json: string }

export function reportFiles(directory: string, id: string): ReportFiles {
  const path = (suffix: string) => join(directory, `${id}.${suffix}`)
  return { pdf: path('pdf'), html: path('html'), json: path('json') }
}

/** Throws RenderError `AFD_REPORT_EXISTS` where a report of that name is there: an issued report is never replaced. */
export function assertNoReport(files: ReportFiles): void {
  const taken = takenPlace(files)
  if (taken === undefined) return
  throw new RenderError('AFD_REPORT_EXISTS', `${taken} exists already, and this ledger did not issue it`, {
    hint: 'it may be the report of an earlier store: move it away, or name another folder with --output',
    subject: taken,
  })
}

function takenPlace(files: ReportFiles): string | undefined {
  return Object.values(files).find((path) => existsSync(path))
}

/** The same once the report is made: whoever took its place since is another process that issued one. */
function assertStillFree(files: ReportFiles): void {
  const taken = takenPlace(files)
  if (taken === undefined) return
  throw new RenderError('AFD_REPORT_EXISTS', `${taken} came while this report was made, by another process`, {
    hint: 'look whether that one is enough; issued again, this one gets the next number',
    subject: taken,
  })
}

/**
 * Writes all files whole beside their places, then records the report, then puts them in place: what cannot be written
 * is not recorded, what cannot be recorded leaves no file behind. Throws RenderError, or what recording throws.
 */
export async function writeReport(
  files: ReportFiles,
  contents: { readonly pdf: Uint8Array; readonly html: string; readonly json: string },
  /** The ledger that issues it. */
  { origin, record }: { readonly origin: string; readonly record: () => Promise<void> },
): Promise<void> {
  const mark = reportPartMark(origin)
  const parts = (['html', 'json', 'pdf'] as const).map((form) => ({
    place: files[form],
    part: partOf(files[form], mark),
    content: contents[form],
  }))
  const directory = dirname(files.pdf)
  try {
    await told(directory, async () => {
      makeFolder(directory)
      for (const { part, content } of parts) await writeFile(part, content, { flush: true })
    })
    assertStillFree(files)
    await record()
    await told(directory, async () => {
      for (const { place, part } of parts) await putInPlace(part, place)
    })
  } finally {
    await Promise.all(parts.map(({ part }) => rm(part, { force: true }).catch(() => {})))
  }
}

async function told(directory: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    throw new RenderError('AFD_REPORT_WRITE', `the report could not be written to ${directory}`, {
      hint: 'check that the folder can be written to and has room, or name another one with --output',
      cause,
    })
  }
}
