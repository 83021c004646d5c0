import { stripVTControlCharacters } from 'node:util'
import type { Entry } from '../model/evidence.ts'
import { printable, table, tone, width } from './terminal.ts'

type Listed = Pick<Entry, 'sequence' | 'collected' | 'kind' | 'subject' | 'component'>

/** Entries as one aligned row each, or as two where that is wider than the terminal. */
export function entryList(entries: readonly Listed[], columns = width()): string {
  const rows = entries.map(({ sequence, collected, kind, subject, component }) => [
    `E-${sequence}`,
    collected,
    kind,
    printable(component ?? ''),
    printable(subject),
  ])
  const wide = table([
    ['entry', 'collected', 'kind', 'component', 'subject'].map((name) => tone('none', name)),
    ...rows,
  ])
  if (wide.split('\n').every((line) => stripVTControlCharacters(line).length <= columns)) return wide
  const indent = Math.max(...rows.map(([entry = '']) => entry.length)) + 2
  return rows
    .map(([entry = '', collected, kind, component, subject]) => {
      const second = [component, subject].filter((text) => text !== '').join('  ')
      return `${entry.padEnd(indent)}${collected}  ${kind}\n${' '.repeat(indent)}${second}`
    })
    .join('\n')
}
