import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type * as z from 'zod'
import type { Json } from '../model/json.ts'
import { aliasProblems } from './aliases.ts'
import { expectedValue, issueText } from './issue-text.ts'
import { InvalidFileError, type Problem } from './problem.ts'

export type Path = readonly PropertyKey[]

/** A parsed YAML file that can still say where each of its values stands. */
export type Source = {
  readonly file: string
  readonly value: unknown
  /** The problem at a path; at the nearest parent where the path itself is absent. */
  problem(path: Path, message: string, hint?: string): Problem
}

/** Parses YAML 1.2; throws InvalidFileError with every syntax error. */
export function parseYaml(text: string, file: string): Source {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const syntax = (problems: readonly Problem[]) => new InvalidFileError('AFD_CONFIG_SYNTAX', problems)
  if (text.includes('\0') || text.includes('\ufffd')) {
    throw syntax([{ ...place(0), message: 'the file is not text in UTF-8', hint: 'save it as UTF-8 in your editor' }])
  }
  if (document.errors.length > 0) {
    throw syntax(
      document.errors.map((error) => ({ ...place(error.pos[0]), message: syntaxMessage(error.code, error.message) })),
    )
  }
  const aliases = aliasProblems(document).map(([offset, message]) => ({ ...place(offset), message }))
  if (aliases.length > 0) throw syntax(aliases)
  return {
    file,
    value: document.toJS({ maxAliasCount: -1 }),
    problem: (path, message, hint) => ({
      ...place(offsetOf(document.contents, path)),
      message,
      ...(hint === undefined ? {} : { hint }),
    }),
  }
}

/** Zod's issues as problems with their places; unknown keys get the nearest known one as a hint. */
export function zodProblems(source: Source, error: z.ZodError, jsonSchema: Json): readonly Problem[] {
  return error.issues.flatMap((issue) => issueProblems(source, issue, issue.path, jsonSchema))
}

function issueProblems(source: Source, issue: z.core.$ZodIssue, path: Path, schema: Json): readonly Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      source.problem(
        [...path, key],
        `${label(path)}: unknown key "${key}"`,
        keyHint(key, knownKeys(schema, path, source)),
      ),
    )
  }
  const value = valueAt(source.value, path)
  const expected = value === undefined ? expectedValue(issue) : undefined
  if (expected !== undefined) return [source.problem(path, `${label(path)} is missing`, `it is ${expected}`)]
  return [source.problem(path, `${label(path)}: ${issueText(issue, value)}`)]
}

/** A path as people write it: `systems[0].components[1].targets`. */
export function label(path: Path): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  return text.replace(/^\./, '') || 'the file'
}

function keyHint(key: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined
  const nearest = known.filter((name) => distance(key.toLowerCase(), name.toLowerCase()) <= 2)
  return nearest.length > 0 ? `did you mean "${nearest[0]}"?` : `known keys: ${known.join(', ')}`
}

/** The keys that a JSON Schema allows at a path, following the branch that the file's own values choose. */
function knownKeys(schema: Json, path: Path, source: Source): readonly string[] {
  const at = path.reduce<readonly SchemaNode[]>(
    (nodes, part, depth) => nodes.flatMap((node) => step(node, part, valueAt(source.value, path.slice(0, depth)))),
    [schema as SchemaNode],
  )
  const value = valueAt(source.value, path)
  return [...new Set(at.flatMap((node) => branches(node, value)).flatMap((node) => Object.keys(node.properties ?? {})))]
}

type SchemaNode = {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: SchemaNode | boolean
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
  readonly const?: Json
}

function step(node: SchemaNode, part: PropertyKey, value: unknown): readonly SchemaNode[] {
  return branches(node, value).flatMap((branch) => {
    if (typeof part === 'number') return branch.items ? [branch.items] : []
    const named = branch.properties?.[String(part)]
    if (named) return [named]
    return typeof branch.additionalProperties === 'object' ? [branch.additionalProperties] : []
  })
}

function branches(node: SchemaNode, value: unknown): readonly SchemaNode[] {
  const options = node.oneOf ?? node.anyOf
  if (!options) return [node]
  const collector = valueAt(value, ['collector'])
  const chosen = options.filter((option) => option.properties?.collector?.const === collector)
  return (chosen.length > 0 ? chosen : options).flatMap((option) => branches(option, value))
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined),
    value,
  )
}

/** The offset of the key where the path ends in a map, of the value elsewhere; of the nearest parent where absent. */
function offsetOf(contents: unknown, path: Path): number {
  let node: unknown = contents
  let offset = start(node)
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
      )
      if (!pair) return offset
      offset = start(pair.key)
      node = pair.value
      continue
    }
    if (typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items)) {
      node = node.items[Number(part)]
      if (node === undefined) return offset
      offset = start(node)
      continue
    }
    return offset
  }
  return offset
}

function start(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0
}

function syntaxMessage(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key stands here twice'
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here (---); the file holds one'
  // The parser's messages may quote the line; the first sentence never does.
  return `not valid YAML: ${message.split('\n')[0]?.replace(/:?\s*"[^"]*"$/, '') ?? code}`
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitute))
    }
    row = next
  }
  return row[b.length] ?? 0
}
