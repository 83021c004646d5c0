import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../src/ledger/open.ts'
import { type StoreVerification, verifyStore } from '../../src/ledger/verify.ts'
import type { Sha256 } from '../../src/model/digest.ts'
import { clock, origin } from './ledger.ts'

const program = join(import.meta.dirname, 'ledger-writer.ts')
const eraser = join(import.meta.dirname, 'ledger-eraser.ts')

/** Starts a process that appends to the store until it is killed, or as many batches as told. */
export function startWriter(path: string, name: string, batches?: number): ChildProcess {
  const args = [program, path, name, ...(batches === undefined ? [] : [String(batches)])]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** The sequences that a writer printed, each of them acknowledged; the promise ends with the process. */
export async function acknowledgedBy(writer: ChildProcess): Promise<readonly number[]> {
  if (!writer.stdout) throw new Error('the writer has no standard output')
  const [output] = await Promise.all([text(writer.stdout), once(writer, 'exit')])
  // The last line may have been cut by the kill.
  const lines = output.slice(0, output.lastIndexOf('\n') + 1).trim()
  return lines === '' ? [] : lines.split('\n').flatMap((line) => line.split(',').map(Number))
}

export type Crash = {
  readonly acknowledged: number
  readonly missing: number
  readonly verification: StoreVerification
}

/** Kills a writer without warning some time after its first batch, opens the store as the next start would, verifies it. */
export async function crashOnce(path: string, name: string, afterMs: number): Promise<Crash> {
  const writer = startWriter(path, name)
  const acknowledged = acknowledgedBy(writer)
  if (writer.stdout) await once(writer.stdout, 'data')
  await sleep(afterMs)
  writer.kill('SIGKILL')
  const sequences = await acknowledged
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  const present = new Set<number>()
  for await (const { entry } of store.entries({ run: name })) present.add(entry.sequence)
  const missing = sequences.filter((sequence) => !present.has(sequence)).length
  return { acknowledged: sequences.length, missing, verification: await verifyStore({ path }) }
}

/** Kills a process that erases some time after its first erasure; tells how many acknowledged ones were not to be found. */
export async function crashWhileErasing(path: string, afterMs: number): Promise<Crash> {
  const worker = spawn(process.execPath, [eraser, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = Promise.all([text(worker.stdout), once(worker, 'exit')])
  await once(worker.stdout, 'data')
  await sleep(afterMs)
  worker.kill('SIGKILL')
  const [printed] = await output
  const commitments = printed.slice(0, printed.lastIndexOf('\n')).split(/[\n,]/) as Sha256[]
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  let missing = 0
  for (const commitment of commitments) {
    const gone = (await store.artefact(commitment)) === undefined && (await store.erasure(commitment)) !== undefined
    if (!gone) missing += 1
  }
  return { acknowledged: commitments.length, missing, verification: await verifyStore({ path }) }
}
