import type { TreeHead } from '../../ledger/checkpoint.ts'
import { type NoteKey, verifyNote } from '../../ledger/note.ts'
import { sha256 } from '../../model/digest.ts'
import { type Check, checkOf } from '../check.ts'
import { manifestTitle, textOf } from './content.ts'
import type { BundleFiles } from './files.ts'

/** `sha256sum` writes no path that leaves the folder, and neither may a manifest name one. */
const manifestLine = /^([0-9a-f]{64}) {2}([A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*)$/

/** The files that the manifest cannot list: itself, and the signature over it. */
const outside = ['manifest.sha256', 'manifest.txt']

export async function checkManifest(files: BundleFiles): Promise<Check> {
  const lines = (await textOf(files, 'manifest.sha256')).split('\n').slice(0, -1)
  const listed = new Set(outside)
  const problems: string[] = []
  for (const line of lines) {
    const [, digest, name] = manifestLine.exec(line) ?? []
    if (digest === undefined || name === undefined || listed.has(name)) {
      problems.push(`The manifest has a line that is none, or one file twice: ${line.slice(0, 100)}`)
      continue
    }
    listed.add(name)
    if (!files.names.has(name)) problems.push(`${name} is missing.`)
    else if (sha256(await files.read(name)) !== digest) problems.push(`${name} was altered.`)
  }
  problems.push(...[...files.names].filter((name) => !listed.has(name)).map((name) => `${name} was added.`))
  return checkOf(problems, `All ${lines.length} files are those of the manifest, and there are no others.`)
}

export async function checkSignatures(files: BundleFiles, key: NoteKey, head: TreeHead): Promise<Check> {
  const { text, signatures } = verifyNote(await textOf(files, 'manifest.txt'), [key])
  // Nothing vouches for this file but the one signature in it.
  const extra = signatures.length > 1 ? ['manifest.txt bears more signatures than that of the ledger’s key.'] : []
  const stated = `${manifestTitle}\n${sha256(await files.read('manifest.sha256'))}\n`
  return checkOf(
    [...extra, ...(text === stated ? [] : ['The signature over the manifest is one over another manifest.'])],
    `Manifest and checkpoint, over ${head.size} entries of ${head.origin}, are signed by the ledger’s key.`,
  )
}
