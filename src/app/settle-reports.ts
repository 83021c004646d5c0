import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '../ledger/store.ts'
import { sha256 } from '../model/digest.ts'
import { issueKinds } from './check-issued.ts'

/** The forms of a report, or the one of a report that was raised, that a process wrote beside their places and did not put there. */
type Leftover = { readonly id: string; readonly pid: number; readonly forms: readonly string[] }

const partName = /^(.+)\.(html|json|pdf)\.(\d+)\.part$/

/**
 * Clears up behind a process that was killed while it issued a report into a folder: one that the ledger had recorded is
 * put in place, anything else goes. Returns the ids of the reports put in place.
 */
export async function settleReports(directory: string, store: Store): Promise<readonly string[]> {
  const leftovers = (await leftoversIn(directory)).filter(({ pid }) => !isRunning(pid))
  if (leftovers.length === 0) return []
  const known = new Set<unknown>()
  for await (const { entry } of store.entries({ kinds: issueKinds })) known.add(entry.facts.sha256)
  const settled: string[] = []
  for (const { id, pid, forms } of leftovers) {
    const part = (form: string) => join(directory, `${id}.${form}.${pid}.part`)
    const place = (form: string) => join(directory, `${id}.${form}`)
    const pdf = forms.includes('pdf') ? part('pdf') : place('pdf')
    const recorded = existsSync(pdf) && known.has(sha256(await readFile(pdf)))
    for (const form of forms) {
      if (recorded && !existsSync(place(form))) await rename(part(form), place(form))
      else await rm(part(form), { force: true })
    }
    if (recorded) settled.push(id)
  }
  return settled
}

async function leftoversIn(directory: string): Promise<readonly Leftover[]> {
  const names = await readdir(directory).catch(() => [])
  const found = new Map<string, Leftover>()
  for (const name of names.sort()) {
    const [, id = '', form = '', pid = ''] = partName.exec(name) ?? []
    if (id === '') continue
    const key = `${id} ${pid}`
    found.set(key, { id, pid: Number(pid), forms: [...(found.get(key)?.forms ?? []), form] })
  }
  return [...found.values()]
}

/** Whether the process that wrote a part may still be at it; one of another user counts as running. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}
