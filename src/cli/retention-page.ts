import type { Project } from '../app/project.ts'
import type { AppliedRetention } from '../app/retention-apply.ts'
import type { RetentionPlan, StoredArtefact } from '../app/retention-plan.ts'
import { dayOf, daysBetween } from '../model/time.ts'
import { printable, say, sayText, table, tone } from './terminal.ts'
import { count } from './words.ts'

/** Artefacts that are named one by one. */
const mostNamed = 20

/** A plan as a page: what is due, what is held, what is kept. */
export function printPlan({ config }: Project, plan: RetentionPlan): void {
  const { retention, organisation } = config
  const day = (at: Parameters<typeof dayOf>[0]) => dayOf(at, organisation.timeZone)
  const { due, held, kept, ungoverned, now, size, ahead } = plan
  say(
    `As of ${day(now.earliest)} (${organisation.timeZone}), over ${count(size, 'entry', 'entries')} with ${count(due.length + held.length + kept.length + ungoverned.length, 'artefact', 'artefacts')}.`,
  )
  if (daysBetween(now.earliest, now.latest) > 1 && !ahead) {
    sayText(
      `That is the day of the newest entry: nothing counts as older than the ledger has seen. affidavit run brings it up to date.`,
    )
  }
  if (ahead) {
    sayText(
      `${tone('warn', 'warning')}  E-${ahead.entry} says that it was collected ${ahead.collected}, later than this machine's clock says it is. What was recorded behind it counts as collected then, and is kept so much longer.`,
    )
  }
  say()
  say(tone('strong', 'Due'))
  if (due.length === 0) say('  Nothing is due.')
  for (const policy of retention.policies) {
    const own = due.filter(({ ruling }) => ruling.policy === policy.id)
    if (own.length === 0) continue
    say(`  ${policy.id}: ${amount(own)} kept for ${policy.keep.text}. ${printable(policy.basis)}`)
    const rows = own
      .slice(0, mostNamed)
      .map((artefact) => [
        entriesText(artefact),
        printable(artefact.name),
        sizeText(artefact.size),
        printable(artefact.uses[0]?.component ?? ''),
        `due since ${day(artefact.ruling.since)}`,
      ])
    say(table(rows, 4))
    if (own.length > mostNamed) say(tone('none', `    and ${own.length - mostNamed} more; all of them with --json`))
  }
  if (held.length > 0) {
    say()
    say(tone('strong', 'Held: due, but nobody may erase it'))
    for (const hold of retention.holds) {
      const own = held.filter(({ ruling }) => ruling.holds.includes(hold.id))
      if (own.length === 0) continue
      const until = hold.until === null ? 'until it is lifted' : `until ${day(hold.until)}`
      say(`  ${hold.id}: ${amount(own)} ${until}. ${printable(hold.reason)} (${printable(hold.approver)})`)
    }
  }
  say()
  say(tone('strong', 'Not due'))
  for (const policy of retention.policies) {
    const own = kept.filter(({ ruling }) => ruling.policy === policy.id)
    const [next] = own.map(({ ruling }) => ruling.until).sort()
    if (next) say(`  ${policy.id}: ${amount(own)} kept for ${policy.keep.text}; the next is due on ${day(next)}`)
  }
  say(`  no policy: ${amount(ungoverned)}`)
}

/** What was done, as a page. */
export function printApplied(
  { erasures, artefacts, size, unscrubbed }: AppliedRetention,
  stamped: string | null,
): void {
  if (erasures.length === 0) say('Nothing was erased.')
  else say(`${tone('good', 'erased')}  ${count(artefacts, 'artefact', 'artefacts')} (${sizeText(size)})`)
  for (const { entry, policy, artefacts: own } of erasures) {
    const under = policy === null ? 'on demand' : `under ${policy}`
    say(`        E-${entry}: ${count(own, 'artefact', 'artefacts')} ${under}`)
  }
  if (erasures.length > 0) {
    say(tone('none', '        backups and bundles that were made before still have these bytes: docs/retention.md'))
  }
  if (stamped !== null) sayText(stamped)
  if (unscrubbed === null) return
  sayText(
    `${tone('warn', 'not finished')}  The store's files could not be rewritten (${printable(unscrubbed)}): erased bytes may still be found in them. Run affidavit retention apply again to finish it.`,
  )
}

/** A plan for machines; artefacts are named by commitment, and nothing is left out. */
export function planJson({ due, held, kept, ungoverned, ...plan }: RetentionPlan): object {
  const plain = ({ uses, ...artefact }: StoredArtefact) => ({
    ...artefact,
    entries: [...new Set(uses.map(({ entry }) => entry))],
  })
  const list = (artefacts: readonly StoredArtefact[]) => artefacts.map(plain)
  return { ...plan, due: list(due), held: list(held), kept: list(kept), ungoverned: list(ungoverned) }
}

/** What was done, for machines. */
export function appliedJson({ erasures, artefacts, size, unscrubbed }: AppliedRetention): object {
  return { erasures, artefacts, size, unscrubbed }
}

/** `812 bytes`, `1.2 kB`, `3.4 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  return bytes < 1_000_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function amount(artefacts: readonly StoredArtefact[]): string {
  const size = artefacts.reduce((sum, artefact) => sum + artefact.size, 0)
  return `${count(artefacts.length, 'artefact', 'artefacts')}${artefacts.length === 0 ? '' : ` (${sizeText(size)})`}`
}

/** `E-12`, or `E-12 and 3 more`. */
export function entriesText({ uses }: StoredArtefact): string {
  const entries = new Set(uses.map(({ entry }) => entry))
  const [first] = entries
  return entries.size === 1 ? `E-${first}` : `E-${first} and ${entries.size - 1} more`
}
