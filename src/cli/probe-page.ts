import type { Collection, Observation } from '../model/evidence.ts'
import type { Json } from '../model/json.ts'
import { printable, table, tone, width, wrap } from './terminal.ts'
import { count } from './words.ts'

/** Observations under their kinds, fact by fact: the page of every collector that has none of its own. */
export function observationsPage(observations: readonly Observation[]): string {
  const kinds = [...new Set(observations.map(({ kind }) => kind))]
  return kinds
    .flatMap((kind) => [
      tone('strong', kind),
      ...observations.filter((one) => one.kind === kind).map((observation) => observationText(observation)),
    ])
    .join('\n')
}

/** How a collection ended: what was left out, why it failed, what it cost. */
export function collectionEnd({ observations, artefacts, usage, leftOut, failure }: Collection): string {
  const lines: string[] = []
  if (leftOut.length > 0) {
    lines.push(tone('strong', 'left out'))
    lines.push(
      table(
        leftOut.map(({ probe, reason }) => [probe, printable(reason)]),
        2,
      ),
      '',
    )
  }
  if (failure) {
    const said = [`${printable(failure.message)} (${failure.code})`, ...(failure.hint ? [printable(failure.hint)] : [])]
    lines.push(table([[tone('bad', 'failed'), said.join('\n')]]))
  }
  const seconds = (usage.durationMs / 1000).toFixed(2)
  const cost =
    `${count(observations.length, 'observation')}, ${count(artefacts.length, 'artefact')}; ` +
    `${count(usage.connections, 'connection')}, ${count(usage.requests, 'request')}, ` +
    `${usage.bytesSent + usage.bytesReceived} bytes, ${seconds} s; nothing was stored`
  lines.push(...wrap(cost, width()).map((line) => tone('none', line)))
  return lines.join('\n')
}

function observationText({ subject, facts }: Observation): string {
  const rows = Object.entries(facts).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  )
  const cells = rows.map(([name, value]) => [tone('none', name), printable(factText(value))])
  return `  ${tone('accent', printable(subject))}\n${table(cells, 4)}\n`
}

/** A fact as people read it: lists with commas, objects as `name value`. */
export function factText(value: Json): string {
  if (Array.isArray(value)) {
    return value.some((item) => typeof item === 'object' && item !== null)
      ? value.map(factText).join('\n')
      : value.map(factText).join(', ')
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => `${name} ${factText(inner)}`)
      .join(', ')
  }
  return String(value)
}
