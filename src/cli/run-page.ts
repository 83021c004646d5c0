import { type CollectionUnit, collectionsFrom } from '../assess/collections.ts'
import type { Entry } from '../model/evidence.ts'
import type { JsonObject } from '../model/json.ts'
import { printable, table, tone } from './terminal.ts'
import { count } from './words.ts'

/** One run as people read it: each of its targets with how its collection ended, what it brought, and what it left out. */
export function runPage(run: string, entries: readonly Entry[]): string {
  const started = entries.find(({ kind }) => kind === 'run.started')
  const ended = entries.findLast(({ kind }) => kind === 'run.finished' || kind === 'run.interrupted')
  const units = new Map(collectionsFrom(entries).map((unit) => [unit.target, unit]))
  const planned = texts(started?.facts.targets)
  const targets = [...planned, ...[...units.keys()].filter((target) => !planned.includes(target))]
  return [
    table([
      [tone('strong', printable(run)), tone('none', started?.slot ? `the slot of ${started.slot}` : 'by hand')],
      [tone('none', 'started'), started?.collected ?? 'not recorded'],
      [tone('none', ended?.kind === 'run.interrupted' ? 'interrupted' : 'finished'), ended?.collected ?? 'not yet'],
    ]),
    ...targets.map((target) => `${tone('accent', printable(target))}\n${table(targetRows(units.get(target)), 2)}`),
    tone('none', `the entries: affidavit evidence list --run ${printable(run)}`),
  ].join('\n\n')
}

const tones = { completed: 'good', failed: 'bad', interrupted: 'warn' } as const
const words = { completed: 'collected', failed: 'failed', interrupted: 'interrupted' } as const

function targetRows(unit: CollectionUnit | undefined): readonly (readonly string[])[] {
  if (unit === undefined) return [[tone('warn', 'nothing'), 'no entry of this run tells of it']]
  const facts: JsonObject = unit.end?.facts ?? {}
  const failure = [facts.message, facts.hint].filter((text) => typeof text === 'string').map(printable)
  return [
    [tone(tones[unit.state], words[unit.state]), [...failure, brought(unit, facts)].join('\n')],
    ...leftOut(facts).map((text) => [tone('none', 'left out'), printable(text)]),
  ]
}

function brought({ observations }: CollectionUnit, { durationMs }: JsonObject): string {
  const time = typeof durationMs === 'number' ? ` in ${(durationMs / 1000).toFixed(1)} s` : ''
  const numbers = observations.map(({ sequence }) => sequence)
  const [first, last] = [numbers.at(0), numbers.at(-1)]
  const where = first === undefined ? '' : first === last ? `: E-${first}` : `, between E-${first} and E-${last}`
  return `${count(numbers.length, 'observation')}${time}${where}`
}

function leftOut({ leftOut }: JsonObject): readonly string[] {
  if (!Array.isArray(leftOut)) return []
  return leftOut.flatMap((each) =>
    typeof each === 'object' && each !== null && !Array.isArray(each) ? [`${each.probe}: ${each.reason}`] : [],
  )
}

function texts(value: JsonObject[string] | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
