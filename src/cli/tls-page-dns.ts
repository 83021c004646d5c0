import type { JsonObject } from '../model/json.ts'
import { table, tone } from './terminal.ts'
import { textOf, textsOf } from './tls-page-facts.ts'

/** What DNS says of the host: who may issue for it, and how it wants to be connected to. */
export function dnsLines(all: readonly JsonObject[]): readonly string[] {
  const rows = all.flatMap((facts) => [
    ['CAA', answer(facts, 'caa', 'warn'), detail(facts, 'caa')],
    ['HTTPS record', answer(facts, 'https', 'accent'), detail(facts, 'https')],
    ['Encrypted Client Hello', answer(facts, 'ech', 'accent'), ''],
  ])
  const known = rows.filter(([, word]) => word !== '')
  return known.length === 0 ? [] : [table(known, 2)]
}

function answer(facts: JsonObject, name: string, missing: 'warn' | 'accent'): string {
  const status = textOf(facts, name)
  if (status === '') return ''
  if (status === 'yes') return tone('good', 'yes')
  return status === 'no' ? tone(missing, 'none') : tone('warn', 'undetermined')
}

function detail(facts: JsonObject, name: string): string {
  const reason = textOf(facts, `${name}Reason`)
  return reason || textsOf(facts, `${name}Records`).join('\n')
}
