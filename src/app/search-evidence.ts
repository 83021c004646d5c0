import { setImmediate as nextTurn } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import type { Store } from '../ledger/store.ts'
import type { Sha256 } from '../model/digest.ts'
import { ConfigError, IntegrityError } from '../model/errors.ts'
import type { ArtefactReference, Entry } from '../model/evidence.ts'
import { longestText, shortestText, type TextPattern, textPattern } from '../model/text-pattern.ts'
import type { Instant } from '../model/time.ts'

/** An entry that says a text itself. */
export type FoundEntry = {
  readonly entry: number
  readonly kind: string
  readonly collected: Instant
  readonly component: string | null
  /** `subject`, `facts.user`: which of its members. */
  readonly members: readonly string[]
}

/** An artefact whose bytes hold a text, with the entries that refer to it. */
export type FoundArtefact = ArtefactReference & { readonly entries: readonly number[] }

/** Where texts stand in the evidence; the texts themselves are not in it. */
export type EvidenceSearch = {
  readonly entries: readonly FoundEntry[]
  readonly artefacts: readonly FoundArtefact[]
  /** Further entries and artefacts that hold one, behind those that are named. */
  readonly more: number
  readonly searched: { readonly entries: number; readonly artefacts: number; readonly bytes: number }
  /** Artefacts that could not be looked through, and why. */
  readonly unreadable: readonly { readonly entry: number; readonly name: string; readonly why: string }[]
}

/** So many entries, and artefacts, are named; behind them they are only counted. */
const mostNamed = 1000

/**
 * Looks for any of some texts in all entries and in the bytes of all artefacts, compressed ones included. It changes and
 * writes nothing, keeps one artefact in memory at a time, and throws ConfigError `AFD_SEARCH_TEXT` for texts that are too
 * short or too long, without repeating them.
 */
export async function searchEvidence(
  store: Store,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<EvidenceSearch> {
  const pattern = patternOf(texts)
  const entries: FoundEntry[] = []
  const artefacts = new Map<Sha256, FoundArtefact & { readonly entries: number[] }>()
  const clean = new Set<Sha256>()
  const unreadable: { entry: number; name: string; why: string }[] = []
  const searched = { entries: 0, artefacts: 0, bytes: 0 }
  let more = 0
  for await (const { entry, bytes } of store.entries()) {
    searched.entries += 1
    if (await holds(bytes, pattern)) {
      if (entries.length < mostNamed) entries.push(foundIn(entry, pattern))
      else more += 1
    }
    for (const reference of entry.artefacts) {
      const { name, commitment } = reference
      artefacts.get(commitment)?.entries.push(entry.sequence)
      if (clean.has(commitment) || artefacts.has(commitment)) continue
      signal.throwIfAborted()
      await nextTurn()
      const result = await searchArtefact(store, commitment, pattern)
      if (result.why !== undefined) unreadable.push({ entry: entry.sequence, name, why: result.why })
      searched.artefacts += result.size === null ? 0 : 1
      searched.bytes += result.size ?? 0
      if (!result.holds) clean.add(commitment)
      else if (artefacts.size < mostNamed) artefacts.set(commitment, { ...reference, entries: [entry.sequence] })
      else {
        clean.add(commitment)
        more += 1
      }
    }
  }
  return { entries, artefacts: [...artefacts.values()], more, searched, unreadable }
}

function patternOf(texts: readonly string[]): TextPattern {
  const lengths = texts.map((text) => text.normalize('NFC').trim().length)
  if (texts.length > 0 && lengths.every((length) => length >= shortestText && length <= longestText)) {
    return textPattern(texts)
  }
  throw new ConfigError('AFD_SEARCH_TEXT', `each text to look for has ${shortestText} to ${longestText} characters`, {
    hint: 'a name, an address, a number of a customer; several of them one a line',
  })
}

function foundIn(entry: Entry, pattern: TextPattern): FoundEntry {
  const { sequence, kind, collected, component, facts, ...rest } = entry
  const members = { kind, component, ...rest, ...Object.fromEntries(Object.entries(facts).map(inFacts)) }
  const named = Object.entries(members).filter(([name, value]) => pattern.holds(`${name} ${JSON.stringify(value)}`))
  return { entry: sequence, kind, collected, component, members: named.map(([name]) => name) }
}

function inFacts([name, value]: readonly [string, unknown]): readonly [string, unknown] {
  return [`facts.${name}`, value]
}

/** `size` in bytes, null where they were not looked through; `why` where something kept them from being read. */
type ArtefactSearch = { readonly holds: boolean; readonly size: number | null; readonly why?: string }

/** An artefact that is not there any more is neither searched nor unreadable: it was erased. */
async function searchArtefact(store: Store, commitment: Sha256, pattern: TextPattern): Promise<ArtefactSearch> {
  try {
    const artefact = await store.artefact(commitment)
    if (!artefact) return { holds: false, size: null }
    return { ...(await searchBytes(artefact.bytes, pattern)), size: artefact.bytes.length }
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error
    return { holds: false, size: null, why: error.message }
  }
}

async function searchBytes(bytes: Uint8Array, pattern: TextPattern): Promise<{ holds: boolean; why?: string }> {
  if (!(bytes[0] === 0x1f && bytes[1] === 0x8b)) return { holds: await holds(bytes, pattern) }
  try {
    return { holds: await holdsCompressed(bytes, pattern) }
  } catch (error) {
    const why = `it is compressed, and could not be unpacked: ${error instanceof Error ? error.message : String(error)}`
    return { holds: await holds(bytes, pattern), why }
  }
}

const windowSize = 1 << 20

async function holds(bytes: Uint8Array, pattern: TextPattern): Promise<boolean> {
  for (let from = 0; from === 0 || from < bytes.length; from += windowSize) {
    // Windows overlap, so that nothing is cut in two.
    if (holdsWindow(bytes.subarray(from, from + windowSize + pattern.reach), pattern)) return true
    if (from > 0) await nextTurn()
  }
  return false
}

async function holdsCompressed(bytes: Uint8Array, pattern: TextPattern): Promise<boolean> {
  const unpacking = createGunzip({ chunkSize: windowSize })
  unpacking.end(bytes)
  let before: Uint8Array = new Uint8Array()
  let size = 0
  for await (const chunk of unpacking as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > mostUnpacked) throw new RangeError(`it unpacks to more than ${mostUnpacked} bytes`)
    const window = Buffer.concat([before, chunk])
    if (holdsWindow(window, pattern)) return true
    before = window.subarray(Math.max(0, window.length - pattern.reach))
  }
  return false
}

/** 1 GB: what is packed so well was made to fill a disk. */
const mostUnpacked = 1_000_000_000

const utf8 = new TextDecoder('utf-8')

function holdsWindow(window: Uint8Array, pattern: TextPattern): boolean {
  const text = utf8.decode(window)
  if (pattern.holds(text)) return true
  // Not UTF-8, or cut within a character: then as Latin-1, and as UTF-16 of the same letters, whose other bytes are zero.
  return text.includes('\ufffd') || text.includes('\0')
    ? pattern.holds(Buffer.from(window).toString('latin1').replaceAll('\0', ''))
    : false
}
