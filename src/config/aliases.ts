import { type Alias, type Document, type Node, visit } from 'yaml'

/** As many values as the aliases of a file may bring in; a file that somebody wrote by hand stays far below. */
const mostValues = 100_000

/**
 * What the aliases (`*name`) of a parsed file have wrong, each with its offset: one that names no anchor before it, one
 * that stands inside its own anchor, and, at the first that is too many, aliases that unfold to more than 100,000 values.
 */
export function aliasProblems(document: Document.Parsed): readonly (readonly [offset: number, message: string])[] {
  const problems: [number, string][] = []
  const sizes = new Map<Node, number>()
  let values = 0
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const at = alias.range?.[0] ?? 0
      const anchored = alias.resolve(document)
      if (!anchored) problems.push([at, `there is no anchor &${alias.source} before this alias`])
      else if (ancestors.includes(anchored))
        problems.push([at, `the alias *${alias.source} stands inside its own anchor`])
      else values += sizeOf(anchored)
      if (values <= mostValues) return undefined
      problems.push([at, 'the aliases of this file unfold to more than it may hold'])
      return visit.BREAK
    },
  })
  return problems

  /** How many values a node unfolds to; an anchor stands before its aliases, so that this ends. */
  function sizeOf(node: Node): number {
    const known = sizes.get(node)
    if (known !== undefined) return known
    sizes.set(node, 1)
    let size = 0
    visit(node, {
      Node: (key) => {
        if (key !== null) size += 1
        return undefined
      },
      Alias: (_, alias: Alias) => {
        const anchored = alias.resolve(document)
        size += anchored ? sizeOf(anchored) : 0
        return undefined
      },
    })
    sizes.set(node, Math.max(1, size))
    return Math.max(1, size)
  }
}
