import type { JsonObject } from '../model/json.ts'
import { type Tone, table, tone } from './terminal.ts'
import { numberOf, textOf, textsOf } from './tls-page-facts.ts'

/** So many sentences are shown; `--json` has them all. */
const most = 4

/** The letter in its colour, the method, the score, and what caps or leaves it open. */
export function gradeLine(facts: JsonObject): string {
  const letter = textOf(facts, 'grade')
  const score = numberOf(facts, 'score')
  const ignoring = textOf(facts, 'gradeIgnoringTrust')
  const word = letter === '' ? tone('warn', 'undetermined') : tone(letterTone(letter), letter)
  const why = { T: 'not trusted', M: 'wrong name' }[letter]
  const aside = why === undefined ? '' : `  ${why}; ${ignoring || 'undetermined'} otherwise`
  const method = [textOf(facts, 'method'), ...(score === undefined ? [] : [`score ${score}`])].join(', ')
  const open = letter === '' ? textsOf(facts, 'undetermined') : []
  return [
    `${word}${aside}${tone('none', `  ${method}`)}`,
    ...capLines(textsOf(facts, 'caps')),
    ...open.slice(0, most).map((each) => tone('none', each)),
    ...(open.length > most ? [tone('none', `and ${open.length - most} more (see --json)`)] : []),
  ].join('\n')
}

/** The caps by letter, worst first: `F: SSLv2 is offered` as `capped at F: ...`. */
function capLines(caps: readonly string[]): readonly string[] {
  const byLetter = Map.groupBy(caps, (cap) => cap.split(': ', 1)[0] ?? '')
  return [...byLetter].map(([letter, all]) =>
    tone('none', `capped at ${letter}: ${all.map((cap) => cap.slice(letter.length + 2)).join('; ')}`),
  )
}

function letterTone(letter: string): Tone {
  if (letter.startsWith('A')) return 'good'
  return ['B', 'C'].includes(letter) ? 'warn' : 'bad'
}

/** Each profile with its word; the versions of one profile that say the same share a row. */
export function conformanceLines(profiles: readonly JsonObject[]): readonly string[] {
  const same = Map.groupBy(profiles, (facts) =>
    [nameOf(facts), facts.conforms, ...textsOf(facts, 'deviations'), ...textsOf(facts, 'undetermined')].join('\n'),
  )
  const rows = [...same.values()].map((together) => {
    const [facts = {}] = together
    return [[nameOf(facts), together.map(versionOf).join(', ')].join(' ').trim(), word(facts), remarks(facts)]
  })
  return rows.length === 0 ? [] : [table(rows, 2)]
}

/** `mozilla-modern` of `mozilla-modern-6.0`; the whole of any other. */
function nameOf(facts: JsonObject): string {
  return textOf(facts, 'profile').replace(mozillaVersion, '')
}

function versionOf(facts: JsonObject): string {
  const version = mozillaVersion.exec(textOf(facts, 'profile'))?.[1]
  return version ?? ''
}

const mozillaVersion = /(?<=^mozilla-\w+)-(\d+\.\d+)$/

function word(facts: JsonObject): string {
  switch (facts.conforms) {
    case 'yes':
      return tone('good', 'conforms')
    case 'no':
      return tone('bad', 'deviates')
    default:
      return tone('warn', 'undetermined')
  }
}

/** The first sentences, and how many follow; `--json` has them all. */
function remarks(facts: JsonObject): string {
  const all = facts.conforms === 'no' ? textsOf(facts, 'deviations') : textsOf(facts, 'undetermined')
  const rest = all.length > most ? [`and ${all.length - most} more (see --json)`] : []
  return [...all.slice(0, most).map(shortened), ...rest].join('\n')
}

const listed = 3

/** A sentence that ends in a long list, with only the beginning of it. */
function shortened(sentence: string): string {
  const items = sentence.split(', ')
  return items.length <= listed + 1
    ? sentence
    : `${items.slice(0, listed).join(', ')} and ${items.length - listed} more`
}
