import { type ASTNode, Environment, EvaluationError, type ParseResult } from '@marcbachmann/cel-js'
import type { JsonObject } from '../model/json.ts'
import type { Instant } from '../model/time.ts'
import { plainText, toCel } from './cel-values.ts'
import { broadest, type FactPath, isObject, pathText, valueAt } from './fact-path.ts'

/** What an expression may read, already in CEL's own values. */
export type Scope = {
  readonly facts: unknown
  readonly params: unknown
  readonly subject: string
  readonly collected: Date
}

/** A CEL expression, parsed and type-checked once. */
export type Expression = {
  readonly source: string
  /** Every `facts.…` that it reads. */
  readonly reads: readonly FactPath[]
  /** Every `params.…` that it reads. */
  readonly parameters: readonly FactPath[]
  readonly usesCollected: boolean
  /** Throws where a fact is missing or of another type; `whyNot` makes a sentence of what it throws. */
  run(scope: Scope): unknown
}

/** What an expression must come to. */
export type ResultType = 'bool' | 'string'

const comprehensions: readonly string[] = ['all', 'exists', 'exists_one', 'map', 'filter']
const maxNesting = 2
const maxBindings = 8

/** Room for any sensible rule and no more: an expression's work is bounded by its length times the facts' size squared. */
const limits = { maxAstNodes: 1_000, maxDepth: 48, maxListElements: 256, maxMapEntries: 64, maxCallArguments: 8 }

const environment = new Environment({ homogeneousAggregateLiterals: false, limits })
  .registerVariable('facts', 'map')
  .registerVariable('params', 'map')
  .registerVariable('subject', 'string')
  .registerVariable('collected', 'google.protobuf.Timestamp')
  .registerFunction('text(dyn): string', plainText)
  .registerFunction('string(google.protobuf.Timestamp): string', (at: Date) => at.toISOString())

/** Characters of an expression that a message quotes. */
const excerptLength = 20

/** Parses an expression and checks its types; a plain sentence where it is not sound. */
export function compile(source: string, result: ResultType): Expression | { readonly problem: string } {
  const parsed = parse(source)
  if ('problem' in parsed) return parsed
  const checked = parsed.check()
  if (!checked.valid) return { problem: describe(checked.error, source) }
  if (checked.type !== result && checked.type !== 'dyn') {
    return { problem: `it comes to ${checked.type}, but must come to ${result}: ${source}` }
  }
  const walk = walked(parsed.ast)
  if (walk.problem !== null) return { problem: walk.problem }
  return {
    source,
    reads: broadest(walk.paths.get('facts') ?? []),
    parameters: broadest(walk.paths.get('params') ?? []),
    usesCollected: walk.names.has('collected'),
    run: (scope) => parsed(scope),
  }
}

/** Values for an expression to read. */
export function scopeOf(facts: JsonObject, params: JsonObject, subject: string, collected: Instant): Scope {
  return { facts: toCel(facts), params: toCel(params), subject, collected: new Date(collected) }
}

/** Why an expression could not be evaluated, naming the fact; a clause without a full stop. */
export function whyNot(error: unknown, facts: JsonObject): string {
  if (!(error instanceof EvaluationError) || !error.node) return error instanceof Error ? error.message : String(error)
  const source = excerpt(error.node)
  if (error.code === 'no_such_key') {
    const path = chain(error.node)
    if (path?.root === 'facts') return `the fact "${pathText(path.path)}" is missing`
    if (path?.root === 'params') return `the parameter "${pathText(path.path)}" is missing`
    return `"${source}" is missing`
  }
  const reads = broadest(walked(error.node).paths.get('facts') ?? [])
  const kinds = reads.map((path) => `"${pathText(path)}" is ${kindOf(facts, path)}`)
  return `${kinds.length > 0 ? `the fact ${kinds.join(', ')}, so ` : ''}"${source}" cannot be evaluated (${error.summary})`
}

function parse(source: string): ParseResult | { readonly problem: string } {
  try {
    return environment.parse(source)
  } catch (error) {
    return { problem: describe(error, source) }
  }
}

function describe(error: unknown, source: string): string {
  const summary = (error as { summary?: unknown } | undefined)?.summary
  const range = (error as { range?: { start: number; end: number } } | undefined)?.range
  const text = typeof summary === 'string' ? summary : error instanceof Error ? error.message : String(error)
  if (!range) return `${text}: ${source}`
  if (source.trim() === '') return 'it is empty'
  if (range.start >= source.trimEnd().length) return `it ends too early, after: ${source.trim().slice(-excerptLength)}`
  return `${text}, at character ${range.start + 1}: ${source.slice(range.start, Math.max(range.end, range.start + excerptLength))}`
}

function excerpt(node: ASTNode): string {
  return node.input.slice(node.range.start, node.range.end)
}

function kindOf(facts: JsonObject, path: FactPath): string {
  const value = valueAt(facts, path)
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'an object'
  return { string: 'text', number: 'a number', boolean: 'true or false' }[typeof value as string] ?? typeof value
}

type Walk = { paths: Map<string, FactPath[]>; names: Set<string>; problem: string | null }

/** What an expression reads, and whether it stays within bounds that the parser does not know. */
function walked(ast: ASTNode): Walk {
  const walk: Walk = { paths: new Map(), names: new Set(), problem: null }
  let bindings = 0

  const visit = (node: ASTNode, nesting: number): void => {
    const found = chain(node)
    if (found) {
      walk.names.add(found.root)
      walk.paths.set(found.root, [...(walk.paths.get(found.root) ?? []), found.path])
      return
    }
    let inner = nesting
    if (node.op === 'rcall') {
      const name = node.args[0]
      if (name === 'matches') {
        walk.problem ??=
          'matches() is left out, because a regular expression can take unbounded time; use startsWith, endsWith, contains, split or in'
      }
      if (name === 'bind' && ++bindings > maxBindings) walk.problem ??= `more than ${maxBindings} cel.bind`
      if (comprehensions.includes(name) && ++inner > maxNesting) {
        walk.problem ??= `all, exists, map and filter are nested more than ${maxNesting} deep`
      }
    }
    for (const child of children(node)) visit(child, inner)
  }

  visit(ast, 0)
  return walk
}

/** `facts.a["b"]` as its root and path; undefined where the node is no such chain of names. */
function chain(node: ASTNode): { readonly root: string; readonly path: FactPath } | undefined {
  if (node.op === 'id') return { root: node.args, path: [] }
  if (node.op !== '.' && node.op !== '[]') return undefined
  const above = chain(node.args[0])
  if (!above) return undefined
  if (node.op === '.') return { root: above.root, path: [...above.path, node.args[1]] }
  const index = node.args[1]
  if (index.op !== 'value' || typeof index.args !== 'string') return undefined
  return { root: above.root, path: [...above.path, index.args] }
}

function children(node: ASTNode): readonly ASTNode[] {
  return nodesIn(node.args)
}

function nodesIn(value: unknown): readonly ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn)
  return isNode(value) ? [value] : []
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}
