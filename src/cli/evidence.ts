import { Command } from 'commander'
import { periodNamed } from '../app/assessment.ts'
import { entryArtefact, entryNumbered, erasuresOf, listEntries } from '../app/browse.ts'
import { openLedger, openProject } from '../app.ts'
import type { Sha256 } from '../model/digest.ts'
import { type Erasure, erasureText } from '../model/erasure.ts'
import type { Entry } from '../model/evidence.ts'
import { addBundleCommands } from './bundle.ts'
import { entryList } from './entry-list.ts'
import { addEraseCommand } from './erase.ts'
import { configOption, jsonOption, lastOption } from './options.ts'
import { factText } from './probe-page.ts'
import { addReplayCommand } from './replay.ts'
import { addSearchCommand } from './search.ts'
import type { Shell } from './shell.ts'
import { printable, say, sayJson, table, tone } from './terminal.ts'

type ListOptions = {
  readonly config: string
  readonly json?: boolean
  readonly period?: string
  readonly component?: string
  readonly kind?: string
  readonly run?: string
  readonly last: number
}

export function evidenceCommand(shell: Shell): Command {
  const command = new Command('evidence').description(
    'Look at the evidence in the ledger, search it, derive it again, hand it out, take it back, erase raw bytes',
  )
  command
    .command('list')
    .description('Entries, newest first')
    .addOption(configOption())
    .addOption(jsonOption())
    .option('--period <id|from..to>', 'of this assessment period')
    .option('--component <system/component>', 'of this component')
    .option('--kind <kind>', 'of this kind, as in tls.protocol')
    .option('--run <run>', 'of this run')
    .addOption(lastOption(50))
    .action(async (options: ListOptions) => {
      const project = await openProject(options.config)
      await using store = await openLedger(project, 'read')
      const period = options.period === undefined ? undefined : periodNamed(project, options.period)
      const entries = await listEntries(store, { ...options, period })
      if (options.json) return sayJson(entries)
      if (entries.length === 0) return say(nothingFound(options))
      say(entryList(entries))
      if (entries.length === options.last) say(tone('none', `the newest ${options.last} are shown; more with --last`))
    })
  command
    .command('show')
    .description('One entry with its facts; --artefact prints the raw bytes behind it')
    .argument('<entry>', 'E-12 or 12')
    .addOption(configOption())
    .addOption(jsonOption())
    .option('--artefact <name>', 'print this artefact, byte for byte')
    .action(async (id: string, options: { config: string; json?: boolean; artefact?: string }) => {
      const project = await openProject(options.config)
      await using store = await openLedger(project, 'read')
      const entry = await entryNumbered(store, id)
      if (options.artefact !== undefined) {
        process.stdout.write(await entryArtefact(store, entry, options.artefact))
        return
      }
      if (options.json) return sayJson(entry)
      printEntry(entry, await erasuresOf(store, entry))
    })
  addReplayCommand(command, shell)
  addBundleCommands(command, shell)
  addSearchCommand(command, shell)
  addEraseCommand(command, shell)
  return command
}

function nothingFound({ period, component, kind, run }: ListOptions): string {
  const filtered = [period, component, kind, run].some((value) => value !== undefined)
  if (filtered) return 'No entry matches; see them all with: affidavit evidence list'
  return 'There is no evidence yet; collect some with: affidavit run'
}

function printEntry(entry: Entry, erased: ReadonlyMap<Sha256, Erasure>): void {
  say(`${tone('strong', `E-${entry.sequence}`)}  ${tone('strong', entry.kind)}  ${printable(entry.subject)}`)
  say()
  say(
    table([
      ['Collected', entry.collected],
      ['Expires', entry.expires ?? 'does not age'],
      ['By', `${entry.collector.id}, version ${entry.collector.version}; ${entry.methods.join(', ')}`],
      ['Run', `${entry.run}${entry.slot ? `, slot ${entry.slot}` : ''}`],
      ...(entry.target ? [['Target', entry.target]] : []),
      ['Ledger', entry.origin],
      ['Configuration', entry.configuration],
    ]),
  )
  say()
  say(tone('strong', 'Facts'))
  const facts = Object.entries(entry.facts).map(([name, value]) => [
    tone('none', name),
    value === null ? tone('none', 'none') : printable(factText(value)),
  ])
  say(table(facts, 2))
  if (entry.artefacts.length === 0) return
  say()
  say(tone('strong', 'Artefacts'))
  say(
    table(
      entry.artefacts.map(({ name, mediaType, size, commitment }) => [name, mediaType, `${size} bytes`, commitment]),
      2,
    ),
  )
  for (const { name, commitment } of entry.artefacts) {
    const erasure = erased.get(commitment)
    if (erasure)
      say(
        `  ${tone('warn', 'erased')}  ${name} ${printable(erasureText(erasure))}: ${printable(erasure.reason ?? erasure.basis)}`,
      )
  }
  const kept = entry.artefacts.find(({ commitment }) => !erased.has(commitment))
  if (!kept) return
  say()
  say(tone('none', `raw bytes: affidavit evidence show E-${entry.sequence} --artefact ${kept.name}`))
}
