import { Command } from 'commander'
import { assessPeriod, comparePeriods, periodNamed } from '../app/assessment.ts'
import { openLedger, openProject } from '../app.ts'
import { type Change, type ChangeKind, type Comparison, changeKinds, isWorse } from '../model/assessment.ts'
import { exitCodes } from './exit.ts'
import { configOption, jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { printable, say, sayHanging, sayJson, sayText, type Tone, tone } from './terminal.ts'
import { count } from './words.ts'

const changeTones: { readonly [change in ChangeKind]: Tone } = {
  fixed: 'good',
  regressed: 'bad',
  new: 'bad',
  persisting: 'warn',
  'no-longer-measured': 'none',
  unchanged: 'none',
}

export function compareCommand(shell: Shell): Command {
  return new Command('compare')
    .description('Set two assessment periods side by side: fixed, regressed, persisting, new, no longer measured')
    .argument('<before>', 'a period id or from..to')
    .argument('<after>', 'a period id or from..to')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExit code 1 when something regressed, or is new and does not hold; 0 otherwise.')
    .action(async (before: string, after: string, options: { config: string; json?: boolean }) => {
      const project = await openProject(options.config)
      const periods = [periodNamed(project, before), periodNamed(project, after)] as const
      await using store = await openLedger(project, 'read')
      const assessments = [
        await assessPeriod(project, store, periods[0]),
        await assessPeriod(project, store, periods[1]),
      ] as const
      const comparison = comparePeriods(...assessments)
      if (options.json) sayJson(comparison)
      else
        printComparison(
          comparison,
          assessments.flatMap(({ controls }) => controls),
        )
      shell.exit(comparison.changes.some(isWorse) ? exitCodes.findings : exitCodes.satisfied)
    })
}

type Titled = { readonly id: string; readonly title: string }

/** Prints what moved, and why, under the titles of `controls`; what did not move is a count. */
export function printComparison({ before, after, changes, counts }: Comparison, controls: readonly Titled[]): void {
  const titles = new Map(controls.map(({ id, title }) => [id, title]))
  say(tone('strong', `${before.id} to ${after.id}`))
  for (const kind of changeKinds.filter((one) => one !== 'unchanged')) {
    const mine = changes.filter(({ change }) => change === kind)
    if (mine.length === 0) continue
    say()
    say(`${tone(changeTones[kind], kind.replaceAll('-', ' '))}: ${count(mine.length, 'finding')}`)
    const [same, different] = [mine.filter(isSame), mine.filter((change) => !isSame(change))]
    for (const group of Map.groupBy(different, ({ component, reason }) => `${component}: ${reason}`).values()) {
      printChanges(group, titles)
    }
    if (same.length > 0) printSame(same)
  }
  say()
  say(tone('none', `${count(counts.unchanged, 'finding')} unchanged`))
}

/** Whether nothing is to be said of a change but that there is none. */
function isSame({ change, cause }: Change): boolean {
  return change === 'persisting' && cause === 'none'
}

function printSame(changes: readonly Change[]): void {
  const byComponent = Map.groupBy(changes, ({ component }) => component)
  for (const [component, group] of byComponent) {
    sayText(`${component}, as before: ${group.map(({ control }) => control).join(', ')}`, 2)
  }
}

/** Controls of one component that changed for one and the same reason share its sentence. */
function printChanges(group: readonly Change[], titles: ReadonlyMap<string, string>): void {
  const [first, ...more] = group
  if (!first) return
  const sentence = printable(`${first.component}: ${first.reason}`)
  if (more.length === 0) {
    const title = titles.get(first.control)
    const lead = `  ${tone('strong', first.control.padEnd(8))}  `
    sayHanging(lead, title === undefined ? sentence : `${printable(title)}\n${sentence}`)
    return
  }
  sayText(sentence, 2)
  sayText(tone('strong', group.map(({ control }) => control).join(', ')), 4)
}
