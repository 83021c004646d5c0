import type { Erasure } from '../../src/model/erasure.ts'
import type { Decision } from '../../src/model/finding.ts'
import type { EvidenceIndex, EvidenceLink, Heading } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import type { Dates } from './dates.ts'
import type { IndexedEntry } from './issue.ts'
import { counted, grouped } from './wording.ts'

/**
 * Entries under one heading. A reader finds a number sooner, and printing keeps its pace: a browser measures every row
 * of a table anew for each page that the table reaches.
 */
const entriesInGroup = 200

/** The ledger entries that the judgements rest on, with their digests, a long list in groups. */
export function evidenceIndex({ issue, dates, erased }: Context, heading: Heading): EvidenceIndex {
  const acts = new Map(issue.retention.erasures.map((erasure) => [erasure.entry, erasure]))
  const byNumber = new Map(issue.evidence.map((entry) => [entry.entry, entry]))
  const entries = [...byNumber.values()].toSorted((a, b) => a.entry - b.entry)
  const count = Math.ceil(entries.length / entriesInGroup)
  const size = Math.ceil(entries.length / Math.max(1, count))
  const groups = Array.from({ length: count }, (_, group) => entries.slice(group * size, (group + 1) * size))
  return {
    heading,
    intro: counted(entries.length, 'entry', 'entries'),
    erased: erased.size > 0 ? grouped(erased.size) : null,
    groups: groups.map((group) => ({
      title: groups.length > 1 ? rangeOf(group) : null,
      entries: group.map((entry) => ({
        id: `evidence-${entry.entry}`,
        number: entryNumber(entry.entry),
        kind: entry.kind,
        subject: entry.subject,
        collected: dates.moment(entry.collected),
        collector: entry.collector,
        digest: entry.digest,
        artefacts: artefactNames(entry.artefacts.map((artefact) => artefact.name)).join(', '),
        erased: erasedNotes(entry, acts, dates),
      })),
    })),
  }
}

function rangeOf(group: readonly IndexedEntry[]): string {
  const [first, last] = [group[0], group.at(-1)].map((entry) => entryNumber(entry?.entry ?? 0))
  return first === last ? `${first}` : `${first} to ${last}`
}

/** `bytes of http-001.txt erased 9 Sep 2026, policy raw-personal, E-40117`; of all artefacts where none is left. */
function erasedNotes(
  { artefacts, erased }: IndexedEntry,
  acts: ReadonlyMap<number, Erasure>,
  dates: Dates,
): readonly string[] {
  return [...Map.groupBy(erased, ({ entry }) => entry)].map(([entry, own]) => {
    const gone = new Set(own.map(({ commitment }) => commitment))
    const names = artefacts.filter(({ commitment }) => gone.has(commitment)).map(({ name }) => name)
    const what = names.length === artefacts.length ? 'bytes' : `bytes of ${artefactNames(names).join(', ')}`
    const act = acts.get(entry)
    const why = act === undefined ? '' : ` ${dates.day(act.at)}, ${underPolicy(act)}`
    return `${what} erased${why}, ${entryNumber(entry)}`
  })
}

/** `1 artefact erased 9 Sep 2026, policy raw-personal, E-40117`, of any entry of the period; one text for each act. */
export function erasedBehind({ issue, dates }: Context, entries: readonly number[]): readonly string[] {
  return issue.retention.erasures.flatMap((act) => {
    const taken = act.behind.filter((behind) => behind.some((entry) => entries.includes(entry))).length
    if (taken === 0) return []
    return [`${counted(taken, 'artefact')} erased ${dates.day(act.at)}, ${underPolicy(act)}, ${entryNumber(act.entry)}`]
  })
}

/** `policy raw-personal`, or `on demand`. */
export function underPolicy({ policy }: Pick<Erasure, 'policy'>): string {
  return policy === null ? 'on demand' : `policy ${policy}`
}

/** How reports name a ledger entry. */
export function entryNumber(entry: number): string {
  return `E-${entry}`
}

/**
 * Links to the entries behind decisions; neighbours are drawn together, none is left out. Entries with erased bytes stand
 * apart and say so.
 */
export function evidenceLinks(
  decisions: readonly Decision[],
  erased: ReadonlySet<number> = new Set(),
): readonly EvidenceLink[] {
  const [gone, whole] = [true, false].map((which) =>
    linksTo(decisions.map(({ entry }) => entry).filter((entry) => erased.has(entry) === which)),
  )
  return [...(whole ?? []), ...(gone ?? []).map((link) => ({ ...link, text: `${link.text} (bytes erased)` }))]
}

/** Links to entries that need not be in the index: one that no judgement rests on is named without a link. */
export function evidenceLinksTo({ issue }: Context, entries: readonly number[]): readonly EvidenceLink[] {
  const indexed = new Set(issue.evidence.map(({ entry }) => entry))
  const links = linksTo(entries)
  return links.map((link) => (indexed.has(Number(link.href.split('-').at(-1))) ? link : { ...link, href: '' }))
}

function linksTo(all: readonly number[]): readonly EvidenceLink[] {
  const entries = [...new Set(all)].toSorted((a, b) => a - b)
  const runs: [number, number][] = []
  for (const entry of entries) {
    const last = runs.at(-1)
    if (last && entry === last[1] + 1) last[1] = entry
    else runs.push([entry, entry])
  }
  return runs.map(([first, last]) => ({
    href: `#evidence-${first}`,
    text: first === last ? entryNumber(first) : `${entryNumber(first)} – ${entryNumber(last)}`,
  }))
}

/** Names of artefacts; those that only count up, `http-036.txt` to `http-071.txt`, are drawn together. */
export function artefactNames(names: readonly string[]): readonly string[] {
  const runs: { first: string; last: string; stem: string; number: number; suffix: string }[] = []
  for (const name of names.toSorted()) {
    const [, stem = name, digits = '', suffix = ''] = /^(.*?)(\d+)(\D*)$/.exec(name) ?? []
    const number = digits === '' ? Number.NaN : Number(digits)
    const run = runs.at(-1)
    if (run && run.stem === stem && run.suffix === suffix && run.number + 1 === number) {
      run.last = name
      run.number = number
    } else {
      runs.push({ first: name, last: name, stem, number, suffix })
    }
  }
  return runs.map(({ first, last }) => (first === last ? first : `${first} – ${last}`))
}
