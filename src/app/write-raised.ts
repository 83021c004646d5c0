import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { partOf, putInPlace } from '../disk/part.ts'
import { parseTreeHead } from '../ledger/checkpoint.ts'
import { parseNote } from '../ledger/note.ts'
import type { Store } from '../ledger/store.ts'
import { sha256 } from '../model/digest.ts'
import { AffidavitError, ConfigError } from '../model/errors.ts'
import type { JsonObject } from '../model/json.ts'
import type { RaisedPdf } from '../signing/raise-level.ts'
import type { PdfVerdict } from '../signing/verdict.ts'
import { reportId } from './check-evidence.ts'
import { ledgerOrigin } from './origin.ts'
import { ownEntry } from './own-entries.ts'
import type { Ports } from './ports.ts'
import type { Project } from './project.ts'
import { reportPartMark } from './report-parts.ts'

/** Where a raised file comes from: the report as it was, and who may have issued it. */
export type RaisedFrom = {
  readonly pdf: Uint8Array
  readonly attachments: PdfVerdict['attachments']
  readonly project: Project | null
  readonly ports: Pick<Ports, 'openLedger' | 'ledgerKey'>
}

/** The report's id where the ledger recorded the new file; otherwise null, and why. */
export type RaisedRecord = { readonly recorded: string | null; readonly unrecorded: string | null }

/**
 * Writes a raised report under a name that is free, and records it in the store that issued it, where that is at hand:
 * what cannot be written is not recorded, what cannot be recorded leaves no file behind. Throws ConfigError or StoreError.
 */
export async function writeRaised(path: string, raised: RaisedPdf, from: RaisedFrom): Promise<RaisedRecord> {
  const origin = originOf(from.attachments)
  const part = partOf(path, origin === undefined ? undefined : reportPartMark(origin))
  try {
    await writeFile(part, raised.pdf, { flush: true }).catch(unwritable(path))
    assertFree(path)
    const record = await recordRaised(raised, from)
    await putInPlace(part, path).catch(unwritable(path))
    return record
  } finally {
    await rm(part, { force: true }).catch(() => {})
  }
}

async function recordRaised(
  raised: RaisedPdf,
  { attachments, pdf, project, ports }: RaisedFrom,
): Promise<RaisedRecord> {
  const unrecorded = (why: string): RaisedRecord => ({ recorded: null, unrecorded: why })
  if (!project) return unrecorded('there is no configuration here')
  if (!existsSync(resolve(project.directory, project.config.store.path))) return unrecorded('there is no store here')
  const [id, origin] = [reportId(attachments), originOf(attachments)]
  if (id === undefined || origin !== ledgerOrigin(project.config)) {
    return unrecorded('the store here is not the one that issued it')
  }
  const ledgerKey = await ports.ledgerKey(project)
  await using store = await ports.openLedger(project, 'write')
  const period = await periodOf(store, id)
  if (period === undefined) return unrecorded('the store here did not issue it')
  const facts: JsonObject = {
    id,
    period,
    sha256: sha256(raised.pdf),
    size: raised.pdf.length,
    level: raised.level,
    of: sha256(pdf),
    shortfall: raised.shortfall,
    revisions: raised.additions
      .slice(0, -1)
      .map(({ bytes, level }) => ({ level, sha256: sha256(raised.pdf.subarray(0, bytes)) })),
  }
  await store.append([ownEntry(project, { run: id, slot: null }, 'report.raised', facts)])
  await store.checkpoint(ledgerKey)
  return { recorded: id, unrecorded: null }
}

async function periodOf(store: Store, id: string): Promise<JsonObject[string] | undefined> {
  for await (const { entry } of store.entries({ kinds: ['report.issued'], order: 'desc' })) {
    if (entry.facts.id === id) return entry.facts.period
  }
  return undefined
}

function originOf(attachments: PdfVerdict['attachments']): string | undefined {
  const note = attachments.find(({ name }) => name === 'checkpoint.txt')
  try {
    return note && parseTreeHead(parseNote(Buffer.from(note.bytes).toString('utf8')).text).origin
  } catch (error) {
    if (error instanceof AffidavitError) return undefined
    throw error
  }
}

/** Throws ConfigError where there is a file of that name: none is ever replaced. */
export function assertFree(path: string): void {
  if (!existsSync(path)) return
  throw new ConfigError('AFD_TIMESTAMP_OUTPUT', `${path} is there already`, { hint: 'name another file with --output' })
}

function unwritable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new ConfigError('AFD_TIMESTAMP_OUTPUT', `${path} cannot be written`, {
      hint: 'name another file with --output',
      cause,
    })
  }
}
