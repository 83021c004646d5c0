import type { Finding, Standing } from '../model/finding.ts'
import { type Tone, tone } from './terminal.ts'

const standingWords: { readonly [standing in Standing]: readonly [string, Tone] } = {
  satisfied: ['satisfied', 'good'],
  'not-satisfied': ['not satisfied', 'bad'],
  excepted: ['excepted', 'warn'],
  closed: ['closed', 'good'],
  undetermined: ['undetermined', 'none'],
  'not-applicable': ['not applicable', 'none'],
}

/** A standing as a coloured word. */
export function standingWord(standing: Standing): string {
  const [word, name] = standingWords[standing]
  return tone(name, word)
}

/** How a finding's three axes read in one line. */
export function axes({ outcome, freshness, disposition }: Finding): string {
  return `${outcome.replaceAll('-', ' ')}, ${freshness}, ${disposition}`
}

/** `1 finding`, `3 findings`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}
