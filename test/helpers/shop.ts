import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Project } from '../../src/app/project.ts'
import { openProject } from '../../src/app.ts'

/** Writes a shop with one log, written to just now, and its configuration into a folder; `more` are further lines of that. */
export async function writeShop(folder: string, more = ''): Promise<string> {
  await writeFile(join(folder, 'audit.log'), `${JSON.stringify({ time: new Date().toISOString() })}\n`)
  const file = join(folder, 'affidavit.yaml')
  await writeFile(
    file,
    `version: 1
organisation: { name: Example Retail Ltd }
systems:
  - id: shop
    name: Shop
    components:
      - { id: log, targets: [{ collector: log-retention, target: { logs: [{ id: audit, files: [audit.log] }] } }] }
${more}`,
  )
  return file
}

/** The same, opened. */
export async function openShop(folder: string, more = ''): Promise<Project> {
  return await openProject(await writeShop(folder, more))
}
