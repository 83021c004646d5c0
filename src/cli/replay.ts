import type { Command } from 'commander'
import { periodNamed } from '../app/assessment.ts'
import type { ReplayEvent } from '../app/replay/outcome.ts'
import type { ReplaySelection } from '../app/replay/replay.ts'
import { type ReplayTally, startTally } from '../app/replay/tally.ts'
import { openProject, replayBundle, replayStore } from '../app.ts'
import { ConfigError } from '../model/errors.ts'
import { exitCodes } from './exit.ts'
import { configOption, jsonOption } from './options.ts'
import { isNotable, printReplayed, printTally } from './replay-page.ts'
import type { Shell } from './shell.ts'
import { say } from './terminal.ts'

type Options = {
  readonly config: string
  readonly json?: boolean
  readonly bundle?: string
  readonly period?: string
  readonly component?: string
  readonly target?: string
  readonly run?: string
}

/** `evidence replay`. */
export function addReplayCommand(command: Command, shell: Shell): void {
  command
    .command('replay')
    .description('Derive the recorded facts again from the raw bytes behind them, offline, and say which differ')
    .argument('[entries...]', 'only these: E-12 or 12')
    .option('--bundle <path>', 'of an evidence bundle (zip file or folder) instead of the store')
    .option('--period <id|from..to>', 'of this assessment period')
    .option('--component <system/component>', 'of this component')
    .option('--target <system/component/target>', 'of this target')
    .option('--run <run>', 'of this run')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Exit code 0 nothing differs; 1 nothing could be derived, so that nothing is
shown; 4 something differs. It compares facts with bytes; that neither was
altered since is what "affidavit verify" says.`,
    )
    .action(async (ids: readonly string[], options: Options) => {
      const { selection, events } = await begin(ids, options, shell.signal)
      const print = options.json ? jsonPrinter() : pagePrinter(selection.sequences !== undefined)
      const result = await follow(events, print)
      if (result.entries === 0 && result.omitted === 0) {
        throw new ConfigError('AFD_REPLAY_NOTHING', 'no observation matches, so that there is nothing to replay', {
          hint: 'see what there is with: affidavit evidence list',
        })
      }
      print.end(result)
      shell.exit(exitCodeOf[result.verdict])
    })
}

/** Nothing derived is nothing shown, which is no pass. */
export const exitCodeOf: { readonly [verdict in ReplayTally['verdict']]: number } = {
  follows: exitCodes.satisfied,
  'nothing-derived': exitCodes.findings,
  contradicted: exitCodes.integrity,
}

/** Prints as the events come, so that a large store takes no more memory than a small one. */
export type Printer = { event(event: ReplayEvent): void; end(tally: ReplayTally): void }

/** A page for people: `all` of the entries, or only those that speak against the evidence. */
export function pagePrinter(all: boolean): Printer {
  return {
    event: (event) => {
      if (all || isNotable(event)) printReplayed(event)
    },
    end: printTally,
  }
}

function jsonPrinter(): Printer {
  let lead = '{"events": ['
  return {
    event: (event) => {
      say(`${lead}${JSON.stringify(event)}`)
      lead = ','
    },
    end: (tally) => say(`],\n"tally": ${JSON.stringify(tally, null, 2)}}`),
  }
}

/** Counts and prints the events of a replay; the end is left to the caller. */
export async function follow(events: AsyncIterable<ReplayEvent>, print: Printer): Promise<ReplayTally> {
  const tally = startTally()
  for await (const event of events) {
    tally.add(event)
    print.event(event)
  }
  return tally.result()
}

async function begin(ids: readonly string[], options: Options, signal: AbortSignal) {
  const { bundle, component, target, run } = options
  const project = bundle === undefined || options.period !== undefined ? await openProject(options.config) : undefined
  const period = project && options.period !== undefined ? periodNamed(project, options.period) : undefined
  const selection: ReplaySelection = {
    ...(period ? { from: period.from, to: period.to } : {}),
    ...(component === undefined ? {} : { component }),
    ...(target === undefined ? {} : { target }),
    ...(run === undefined ? {} : { run }),
    ...(ids.length === 0 ? {} : { sequences: ids.map(sequenceOf) }),
  }
  if (selection.sequences && Object.keys(selection).length > 1) {
    throw new ConfigError('AFD_REPLAY_BOTH', 'single entries and a choice of entries exclude each other', {
      hint: 'name entries, or --period, --component, --target, --run',
    })
  }
  if (bundle !== undefined) return { selection, events: replayBundle(bundle, selection, signal) }
  if (!project) throw new TypeError('no project was opened')
  return { selection, events: replayStore(project, selection, signal) }
}

function sequenceOf(id: string): number {
  const [, digits] = /^(?:E-)?(\d{1,15})$/i.exec(id) ?? []
  if (digits !== undefined) return Number(digits)
  throw new ConfigError('AFD_ENTRY_UNKNOWN', `"${id}" is no entry`, { hint: 'an entry is named E-12 or 12' })
}
