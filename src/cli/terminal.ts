import { stripVTControlCharacters, styleText } from 'node:util'

/**
 * How the command line speaks: results on stdout, progress and complaints on stderr, no colour where NO_COLOR is set or
 * the stream is no terminal, a word always beside a colour. Text that came from outside loses its control characters.
 */
export type Tone = 'good' | 'bad' | 'warn' | 'none' | 'strong' | 'accent'

const formats = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  none: 'gray',
  strong: 'bold',
  accent: 'cyan',
} as const

/** Colours a text for stdout. */
export function tone(name: Tone, text: string): string {
  return styleText(formats[name], text, { stream: process.stdout, validateStream: true })
}

/** Writes a line to stdout. */
export function say(text = ''): void {
  process.stdout.write(`${text}\n`)
}

/** Writes a text to stdout, wrapped to the terminal and indented. */
export function sayText(text: string, indent = 0): void {
  for (const line of wrap(text, width() - indent)) say(`${' '.repeat(indent)}${line}`)
}

/** Writes a text to stdout behind a lead, wrapped to the terminal; further lines stand under the first. */
export function sayHanging(lead: string, text: string): void {
  const indent = visible(lead)
  const [first = '', ...rest] = wrap(text, width() - indent)
  say(`${lead}${first}`)
  for (const line of rest) say(`${' '.repeat(indent)}${line}`)
}

/** Writes a line to stderr. */
export function tell(text = ''): void {
  process.stderr.write(`${text}\n`)
}

/** Writes a value as JSON to stdout; what JSON leaves as it is and a terminal might obey is escaped, which says the same. */
export function sayJson(value: unknown): void {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  say(
    JSON.stringify(value, null, 2).replaceAll(/[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, escaped),
  )
}

/**
 * Makes a text from outside safe to print: no escape sequences, no control characters but line ends and
 * tabs, nothing that turns the order of what stands around it. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu, '�')
}

/** Columns used by the reader's terminal, 100 where there is none. */
export function width(): number {
  return Math.max(60, Math.min(process.stdout.columns ?? 100, 140))
}

/** Rows as aligned columns; the last one is wrapped to the terminal. Cells may be coloured. */
export function table(rows: readonly (readonly string[])[], indent = 0): string {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns - 1 }, (_, column) =>
    Math.max(...rows.map((row) => visible(row[column] ?? ''))),
  )
  const lead = indent + widths.reduce((sum, columnWidth) => sum + columnWidth + 2, 0)
  return rows
    .map((row) => {
      const cells = widths.map((columnWidth, column) => pad(row[column] ?? '', columnWidth))
      const last = wrap(row[columns - 1] ?? '', Math.max(24, width() - lead)).join(`\n${' '.repeat(lead)}`)
      return `${' '.repeat(indent)}${[...cells, last].join('  ')}`.trimEnd()
    })
    .join('\n')
}

/** Breaks a text into lines of at most so many columns, at spaces where it can. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(' ')) {
      if (line !== '' && visible(line) + 1 + visible(word) > columns) {
        lines.push(line)
        line = word
      } else {
        line = line === '' ? word : `${line} ${word}`
      }
    }
    lines.push(line)
  }
  return lines
}

function visible(text: string): number {
  return [...stripVTControlCharacters(text)].length
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - visible(text)))
}
