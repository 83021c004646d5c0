import type { Decision } from '../../src/model/finding.ts'
import type { EvidenceIndex, EvidenceLink, Heading } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import { counted } from './wording.ts'

/** The ledger entries that the judgements rest on, with their digests. */
export function evidenceIndex({ issue, dates }: Context, heading: Heading): EvidenceIndex {
  const byNumber = new Map(issue.evidence.map((entry) => [entry.entry, entry]))
  const entries = [...byNumber.values()].toSorted((a, b) => a.entry - b.entry)
  return {
    heading,
    intro: counted(entries.length, 'entry', 'entries'),
    entries: entries.map((entry) => ({
      id: `evidence-${entry.entry}`,
      number: entryNumber(entry.entry),
      kind: entry.kind,
      subject: entry.subject,
      collected: dates.moment(entry.collected),
      collector: entry.collector,
      digest: entry.digest,
      artefacts: artefactNames(entry.artefacts.map((artefact) => artefact.name)).join(', '),
    })),
  }
}

/** How reports name a ledger entry. */
export function entryNumber(entry: number): string {
  return `E-${entry}`
}

/** Links to the entries behind decisions; neighbours are drawn together, none is left out. */
export function evidenceLinks(decisions: readonly Decision[]): readonly EvidenceLink[] {
  return linksTo(decisions.map((decision) => decision.entry))
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
