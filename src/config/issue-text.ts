import type * as z from 'zod'

/** What a value of a file has wrong, in words for somebody who writes YAML; its own value is never quoted. */
export function issueText(issue: z.core.$ZodIssue, value: unknown): string {
  // What does not begin as the library's own messages do was written for this place.
  if (!/^(Invalid|Too) /.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${expectedText(issue.expected)}, not ${kindOf(value, issue.expected)}`
    case 'invalid_value':
      return `must be ${alternatives(issue.values)}`
    case 'too_small':
      return sizeText(issue.origin, 'at least', issue.minimum, issue.message)
    case 'too_big':
      return sizeText(issue.origin, 'at most', issue.maximum, issue.message)
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `must be ${alternatives(issue.options)}`
        : issue.message.replace(/^Invalid input$/, 'is not of a kind that is known here')
    case 'invalid_format':
      return issue.format === 'url' ? 'must be a URL, as in https://api.example.com' : issue.message
    default:
      return issue.message
  }
}

/** What stands where a value is missing: `text`, `a list`; one of a few values where only those will do. */
export function expectedValue(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'invalid_type') return expectedText(issue.expected)
  if (issue.code === 'invalid_value') return alternatives(issue.values)
  return undefined
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
  record: 'a mapping of keys to values',
}

function expectedText(expected: string): string {
  return kinds[expected] ?? expected
}

function kindOf(value: unknown, expected: string): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' && expected === 'int') return 'a fraction'
  return typeof value === 'boolean' ? 'true or false' : (kinds[typeof value] ?? typeof value)
}

function alternatives(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`
}

function sizeText(origin: string, bound: string, size: number | bigint, otherwise: string): string {
  switch (origin) {
    case 'number':
    case 'int':
      return `must be ${bound} ${size}`
    case 'string':
      return bound === 'at least' && size === 1 ? 'must not be empty' : `must have ${bound} ${size} characters`
    case 'array':
    case 'set':
      return `must have ${bound} ${size} ${size === 1 ? 'item' : 'items'}`
    default:
      return otherwise
  }
}
