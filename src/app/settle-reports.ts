import { existsSync } from 'node:fs'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { partOf, putInPlace } from '../disk/part.ts'
import type { Store } from '../ledger/store.ts'
import { sha256 } from '../model/digest.ts'
import { type Clock, millis } from '../model/time.ts'
import { issueKinds } from './check-issued.ts'
import { readReportPart } from './report-parts.ts'

/** The forms of a report, or the one of a report that was raised, that a process wrote and has not put in place. */
type Leftover = { readonly id: string; readonly mark: string; readonly forms: readonly string[] }

/** Nobody takes longer to record what is written: the ledger is waited for ten seconds, a key in hardware some more. */
const longestRecordingMs = 3_600_000

/**
 * Clears up behind processes that were killed while they issued a report of the store into a folder. What the ledger has
 * recorded is put in place, which does no harm where its process is still about to: it may be one of another container,
 * of which nothing here can tell. What was not recorded goes when it is an hour old. Returns the ids put in place.
 */
export async function settleReports(directory: string, store: Store, clock: Clock): Promise<readonly string[]> {
  const leftovers = await leftoversIn(directory, store.origin)
  if (leftovers.length === 0) return []
  const known = new Set<unknown>()
  for await (const { entry } of store.entries({ kinds: issueKinds })) known.add(entry.facts.sha256)
  const settled: string[] = []
  for (const { id, mark, forms } of leftovers) {
    const place = (form: string) => join(directory, `${id}.${form}`)
    const part = (form: string) => partOf(place(form), mark)
    const pdf = forms.includes('pdf') ? part('pdf') : place('pdf')
    const recorded = known.has(await digestOf(pdf))
    for (const form of forms) {
      if (recorded && !existsSync(place(form))) await putInPlace(part(form), place(form))
      else if (recorded || (await isOld(part(form), clock))) await rm(part(form), { force: true })
    }
    if (recorded) settled.push(id)
  }
  return settled
}

async function leftoversIn(directory: string, origin: string): Promise<readonly Leftover[]> {
  const names = await readdir(directory).catch(() => [])
  const found = new Map<string, Leftover>()
  for (const name of names.sort()) {
    const part = readReportPart(name, origin)
    if (!part) continue
    const { id, form, mark } = part
    const key = `${id} ${mark}`
    found.set(key, { id, mark, forms: [...(found.get(key)?.forms ?? []), form] })
  }
  return [...found.values()]
}

/** Undefined where the file is gone: its process was alive and has just put it in place. */
async function digestOf(path: string): Promise<unknown> {
  const bytes = await readFile(path).catch(() => undefined)
  return bytes && sha256(bytes)
}

async function isOld(path: string, clock: Clock): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && millis(clock.now()) - found.mtimeMs > longestRecordingMs
}
