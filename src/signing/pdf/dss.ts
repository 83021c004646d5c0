import { hex } from '../bytes.ts'
import { digest, sha1 } from '../cms/primitives.ts'
import { entry, type PdfFile } from './file.ts'
import {
  array,
  dict,
  isArray,
  isDict,
  isName,
  isRef,
  isStream,
  name,
  type PdfDict,
  PdfError,
  type PdfObject,
  type PdfRef,
  withEntries,
} from './objects.ts'
import type { Update } from './update.ts'

/** Validation data as a document holds them, each DER: EN 319 142-1 section 5.4. */
export type SecurityStore = {
  readonly certificates: readonly Uint8Array[]
  readonly ocsps: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
}

/** A security store as it was read, and the numbers of the objects that make it up, its dictionary's first. */
export type FoundStore = SecurityStore & {
  /** By `vriKey` of the signature that they are for. */
  readonly related: ReadonlyMap<string, SecurityStore>
  readonly numbers: readonly number[]
}

const kinds = [
  { list: 'certificates', key: 'Certs', relatedKey: 'Cert' },
  { list: 'ocsps', key: 'OCSPs', relatedKey: 'OCSP' },
  { list: 'crls', key: 'CRLs', relatedKey: 'CRL' },
] as const

/**
 * The name of a signature's entry in /VRI: SHA-1, in upper-case hexadecimal, over all bytes that its /Contents holds, the
 * zeros behind the signature included (EN 319 142-1 section 5.4.2.2). It only names; nothing rests on it.
 */
export const vriKey = (room: Uint8Array): string => hex(sha1(room)).toUpperCase()

/**
 * Puts validation data for signatures (by `vriKey`) into the document's security store; what the store holds already
 * stays in its place, and nothing is written twice. Streams are written as they are, so that openssl reads what is cut out.
 */
export function addToStore(file: PdfFile, update: Update, related: ReadonlyMap<string, SecurityStore>): void {
  const before = readStore(file)
  const at = before ? file.catalog.entries.get('DSS') : update.reserve()
  if (!isRef(at)) throw new PdfError('the security store is not an object of its own')
  const references = new Map(kinds.map(({ list, key }) => [list, before ? storedIn(file, key, before[list]) : []]))
  const places = new Map(kinds.map(({ list }) => [list, placesOf(references.get(list) ?? [])]))
  const place = (list: keyof SecurityStore, bytes: Uint8Array): PdfRef => {
    const found = places.get(list)?.find(bytes)
    if (found) return found
    const ref = update.add({ kind: 'stream', dict: dict({}), bytes })
    references.get(list)?.push({ ref, bytes })
    places.get(list)?.add(bytes, ref)
    return ref
  }
  const all = new Map([...(before?.related ?? []), ...related])
  const entries = [...all].map(([key, data]): [string, PdfDict] => [
    key,
    listsOf('relatedKey', (list) => data[list].map((bytes) => place(list, bytes))),
  ])
  update.put(
    at,
    withEntries(
      dict({ Type: name('DSS') }),
      Object.fromEntries([
        ...listsOf('key', (list) => (references.get(list) ?? []).map(({ ref }) => ref)).entries,
        ['VRI', dict(Object.fromEntries(entries))],
      ]),
    ),
  )
  if (!before) update.put(file.catalogRef, withEntries(file.catalog, { DSS: at }))
}

/** Lists that are empty are left out. */
function listsOf(key: 'key' | 'relatedKey', items: (list: keyof SecurityStore) => readonly PdfObject[]): PdfDict {
  const all = kinds.map((kind) => [kind[key], items(kind.list)] as const)
  return dict(Object.fromEntries(all.flatMap(([title, list]) => (list.length > 0 ? [[title, array(...list)]] : []))))
}

type Stored = { readonly ref: PdfRef; readonly bytes: Uint8Array }

function storedIn(file: PdfFile, key: string, values: readonly Uint8Array[]): Stored[] {
  const list = entry(file, entry(file, file.catalog, 'DSS'), key)
  const refs = isArray(list) ? list.items.filter(isRef) : []
  return values.flatMap((bytes, i) => (refs[i] ? [{ ref: refs[i], bytes }] : []))
}

/** Where values stand, found without comparing each with each: a hostile store names as many as it likes. */
function placesOf(stored: readonly Stored[]) {
  const byIdentity = new Map<Uint8Array, PdfRef>()
  const byContent = new Map<string, PdfRef>()
  const keyOf = (bytes: Uint8Array): string => hex(digest('sha256', bytes))
  const add = (bytes: Uint8Array, ref: PdfRef): void => {
    const key = keyOf(bytes)
    const first = byContent.get(key) ?? ref
    byContent.set(key, first)
    byIdentity.set(bytes, first)
  }
  for (const { bytes, ref } of stored) add(bytes, ref)
  return { add, find: (bytes: Uint8Array) => byIdentity.get(bytes) ?? byContent.get(keyOf(bytes)) }
}

/**
 * Reads the document's security store; null where it has none. Throws PdfError for anything that `addToStore` would not
 * write: filters, entries that the standard does not name, values that no list has, an object in two places.
 */
export function readStore(file: PdfFile): FoundStore | null {
  const at = file.catalog.entries.get('DSS')
  if (at === undefined) return null
  const store = file.resolve(at)
  if (!isRef(at) || !isDict(store)) throw new PdfError('the security store is not an object of its own')
  const typed = store.entries.get('Type')
  if (typed !== undefined && !isName(typed, 'DSS')) throw new PdfError('the security store has another /Type')
  onlyKeys(store, ['Type', 'VRI', ...kinds.map(({ key }) => key)])
  const numbers = new Set([at.number])
  const streams = new Map<number, { readonly list: keyof SecurityStore; readonly bytes: Uint8Array }>()
  const lists = kinds.map(({ list, key }) => {
    const values = refsOf(store.entries.get(key)).map((ref) => {
      const bytes = bytesOf(file, ref)
      if (numbers.has(ref.number)) throw new PdfError(`object ${ref.number} stands twice in the security store`)
      numbers.add(ref.number)
      streams.set(ref.number, { list, bytes })
      return bytes
    })
    return [list, values] as const
  })
  const related = new Map<string, SecurityStore>()
  const vri = store.entries.get('VRI') ?? dict({})
  if (!isDict(vri)) throw new PdfError('/VRI is not a dictionary in the security store')
  for (const [key, value] of vri.entries) {
    if (!/^[0-9A-F]{40}$/.test(key) || !isDict(value)) throw new PdfError(`/VRI has a faulty entry ${key}`)
    onlyKeys(
      value,
      kinds.map(({ relatedKey }) => relatedKey),
    )
    related.set(
      key,
      listed((list, relatedKey) =>
        refsOf(value.entries.get(relatedKey)).map(({ number }) => {
          const stream = streams.get(number)
          if (stream?.list !== list) throw new PdfError(`/VRI names object ${number}, which is not in /${list}`)
          return stream.bytes
        }),
      ),
    )
  }
  const found = new Map(lists)
  return { ...listed((list) => found.get(list) ?? []), related, numbers: [...numbers] }
}

function listed(read: (list: keyof SecurityStore, relatedKey: string) => readonly Uint8Array[]): SecurityStore {
  const [certificates, ocsps, crls] = kinds.map(({ list, relatedKey }) => read(list, relatedKey))
  return { certificates: certificates ?? [], ocsps: ocsps ?? [], crls: crls ?? [] }
}

function onlyKeys(value: PdfDict, allowed: readonly string[]): void {
  const other = [...value.entries.keys()].find((key) => !allowed.includes(key))
  if (other !== undefined) throw new PdfError(`the security store has an entry /${other}`)
}

/** Each may have to be tried with each certificate of the document. */
const mostItems = 1000

function refsOf(value: PdfObject | undefined): readonly PdfRef[] {
  if (value === undefined) return []
  if (!isArray(value)) throw new PdfError('a list of the security store is not an array')
  if (value.items.length > mostItems)
    throw new PdfError('a list of the security store is longer than that of any report')
  const seen = new Set<number>()
  return value.items.map((item) => {
    if (!isRef(item)) throw new PdfError('a list of the security store holds something else than references')
    if (seen.has(item.number)) throw new PdfError(`object ${item.number} stands twice in a list of the security store`)
    seen.add(item.number)
    return item
  })
}

function bytesOf(file: PdfFile, ref: PdfRef): Uint8Array {
  const stream = file.resolve(ref)
  if (!isStream(stream)) throw new PdfError(`object ${ref.number} of the security store is not a stream`)
  onlyKeys(stream.dict, ['Length'])
  if (typeof stream.dict.entries.get('Length') !== 'number')
    throw new PdfError(`object ${ref.number} has no plain /Length`)
  return stream.bytes
}
