import { type Difference, isContradiction, type ReplayEvent, type ReplayOutcome } from '../app/replay/outcome.ts'
import type { ReplayTally, TalliedReason } from '../app/replay/tally.ts'
import type { Json } from '../model/json.ts'
import { printable, say, sayHanging, sayText, type Tone, table, tone } from './terminal.ts'
import { count } from './words.ts'

const words: { readonly [outcome in ReplayOutcome]: readonly [word: string, tone: Tone] } = {
  same: ['same', 'good'],
  partly: ['same in part', 'good'],
  differs: ['differs', 'bad'],
  unfounded: ['unfounded', 'bad'],
  altered: ['altered', 'bad'],
  absent: ['absent', 'bad'],
  unreadable: ['unreadable', 'bad'],
  erased: ['erased', 'warn'],
  'other-version': ['other version', 'warn'],
  cannot: ['cannot say', 'warn'],
}

/** Whether an event is told one by one, whatever was asked for. */
export function isNotable(event: ReplayEvent): boolean {
  return event.type === 'omitted' || isContradiction(event.outcome)
}

/** Columns that a value may take; the JSON has all of it. */
const longestValue = 160

/** One entry and what became of it. */
export function printReplayed(event: ReplayEvent): void {
  if (event.type === 'omitted') {
    say(`${tone('bad', 'omitted')}  ${event.kind}  ${printable(event.subject)}`)
    sayHanging('  ', `no entry of run ${event.run} tells what the artefacts of ${printable(event.target)} show:`)
    sayHanging('    ', valueText(event.facts))
    return
  }
  const [word, name] = words[event.outcome]
  say(`${tone(name, word)}  E-${event.entry}  ${event.kind}  ${printable(event.subject)}`)
  if (event.reason !== null) sayHanging('  ', printable(event.reason))
  for (const difference of event.differences) printDifference(difference)
  for (const [path, why] of Object.entries(event.open)) sayHanging(`  ${tone('none', 'open')}  `, `${path}: ${why}`)
}

function printDifference({ path, recorded, recomputed }: Difference): void {
  say(`  ${tone('strong', printable(path))}`)
  sayHanging('    recorded    ', recorded === undefined ? 'nothing' : valueText(recorded))
  sayHanging('    recomputed  ', recomputed === undefined ? 'nothing' : valueText(recomputed))
}

function valueText(value: Json): string {
  const text = printable(JSON.stringify(value))
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
}

/** The counts, why what was left open stays open, and what it all means. */
export function printTally(tally: ReplayTally): void {
  const { counts, contradictions } = tally
  if (contradictions > 0) say()
  const used = (Object.keys(words) as ReplayOutcome[]).filter((outcome) =>
    Object.values(counts).some((own) => own[outcome] !== undefined),
  )
  say(
    table([
      ['collector', ...used.map((outcome) => words[outcome][0])].map((cell) => tone('none', cell)),
      ...Object.entries(counts).map(([collector, own]) => [
        collector,
        ...used.map((outcome) => (own[outcome] === undefined ? '' : tone(words[outcome][1], `${own[outcome]}`))),
      ]),
    ]),
  )
  printReasons('Not derived', tally.notDerived)
  printReasons('Open in what was derived', tally.open)
  say()
  sayText(conclusionOf(tally))
}

function conclusionOf({ verdict, entries, contradictions, omitted, open, notDerived }: ReplayTally): string {
  switch (verdict) {
    case 'follows': {
      const apart = open.length + notDerived.length > 0 ? ', but for what is named above' : ''
      return `Of ${count(entries, 'observation')} none differs from what the recorded bytes say. This shows that the facts follow from the bytes${apart}; that neither was altered since is what "affidavit verify" says.`
    }
    case 'nothing-derived':
      return 'Nothing could be derived, so that this shows nothing, neither for the facts nor against them.'
    case 'contradicted': {
      const apart = omitted > 0 ? `, ${omitted} of them told by no entry` : ''
      return `${count(contradictions, 'observation')} of this evidence ${contradictions === 1 ? 'does' : 'do'} not follow from the recorded bytes${apart}. Whoever wrote these entries wrote something else than the collector found; keep the store or bundle as it is.`
    }
    default:
      return verdict satisfies never
  }
}

function printReasons(title: string, reasons: readonly TalliedReason[]): void {
  if (reasons.length === 0) return
  say()
  say(tone('strong', title))
  const rows = reasons.map(({ kind, reason, facts, entries }) => {
    const names = facts.map((fact) => fact.replace(/^facts\./, '')).join(', ')
    return [printable(kind), `${entries}`, printable(names === '' ? reason : `${names}: ${reason}`)]
  })
  say(table([['kind', 'entries', 'what, and why'].map((name) => tone('none', name)), ...rows], 2))
}
