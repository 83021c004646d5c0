import type { Kysely } from 'kysely'
import type { Sha256 } from '../model/digest.ts'
import type { Entry } from '../model/evidence.ts'
import { columnsOf } from './append.ts'
import { findFlippedEntryBit } from './diagnose.ts'
import { decodeEntry } from './entry.ts'
import { messageOf } from './failure.ts'
import { leafHash, sameHash } from './merkle.ts'
import type { ProblemList } from './problem.ts'
import type { EntryRow, Tables } from './schema.ts'

/** Checks a row by itself; undefined where its bytes are no entry. */
export function verifyEntryRow(row: EntryRow, origin: string, problems: ProblemList): Entry | undefined {
  const at = row.sequence
  if (!(row.bytes instanceof Uint8Array) || !(row.leaf instanceof Uint8Array)) {
    problems.add({ code: 'entry-unreadable', entry: at, message: `entry ${at} holds no bytes`, looksLike: 'damage' })
    return undefined
  }
  const intact = sameHash(leafHash(row.bytes), row.leaf)
  const { entry, why } = decode(row.bytes)
  if (!intact) {
    const offset = findFlippedEntryBit(row.bytes, row.leaf)
    const how = offset === undefined ? 'they are not the bytes that were hashed' : `one bit is wrong, in byte ${offset}`
    const looksLike = offset !== undefined ? 'damage' : entry ? 'tampering' : 'unknown'
    problems.add({
      code: 'entry-bytes',
      entry: at,
      message: `the bytes of entry ${at} were changed: ${how}`,
      looksLike,
    })
    return entry
  }
  if (!entry) {
    problems.add({ code: 'entry-form', entry: at, message: `entry ${at}: ${why}`, looksLike: 'tampering' })
    return undefined
  }
  verifyPlace(row, entry, origin, problems)
  return entry
}

function verifyPlace(row: EntryRow, entry: Entry, origin: string, problems: ProblemList): void {
  const at = row.sequence
  if (entry.sequence !== at || entry.origin !== origin) {
    const message = `entry ${at} says of itself that it is entry ${entry.sequence} of ${entry.origin}`
    problems.add({ code: 'entry-place', entry: at, message, looksLike: 'tampering' })
    return
  }
  const wrong = Object.entries(columnsOf(entry)).filter(([name, value]) => row[name as keyof EntryRow] !== value)
  for (const [name] of wrong) {
    const message = `entry ${at} would be found under another \`${name}\` than its bytes say`
    problems.add({ code: 'entry-columns', entry: at, message, looksLike: 'unknown' })
  }
}

function decode(bytes: Uint8Array): { entry?: Entry; why?: string } {
  try {
    return { entry: decodeEntry(bytes) }
  } catch (error) {
    return { why: messageOf(error) }
  }
}

/** Every artefact that the entries name must be there, with the size that they name; marks the blobs that were named. */
export async function verifyReferences(
  tables: Kysely<Tables>,
  entries: readonly Entry[],
  named: Set<number>,
  problems: ProblemList,
): Promise<void> {
  const commitments = new Set(entries.flatMap((entry) => entry.artefacts.map((artefact) => artefact.commitment)))
  const found = new Map<Sha256, { id: number; size: number }>()
  for (const commitment of commitments) {
    const blob = await tables
      .selectFrom('blobs')
      .select(['id', 'size'])
      .where('commitment', '=', Buffer.from(commitment, 'hex'))
      .executeTakeFirst()
    if (blob) found.set(commitment, blob)
  }
  for (const { sequence, artefacts } of entries) {
    for (const { name, commitment, size } of artefacts) {
      const blob = found.get(commitment)
      const message = `the artefact ${name} of entry ${sequence}`
      if (!blob) {
        problems.add({
          code: 'artefact-missing',
          entry: sequence,
          message: `${message} is gone`,
          looksLike: 'tampering',
        })
        continue
      }
      named.add(blob.id)
      if (blob.size === size) continue
      const sizes = `has ${blob.size} bytes, but ${size} were recorded`
      problems.add({ code: 'artefact-size', entry: sequence, message: `${message} ${sizes}`, looksLike: 'tampering' })
    }
  }
}
