import type { Entry } from '../model/evidence.ts'

/** What an entry is followed by from night to night. */
export type Identity = {
  /** What tells it apart from others of its kind and subject; undefined where nothing needs to. */
  readonly part: string | undefined
  /** Kind, subject and part. */
  readonly key: string
}

/** The identity of each entry. */
export type Parts = (entry: Entry) => Identity

const answers: readonly unknown[] = ['yes', 'no', 'undetermined']

/**
 * Finds, for each target, kind and subject that is observed more than once within a collection, the text facts that tell
 * those observations apart (a protocol version, a probe, an origin), so that each can be followed from night to night.
 * Of several such facts the one with the fewest values wins, since it changes least; where none does, the order counts.
 */
export function partsOf(collections: readonly (readonly Entry[])[]): Parts {
  const groups = new Map<string, Entry[][]>()
  for (const entries of collections) {
    for (const [key, same] of Map.groupBy(entries, groupOf)) {
      const known = groups.get(key)
      if (known) known.push(same)
      else groups.set(key, [same])
    }
  }
  const parts = new Map<Entry, string>()
  for (const group of groups.values()) {
    if (group.every(({ length }) => length < 2)) continue
    const names = distinguishing(group)
    for (const entries of group) {
      entries.forEach((entry, index) => {
        parts.set(entry, names ? names.map((name) => entry.facts[name]).join(' ') : `#${index + 1}`)
      })
    }
  }
  const identities = new WeakMap<Entry, Identity>()
  return (entry) => {
    const part = parts.get(entry)
    const made = identities.get(entry) ?? { part, key: `${entry.kind}\n${entry.subject}\n${part ?? ''}` }
    identities.set(entry, made)
    return made
  }
}

function groupOf({ target, kind, subject }: Entry): string {
  return `${target}\n${kind}\n${subject}`
}

function distinguishing(group: readonly (readonly Entry[])[]): readonly string[] | undefined {
  const all = group.flat()
  const candidates = Object.keys(all[0]?.facts ?? {}).filter((name) =>
    all.every(({ facts }) => typeof facts[name] === 'string' && !answers.includes(facts[name])),
  )
  const pairs = candidates.flatMap((a, index) => candidates.slice(index + 1).map((b) => [a, b]))
  const tellsApart = (names: readonly string[]): boolean =>
    group.every((entries) => new Set(entries.map((entry) => identifying(entry, names))).size === entries.length)
  const best = (options: readonly (readonly string[])[]) =>
    options
      .filter(tellsApart)
      .map((names) => ({ names, values: new Set(all.map((entry) => identifying(entry, names))) }))
      .sort(
        (a, b) =>
          a.values.size - b.values.size ||
          size(a.values) - size(b.values) ||
          (String(a.names) < String(b.names) ? -1 : 1),
      )[0]?.names
  return best(candidates.map((name) => [name])) ?? best(pairs)
}

function identifying(entry: Entry, names: readonly string[]): string {
  return names.map((name) => entry.facts[name]).join('\n')
}

function size(values: ReadonlySet<string>): number {
  return [...values].join('').length
}
