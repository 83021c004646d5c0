import { fromLatin1 } from '../bytes.ts'
import { entry } from '../pdf/file.ts'
import {
  isArray,
  isDict,
  isName,
  isStream,
  isString,
  type PdfDict,
  PdfError,
  type PdfObject,
  type PdfStream,
} from '../pdf/objects.ts'
import { type ContentFacts, noFacts, type Seen } from './content-facts.ts'
import { nameOf, type PdfDocument } from './document.ts'
import { excessOf } from './limits.ts'
import { type Operation, operations, operators } from './operators.ts'

type State = { font: PdfObject; mode: number }
/** Where content belongs: the object that is named in faults, and whose /StructParents counts. */
type Place = { readonly object: number; readonly owner: PdfDict }
type Mark = 'artefact' | 'tagged' | 'other'

const painting = new Set(['b', 'B', 'b*', 'B*', 'f', 'F', 'f*', 's', 'S', 'sh', 'BI', 'Tj', 'TJ', "'", '"'])
const deviceOperators: { readonly [operator: string]: string } = {
  g: 'DeviceGray',
  G: 'DeviceGray',
  rg: 'DeviceRGB',
  RG: 'DeviceRGB',
  k: 'DeviceCMYK',
  K: 'DeviceCMYK',
}
const deepestForm = 16

/** Runs the contents of all pages and of what they draw. */
export function runContents(subject: PdfDocument): ContentFacts {
  const { file } = subject
  const facts = noFacts()
  const coloursSeen = new Map<PdfObject, Set<PdfObject>>()

  const run = (bytes: Uint8Array, place: Place, resources: PdfObject, marks: Mark[]) => {
    facts.streams++
    const { object, owner } = place
    const depth = marks.length
    const states: State[] = []
    let state: State = { font: null, mode: 0 }
    const see = (list: Seen[], what: string) => void list.push({ object, what })
    const resource = (category: string, key: PdfObject | undefined): PdfObject => {
      const name = nameOf(key ?? null)
      const found = entry(file, entry(file, resources, category), name ?? '')
      if (found === null) see(facts.missingResources, `/${name ?? '?'} is not among the ${category} resources`)
      return found
    }
    const colour = (space: PdfObject) => {
      const known = coloursSeen.get(resources) ?? new Set()
      coloursSeen.set(resources, known)
      const key = typeof space === 'object' && space?.kind === 'name' ? `/${space.value}` : space
      if (known.has(key as PdfObject)) return
      known.add(key as PdfObject)
      facts.colours.push({ object, space, resources })
    }
    const show = (...texts: readonly (PdfObject | undefined)[]) => {
      const use = facts.fonts.get(state.font) ?? { object, texts: new Set<string>(), visible: false }
      facts.fonts.set(state.font, use)
      if (state.mode !== 3 && state.mode !== 7) use.visible = true
      for (const text of texts) if (isString(text)) use.texts.add(Buffer.from(text.bytes).toString('latin1'))
    }
    const open = (tag: PdfObject | undefined, properties: PdfObject | undefined): Mark => {
      const dict = isDict(properties)
        ? properties
        : properties === undefined
          ? null
          : resource('Properties', properties)
      const number = entry(file, dict, 'MCID')
      if (entry(file, dict, 'Lang') !== null) facts.languages++
      if (isName(tag, 'Artifact')) {
        if (marks.includes('tagged')) see(facts.crossed, 'an artefact inside tagged content')
        return 'artefact'
      }
      if (typeof number !== 'number') return 'other'
      if (marks.includes('artefact')) see(facts.crossed, `tagged content ${number} inside an artefact`)
      const list = facts.marked.get(owner) ?? { object, numbers: new Set<number>() }
      list.numbers.add(number)
      facts.marked.set(owner, list)
      return 'tagged'
    }
    const draw = (key: PdfObject | undefined) => {
      const item = resource('XObject', key)
      if (!isStream(item)) return
      if (isName(entry(file, item, 'Subtype'), 'Form')) {
        facts.drawn.set(item, (facts.drawn.get(item) ?? 0) + 1)
        form(item, place, marks)
      } else {
        paint('an image')
        const space = entry(file, item, 'ColorSpace')
        if (space !== null) colour(space)
        const intent = nameOf(entry(file, item, 'Intent'))
        if (intent !== null) see(facts.intents, intent)
      }
    }
    const paint = (what: string) => {
      facts.items++
      if (!marks.some((mark) => mark !== 'other')) see(facts.untagged, `${what} is neither tagged nor an artefact`)
    }
    const weigh = (operand: PdfObject) => {
      const excess = excessOf(operand)
      if (excess !== null) see(facts.excesses, excess)
      if (isArray(operand)) for (const item of operand.items) weigh(item)
      if (!isString(operand) || !operand.token || bytes[operand.token.start] !== 0x3c) return
      const digits = fromLatin1(bytes.subarray(operand.token.start + 1, operand.token.end - 1)).replace(/\s/g, '')
      if (digits.length % 2 === 1) see(facts.oddStrings, `<${digits.slice(0, 40)}> in a content stream`)
    }
    const perform = ({ operator, operands }: Operation) => {
      for (const operand of operands) weigh(operand)
      const last = operands.at(-1)
      if (painting.has(operator)) paint(`${operator} (${what(operator)})`)
      const device = deviceOperators[operator]
      if (device !== undefined) return colour({ kind: 'name', value: device })
      switch (operator) {
        case 'q':
          states.push({ ...state })
          if (states.length === 29) see(facts.tooDeep, 'q is nested more than 28 times')
          return
        case 'Q':
          state = states.pop() ?? state
          return
        case 'Tf':
          state.font = resource('Font', operands[0])
          return
        case 'Tr':
          state.mode = typeof last === 'number' ? last : 0
          return
        case 'gs': {
          const font = entry(file, resource('ExtGState', last), 'Font')
          if (isArray(font)) state.font = file.resolve(font.items[0])
          return
        }
        case 'ri':
          return see(facts.intents, nameOf(last ?? null) ?? '?')
        case 'cs':
        case 'CS':
          return colour(isDeviceName(last) ? last : resource('ColorSpace', last))
        case 'sc':
        case 'SC':
        case 'scn':
        case 'SCN':
          if (nameOf(last ?? null) !== null) pattern(resource('Pattern', last), place, marks, colour)
          return
        case 'sh':
          return colour(entry(file, resource('Shading', last), 'ColorSpace'))
        case 'Do':
          return draw(last)
        case 'BI': {
          facts.inlineImages.push({ object, image: last ?? null })
          const space = entry(file, last, 'ColorSpace') ?? entry(file, last, 'CS')
          const full = { G: 'DeviceGray', RGB: 'DeviceRGB', CMYK: 'DeviceCMYK' }[nameOf(space) ?? '']
          if (full !== undefined) colour({ kind: 'name', value: full })
          else if (space !== null) colour(space)
          return
        }
        case 'Tj':
        case "'":
        case '"':
          return show(last)
        case 'TJ':
          return show(...(isArray(last) ? last.items : []))
        case 'BMC':
        case 'BDC':
          return void marks.push(open(operands[0], operator === 'BDC' ? operands[1] : undefined))
        case 'EMC':
          if (marks.length > depth) marks.pop()
          return
        default:
          if (!operators.has(operator)) see(facts.unknownOperators, `the operator ${operator}`)
      }
    }
    try {
      for (const operation of operations(bytes)) perform(operation)
    } catch (error) {
      if (!(error instanceof PdfError)) throw error
      see(facts.unreadable, error.message)
    }
    marks.length = depth
  }

  let forms = 0
  const form = (item: PdfStream, place: Place, marks: Mark[]) => {
    const bytes = subject.decode(item)
    if (!bytes || forms >= deepestForm) {
      facts.unreadable.push({ object: place.object, what: 'a form that cannot be unpacked' })
      return
    }
    forms++
    // What a form lacks may not come from the page: it has resources of its own.
    run(
      bytes,
      entry(file, item, 'StructParents') === null ? place : { ...place, owner: item.dict },
      entry(file, item, 'Resources'),
      marks,
    )
    forms--
  }
  const pattern = (value: PdfObject, place: Place, marks: Mark[], colour: (space: PdfObject) => void) => {
    const shading = entry(file, value, 'Shading')
    if (shading !== null) colour(entry(file, shading, 'ColorSpace'))
    // What a pattern paints belongs to what is painted with it.
    if (isStream(value)) form(value, place, [...marks, 'artefact'])
  }

  for (const { ref, page, resources } of subject.pages) {
    const contents = page.entries.get('Contents')
    const list = file.resolve(contents)
    const streams = (isArray(list) ? list.items : [contents ?? null]).map((item) => ({
      item,
      value: file.resolve(item),
    }))
    const parts = streams.flatMap(({ value }) => (isStream(value) ? [subject.decode(value)] : []))
    if (parts.some((part) => part === null)) {
      facts.unreadable.push({ object: ref.number, what: 'the contents of a page cannot be unpacked' })
      continue
    }
    const bytes = Buffer.concat(parts.flatMap((part) => (part ? [part, Buffer.from('\n')] : [])))
    run(bytes, { object: ref.number, owner: page }, resources, [])
  }
  for (const { object, dict, page } of subject.annotations) {
    const normal = entry(file, dict, 'AP') === null ? null : entry(file, entry(file, dict, 'AP'), 'N')
    const looks = isStream(normal) ? [normal] : isDict(normal) ? [...normal.entries.values()].map(file.resolve) : []
    // An annotation's appearance belongs to the annotation, which has its own place in the structure.
    for (const look of looks) {
      if (isStream(look)) form(look, { object, owner: page.page }, ['artefact'])
    }
  }
  return facts
}

function what(operator: string): string {
  if (operator === 'BI') return 'an inline image'
  if (operator === 'sh') return 'a shading'
  return operator.startsWith('T') || operator === "'" || operator === '"' ? 'text' : 'a path'
}

function isDeviceName(value: PdfObject | undefined): value is PdfObject {
  return ['DeviceGray', 'DeviceRGB', 'DeviceCMYK', 'Pattern'].includes(nameOf(value ?? null) ?? '')
}
