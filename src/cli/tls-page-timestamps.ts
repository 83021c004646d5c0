import type { JsonObject } from '../model/json.ts'
import { tone } from './terminal.ts'
import { isObject, numberOf, textOf } from './tls-page-facts.ts'
import { count } from './words.ts'

/** How many certificate timestamps there are, who vouches for them, and what is wrong with each of the others. */
export function timestampText(facts: JsonObject): string {
  const all = numberOf(facts, 'sctCount')
  if (all === undefined) return ''
  const reason = textOf(facts, 'sctCheckReason')
  if (all === 0 || facts.sctCheck === undefined) return `${all}`
  if (facts.sctCheck === 'none') return `${all}, not verified: ${reason}`
  if (facts.sctCheck !== 'done') return `${all}, ${tone('warn', 'not verified')}: ${reason}`
  const timestamps = Array.isArray(facts.scts) ? facts.scts.filter(isObject) : []
  const verified = timestamps.filter(({ counts }) => counts === 'yes')
  const names = [...new Set(verified.map((each) => textOf(each, 'name')))]
  const [logs, operators] = [count(names.length, 'log'), count(numberOf(facts, 'sctOperators') ?? 0, 'operator')]
  const head = `${verified.length} of ${all} verified`
  const by = names.length > 0 ? `, ${logs} of ${operators}: ${names.join(', ')}` : ''
  const told = timestamps.filter(({ counts }) => counts !== 'yes').map(otherwise)
  return [`${tone(verified.length === all ? 'good' : 'warn', head)}${by}`, ...told].join('\n')
}

/** One that does not count, and why. */
function otherwise(timestamp: JsonObject): string {
  const log = textOf(timestamp, 'name') || `log ${textOf(timestamp, 'log').slice(0, 16)}…`
  const reason = textOf(timestamp, 'reason')
  switch (timestamp.status) {
    case 'verified':
      return `${tone('warn', 'does not count')}, ${log}: it is ${textOf(timestamp, 'state') || 'in no known state'} since ${textOf(timestamp, 'stateSince').slice(0, 10)}`
    case 'invalid':
      return `${tone('bad', 'invalid')}, ${log}: ${reason}`
    default:
      return `${tone('warn', 'not verified')}, ${log}: ${reason}`
  }
}
