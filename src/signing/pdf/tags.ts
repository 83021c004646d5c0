import { entry, type PdfFile } from './file.ts'
import {
  array,
  dict,
  isArray,
  isCount,
  isDict,
  isName,
  isRef,
  name,
  type PdfDict,
  type PdfObject,
  type PdfRef,
  ref,
  withEntries,
} from './objects.ts'
import type { Update } from './update.ts'

/** Structure types of PDF 2.0 that Chromium writes, and what stands for them in PDF 1.7. */
const newer: { readonly [type: string]: string } = {
  Strong: 'Span',
  Em: 'Span',
  Sub: 'Span',
  Title: 'P',
  Aside: 'Div',
  FENote: 'Note',
  DocumentFragment: 'Div',
}
const grouping = ['NonStruct', 'Sect', 'Div', 'Part', 'Art']

/**
 * Completes the structure tree of a printed document: a role for types that PDF 1.7 does not know, a body for list items
 * without one, a Form for the signature's field. Gives the key under which the field finds its Form; null without a tree.
 */
export function completeTags(file: PdfFile, update: Update, field: PdfRef, page: PdfRef): number | null {
  const at = file.catalog.entries.get('StructTreeRoot')
  const root = file.resolve(at)
  if (!isRef(at) || !isDict(root)) return null
  wrapListItems(file, update)
  const tree = entry(file, root, 'ParentTree')
  const place = firstPart(file, update, root)
  const roles = entry(file, root, 'RoleMap')
  const mapped = withEntries(dict({}), Object.fromEntries(Object.entries(newer).map(([key, to]) => [key, name(to)])))
  const roleMap = isDict(roles) ? withEntries(mapped, Object.fromEntries(roles.entries)) : mapped
  if (!place || !isDict(tree)) {
    update.put(at, withEntries(root, { RoleMap: roleMap }))
    return null
  }
  const form = update.add(
    dict({
      Type: name('StructElem'),
      S: name('Form'),
      P: place.at,
      K: dict({ Type: name('OBJR'), Obj: field, Pg: page }),
    }),
  )
  update.put(place.at, withEntries(place.element, { K: array(...kidsOf(file, place.element), form) }))
  const next = entry(file, root, 'ParentTreeNextKey')
  const key = isCount(next) ? next : file.numbers.length
  const numbers = entry(file, tree, 'Nums')
  const grown = isArray(numbers)
    ? withEntries(tree, { Nums: array(...numbers.items, key, form) })
    : withEntries(tree, {
        Kids: array(
          ...kidsOf(file, tree, 'Kids'),
          update.add(dict({ Limits: array(key, key), Nums: array(key, form) })),
        ),
      })
  update.put(at, withEntries(root, { RoleMap: roleMap, ParentTree: update.add(grown), ParentTreeNextKey: key + 1 }))
  return key
}

type Place = { readonly at: PdfRef; readonly element: PdfDict }

/** The element of the document's first part, which is where page 1 is: reading the field there keeps the order. */
function firstPart(file: PdfFile, update: Update, root: PdfDict): Place | null {
  let found: Place | null = null
  let kids = kidsOf(file, root)
  for (let depth = 0; depth < 8; depth++) {
    const [first] = kids
    const element = update.get(first)
    if (!isRef(first) || !isDict(element)) return found
    const type = entry(file, element, 'S')
    const groups = isName(type, 'Document') || grouping.some((each) => isName(type, each))
    if (!groups) return found
    // Deeper than the first branching is no longer the part, but a part of it.
    const branched = kids.length > 1
    found = { at: first, element }
    if (branched) return found
    kids = kidsOf(file, element)
  }
  return found
}

function kidsOf(file: PdfFile, element: PdfDict, key = 'K'): readonly PdfObject[] {
  const written = element.entries.get(key)
  const value = file.resolve(written)
  if (isArray(value)) return value.items
  return written === undefined ? [] : [written]
}

/**
 * Chromium writes list items with their content directly inside. What was the item becomes its body, so that all that
 * refers to it stays right, and a new item stands round it.
 */
function wrapListItems(file: PdfFile, update: Update): void {
  for (const at of listItems(file)) {
    const item = update.get(at)
    if (!isDict(item) || !isName(entry(file, item, 'S'), 'LI')) continue
    const kids = kidsOf(file, item).map((kid) => entry(file, kid, 'S'))
    if (kids.some((type) => isName(type, 'LBody') || isName(type, 'Lbl'))) continue
    const above = item.entries.get('P')
    const list = update.get(above)
    if (!isRef(above) || !isDict(list)) continue
    const wrapper = update.add(dict({ Type: name('StructElem'), S: name('LI'), P: above, K: at }))
    update.put(at, withEntries(item, { S: name('LBody'), P: wrapper }))
    const siblings = kidsOf(file, list).map((kid) => (isRef(kid) && kid.number === at.number ? wrapper : kid))
    update.put(above, withEntries(list, { K: array(...siblings) }))
  }
}

/** Objects that look like list items, found by their text: reading every element would take longer than signing. */
function* listItems(file: PdfFile): Generator<PdfRef> {
  const bytes = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.length)
  for (let at = bytes.indexOf('/S /LI\n'); at >= 0; at = bytes.indexOf('/S /LI\n', at + 1)) {
    const begin = bytes.lastIndexOf(' 0 obj', at)
    const number = /(\d+)$/.exec(bytes.subarray(Math.max(0, begin - 12), begin).toString('latin1'))?.[1]
    if (number !== undefined) yield ref(Number(number))
  }
}
