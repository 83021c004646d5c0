import type { Json, JsonObject } from '../model/json.ts'
import { valueAt } from './fact-path.ts'

/** What a command's placeholders are filled in from. */
export type ReperformSource = { readonly subject: string; readonly facts: JsonObject; readonly params: JsonObject }

/** `{name}` or `{--option:name}`, but not curl's `%{http_code}` nor the shell's `${NAME}`. */
const placeholder = /(?<![%$])\{(?:(--?[a-z][a-z-]*):)?([A-Za-z_][\w.-]*)\}/g
const plain = /^[A-Za-z0-9._:/@%+=,][A-Za-z0-9._:/@%+=,-]*$/

/** The names of a command's placeholders. */
export function placeholders(command: string): readonly string[] {
  return [...command.matchAll(placeholder)].map(([, , name = '']) => name)
}

/**
 * A command with `{subject}`, `{facts.path}`, `{params.name}`, `{name}` (a fact, else a parameter) and, read from the
 * subject where no fact is called so, `{host}`, `{port}`, `{servername}` (what stands after `#`, else the host), `{url}`
 * and `{method}` filled in, quoted so that a POSIX shell takes each value as text. What is unknown, begins with a hyphen
 * (it could pass for an option) or holds control characters is left as it stands: values come from the systems under
 * audit. `{--option:name}` becomes the option with its value, and nothing where the value is unknown.
 */
export function reperform(command: string, source: ReperformSource): string {
  let quote: Quote = 'none'
  let at = 0
  let filled = ''
  for (const match of command.matchAll(placeholder)) {
    const [whole, option, name = ''] = match
    const before = command.slice(at, match.index)
    quote = quoteAfter(before, quote)
    const value = lookUp(name, source)
    const written = value === undefined ? undefined : quoted(value, quote)
    at = match.index + whole.length
    if (option === undefined) filled += before + (written ?? whole)
    else if (written !== undefined) filled += `${before}${option} ${written}`
    else {
      filled += before
      // The space after an option that is left out goes with it.
      if (command[at] === ' ') at += 1
    }
  }
  return filled + command.slice(at)
}

/** Host and port of a subject such as `host:443`, `[::1]:443#name` or `GET https://host/path`; undefined where it names none. */
export function endpointOf(subject: string): { readonly host: string; readonly port: string } | undefined {
  const url = /(?:^|\s)(https?:\/\/\S+)$/.exec(subject)?.[1]
  if (url !== undefined && URL.canParse(url)) {
    const { hostname, port, protocol } = new URL(url)
    return { host: hostname, port: port || (protocol === 'https:' ? '443' : '80') }
  }
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/#]+):(\d{1,5})(?:#.*)?$/.exec(subject)
  return match?.[1] && match[2] ? { host: match[1], port: match[2] } : undefined
}

function lookUp(name: string, { subject, facts, params }: ReperformSource): string | undefined {
  const path = name.split('.')
  if (path[0] === 'facts') return asText(valueAt(facts, path.slice(1)))
  if (path[0] === 'params') return asText(valueAt(params, path.slice(1)))
  if (name === 'subject') return subject
  const fact = asText(valueAt(facts, path)) ?? asText(valueAt(params, path))
  if (fact !== undefined) return fact
  if (name === 'url') return /(?:^|\s)(https?:\/\/\S+)$/.exec(subject)?.[1]
  if (name === 'method') return /^([A-Z]+)\s/.exec(subject)?.[1]
  if (name === 'host') return endpointOf(subject)?.host
  if (name === 'port') return endpointOf(subject)?.port
  if (name === 'servername') return /#([^\s#]+)$/.exec(subject)?.[1] ?? endpointOf(subject)?.host
  return undefined
}

function asText(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'object')
    return Array.isArray(value) ? value.map((each) => asText(each) ?? '').join(',') : undefined
  return String(value)
}

type Quote = 'none' | 'single' | 'double'

/** How the shell would take the next character, after a piece of a command. */
function quoteAfter(text: string, before: Quote): Quote {
  let quote = before
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '\\' && quote !== 'single') index++
    else if (character === "'" && quote !== 'double') quote = quote === 'single' ? 'none' : 'single'
    else if (character === '"' && quote !== 'single') quote = quote === 'double' ? 'none' : 'double'
  }
  return quote
}

function quoted(value: string, quote: Quote): string | undefined {
  if (/\p{Cc}/u.test(value)) return undefined
  switch (quote) {
    case 'none':
      if (value.startsWith('-')) return undefined
      return plain.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
    case 'single':
      return value.replaceAll("'", "'\\''")
    case 'double':
      // Outside the double quotes, since nothing within them keeps an exclamation mark from an interactive shell.
      return plain.test(value) ? value : `"'${value.replaceAll("'", "'\\''")}'"`
    default:
      return quote satisfies never
  }
}
