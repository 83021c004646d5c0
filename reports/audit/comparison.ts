import { type Change, type ChangeKind, type Comparison, isWorse } from '../../src/model/assessment.ts'
import type { Chip, ComparisonSection, Figure, Heading } from '../../src/render/document.ts'
import { anchor, type Context } from './context.ts'
import { factName, factText } from './facts.ts'
import { counted, grouped, standingChips } from './wording.ts'

export const changeChips: { readonly [kind in ChangeKind]: Chip } = {
  fixed: { tone: 'good', text: 'fixed' },
  regressed: { tone: 'bad', text: 'regressed' },
  persisting: { tone: 'warn', text: 'persists' },
  new: { tone: 'bad', text: 'new' },
  'no-longer-measured': { tone: 'none', text: 'no longer measured' },
  unchanged: { tone: 'plain', text: 'unchanged' },
}

const causes: { readonly [cause in Change['cause']]: string } = {
  target: 'target changed',
  collector: 'collector changed',
  rule: 'rule changed',
  parameters: 'parameters changed',
  population: 'population changed',
  evidence: 'evidence changed',
  exception: 'exception changed',
  none: 'no cause',
}

const groups: readonly (readonly [ChangeKind, string])[] = [
  ['regressed', 'Regressed: held before and fails now'],
  ['new', 'New: not measured before'],
  ['fixed', 'Fixed: failed before and holds now'],
  ['persisting', 'Persisting: failed before and fails still'],
  ['no-longer-measured', 'No longer measured'],
]

/** How each finding moved since the previous period, and why. */
export function comparisonSection(
  context: Context,
  heading: Heading,
  comparison: Comparison | null,
): ComparisonSection {
  if (!comparison) return { heading, before: null, figures: [], groups: [], unchanged: '' }
  const { counts } = comparison
  return {
    heading,
    before: context.dates.period(comparison.before),
    figures: groups.map(([kind]) => figure(kind, counts[kind])),
    groups: groups
      .map(([kind, title]) => {
        const own = comparison.changes.filter((change) => change.change === kind)
        const told = own.filter((change) => !standsAsBefore(change))
        return {
          title,
          changes: alike(told).map((changes) => drawChange(context, changes)),
          asBefore: byComponent(context, own.filter(standsAsBefore)),
        }
      })
      .filter(({ changes, asBefore }) => changes.length + asBefore.length > 0),
    unchanged: counted(counts.unchanged, 'finding'),
  }
}

/** The word for a change; what is new and holds is no bad news. */
export function changeChip(change: Change): Chip {
  if (change.change === 'new' && !isWorse(change)) return { tone: 'plain', text: 'new' }
  return changeChips[change.change]
}

/** Why a finding moved, in two words. */
export function changeNote(change: Change): string {
  return change.cause === 'none' ? '' : causes[change.cause]
}

function figure(kind: ChangeKind, count: number): Figure {
  const { tone, text } = changeChips[kind]
  return { tone: count > 0 ? tone : 'plain', value: grouped(count), label: text, note: null }
}

/** Whether a finding fails as it did, with nothing to tell about it. */
function standsAsBefore({ change, cause }: Change): boolean {
  return change === 'persisting' && cause === 'none'
}

function byComponent(context: Context, changes: readonly Change[]): ComparisonSection['groups'][number]['asBefore'] {
  const sorted = changes.toSorted((a, b) => a.control.localeCompare(b.control))
  return [...Map.groupBy(sorted, ({ component }) => component)].map(([component, own]) => ({
    component: context.component(component),
    controls: own.map(({ finding, control }) => ({
      href: `#${anchor('finding', finding)}`,
      control,
      title: context.control(control)?.title ?? '',
    })),
  }))
}

/** Changes of one control with the same course, reason and facts stand together. */
function alike(changes: readonly Change[]): readonly (readonly [Change, ...Change[]])[] {
  const sorted = changes.toSorted((a, b) => a.finding.localeCompare(b.finding))
  const groups = Map.groupBy(sorted, ({ control, before, after, cause, reason, facts }) =>
    JSON.stringify([control, before, after, cause, reason, facts]),
  )
  return [...groups.values()].flatMap(([first, ...others]) => (first ? [[first, ...others] as const] : []))
}

function drawChange(
  context: Context,
  changes: readonly [Change, ...Change[]],
): ComparisonSection['groups'][number]['changes'][number] {
  const [change] = changes
  return {
    control: change.control,
    title: context.control(change.control)?.title ?? '',
    components: changes.map(({ component }) => context.component(component)),
    moved: change.change === 'fixed' || change.change === 'persisting' ? '' : movedText(change),
    chip: changeChip(change),
    cause: changeNote(change),
    // Where the target's facts changed, the facts are the reason.
    reason: change.cause === 'target' && change.facts.length > 0 ? '' : context.dates.sentence(change.reason),
    // Where the collector changed, they stand in the reason, behind the warning.
    facts: change.cause === 'collector' ? [] : factChanges(context, change),
  }
}

function movedText({ before, after }: Change): string {
  const text = (standing: Change['before']) => (standing ? standingChips[standing].text : 'not measured')
  return `was ${text(before)}, is ${text(after)}`
}

/** Subjects whose facts changed in the same way stand together. */
function factChanges({ dates }: Context, { facts }: Change): readonly { subjects: string[]; changes: string[] }[] {
  const bySubject = Map.groupBy(facts, (fact) => (fact.part ? `${fact.subject} ${fact.part}` : fact.subject))
  const told = [...bySubject].map(([subject, own]) => ({
    subject,
    changes: own.map(
      ({ path, before, after }) => `${factName(path)} was ${factText(before, dates)}, is ${factText(after, dates)}`,
    ),
  }))
  return [...Map.groupBy(told, ({ changes }) => changes.join('\n')).values()].map((group) => ({
    subjects: group.map(({ subject }) => subject),
    changes: group[0]?.changes ?? [],
  }))
}
