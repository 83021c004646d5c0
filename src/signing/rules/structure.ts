import { entry } from '../pdf/file.ts'
import { isArray, isCount, isDict, isName, isRef, type PdfDict, PdfError, type PdfObject } from '../pdf/objects.ts'
import { nameOf, type PdfDocument } from './document.ts'

/** A structure element, ISO 32000-1 section 14.7.2. */
export type StructureElement = {
  readonly object: number
  readonly dict: PdfDict
  /** Its type as written, and as the role map has it. */
  readonly written: string
  readonly type: string
  readonly parent: StructureElement | null
  readonly kids: readonly StructureElement[]
  /** Objects (annotations) that it holds. */
  readonly holds: readonly number[]
}

export type Structure = {
  readonly root: PdfDict | null
  readonly roles: ReadonlyMap<string, string>
  /** In the order of reading. */
  readonly elements: readonly StructureElement[]
  /** What a /StructParent or /StructParents leads to. */
  readonly parents: ReadonlyMap<number, PdfObject>
  readonly byObject: ReadonlyMap<number, StructureElement>
  readonly problem: string | null
}

/** The standard structure types of ISO 32000-1 section 14.8.4. */
export const standardTypes: ReadonlySet<string> = new Set(
  (
    'Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 H6 L LI Lbl LBody ' +
    'Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link Annot Ruby RB RT RP Warichu WT WP ' +
    'Figure Formula Form'
  ).split(' '),
)

const deepest = 512

/** Reads the structure tree; what is wrong with the tree itself is in `problem`. */
export function readStructure({ file }: PdfDocument): Structure {
  const found = entry(file, file.catalog, 'StructTreeRoot')
  const root = isDict(found) ? found : null
  const roles = new Map<string, string>()
  const map = entry(file, root, 'RoleMap')
  if (isDict(map)) {
    for (const [key, value] of map.entries) roles.set(key, nameOf(file.resolve(value)) ?? '')
  }
  const elements: StructureElement[] = []
  const byObject = new Map<number, StructureElement>()
  const seen = new Set<PdfObject>()
  let problem: string | null = null

  const visit = (value: PdfObject, parent: StructureElement | null, kids: StructureElement[], depth: number) => {
    const dict = file.resolve(value)
    if (!isDict(dict) || !dict.entries.has('S')) return
    if (seen.has(dict) || depth > deepest) {
      problem = 'the structure tree runs in a circle or is too deep'
      return
    }
    seen.add(dict)
    const written = nameOf(entry(file, dict, 'S')) ?? ''
    const object = isRef(value) ? value.number : (parent?.object ?? 0)
    const own: StructureElement[] = []
    const holds: number[] = []
    const element = { object, dict, written, type: standardType(written, roles), parent, kids: own, holds }
    elements.push(element)
    kids.push(element)
    if (isRef(value)) byObject.set(object, element)
    for (const kid of listOf(file.resolve(dict.entries.get('K')), dict.entries.get('K'))) {
      const inner = file.resolve(kid)
      if (isName(entry(file, inner, 'Type'), 'OBJR')) {
        const held = isDict(inner) ? inner.entries.get('Obj') : undefined
        if (isRef(held)) holds.push(held.number)
      } else visit(kid, element, own, depth + 1)
    }
  }
  if (root)
    for (const kid of listOf(file.resolve(root.entries.get('K')), root.entries.get('K'))) visit(kid, null, [], 0)
  const parents = new Map<number, PdfObject>()
  try {
    if (root) numberTree(entry(file, root, 'ParentTree'), 0)
  } catch (error) {
    if (!(error instanceof PdfError)) throw error
    problem = error.message
  }
  return { root, roles, elements, parents, byObject, problem }

  function numberTree(node: PdfObject, depth: number): void {
    if (node === null) return
    if (depth > 32) throw new PdfError('the parent tree is too deep')
    const kids = entry(file, node, 'Kids')
    if (isArray(kids)) for (const kid of kids.items) numberTree(file.resolve(kid), depth + 1)
    const numbers = entry(file, node, 'Nums')
    if (!isArray(numbers)) return
    for (let i = 0; i + 1 < numbers.items.length; i += 2) {
      const key = file.resolve(numbers.items[i])
      if (!isCount(key)) throw new PdfError('a faulty parent tree')
      parents.set(key, numbers.items[i + 1] ?? null)
    }
  }
}

/** The items of an array; one that stands alone as a list of one. */
function listOf(resolved: PdfObject, written: PdfObject | undefined): readonly PdfObject[] {
  if (isArray(resolved)) return resolved.items
  return written === undefined ? [] : [written]
}

/** The standard type that a type is mapped to; the type itself where the map does not lead to one. */
function standardType(written: string, roles: ReadonlyMap<string, string>): string {
  let type = written
  for (let hops = 0; hops < 32 && !standardTypes.has(type); hops++) {
    const next = roles.get(type)
    if (next === undefined) return written
    type = next
  }
  return standardTypes.has(type) ? type : written
}

/** The element's kids, those of elements without structural meaning (NonStruct) in their place. */
export function kidsOf(element: StructureElement): readonly StructureElement[] {
  return element.kids.flatMap((kid) => (kid.type === 'NonStruct' ? kidsOf(kid) : [kid]))
}

/** The nearest element above that has structural meaning. */
export function parentOf(element: StructureElement): StructureElement | null {
  let parent = element.parent
  while (parent?.type === 'NonStruct') parent = parent.parent
  return parent
}
