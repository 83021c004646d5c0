/** A setting, with the file and line that it stands in. */
export type Directive = { readonly name: string; readonly value: string; readonly at: string }

/** A statement of a logrotate configuration, in file order. */
export type Statement =
  | ({ readonly type: 'directive' } & Directive)
  | { readonly type: 'include'; readonly path: string; readonly at: string }
  | {
      readonly type: 'block'
      readonly patterns: readonly string[]
      readonly directives: readonly Directive[]
      readonly at: string
    }

const scripts = new Set(['prerotate', 'postrotate', 'firstaction', 'lastaction', 'preremove'])

/**
 * The statements of a logrotate configuration, logrotate(8). Script sections are skipped; what no logrotate would
 * understand is skipped, too. Takes any text and never throws.
 */
export function parseLogrotate(text: string, file: string): readonly Statement[] {
  const statements: Statement[] = []
  let patterns: string[] = []
  let patternsAt = ''
  let block: { patterns: readonly string[]; directives: Directive[]; at: string } | undefined
  let inScript = false

  const closeBlock = (): void => {
    if (block !== undefined) statements.push({ type: 'block', ...block })
    block = undefined
  }

  function setting(line: string, at: string): void {
    const [, name = '', value = ''] = /^([A-Za-z]+)[ \t]*=?[ \t]*(.*)$/.exec(line) ?? []
    if (name === '') return
    if (scripts.has(name)) inScript = true
    else if (name === 'include' && block === undefined) statements.push({ type: 'include', path: unquote(value), at })
    else if (block !== undefined) block.directives.push({ name, value, at })
    else statements.push({ type: 'directive', name, value, at })
  }

  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    const at = `${file}:${index + 1}`
    if (inScript) {
      if (/^endscript\b/.test(line)) inScript = false
      continue
    }
    if (line === '' || line.startsWith('#')) continue
    if (block !== undefined) {
      const ends = line.endsWith('}')
      setting(ends ? line.slice(0, -1).trim() : line, at)
      if (ends && !inScript) closeBlock()
      continue
    }
    if (patterns.length === 0 && !/^["'/~{]/.test(line)) {
      setting(line, at)
      continue
    }
    const brace = outsideQuotes(line, '{')
    if (patterns.length === 0) patternsAt = at
    for (const word of words(brace === -1 ? line : line.slice(0, brace))) patterns.push(word)
    if (brace === -1) continue
    block = { patterns, directives: [], at: patternsAt }
    patterns = []
    const rest = line.slice(brace + 1).trim()
    const ends = rest.endsWith('}')
    if (rest !== '') setting(ends ? rest.slice(0, -1).trim() : rest, at)
    if (ends) closeBlock()
  }
  // A block that is never closed is an error to logrotate, which then leaves its logs alone.
  return statements
}

/** Where a character stands outside quotes, or -1. */
function outsideQuotes(line: string, wanted: string): number {
  let quote = ''
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] ?? ''
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '\\') at += 1
    else if (character === wanted) return at
  }
  return -1
}

/** Words apart by blanks; quotes keep blanks in a word, a backslash keeps the next character. */
function words(text: string): readonly string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+/g)].map(([word]) => unquote(word))
}

function unquote(word: string): string {
  return word.replace(/"([^"]*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) => double ?? single ?? escaped ?? '')
}
