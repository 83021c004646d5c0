import { entry, type PdfFile } from '../pdf/file.ts'
import { isArray, isDict, isName, isStream, isString, type PdfObject, readText } from '../pdf/objects.ts'
import { outputSpace } from './colour-rules.ts'
import { nameOf } from './document.ts'
import type { Look, Rule } from './rule.ts'
import type { PdfSubject } from './subject.ts'

const intents = ['RelativeColorimetric', 'AbsoluteColorimetric', 'Perceptual', 'Saturation']
const blendModes = new Set(
  (
    'Normal Compatible Multiply Screen Overlay Darken Lighten ColorDodge ColorBurn HardLight SoftLight Difference ' +
    'Exclusion Hue Saturation Color Luminosity'
  ).split(' '),
)

/** Rules over content streams as such. */
export const contentRules: readonly Rule[] = [
  {
    id: 'operators',
    clauses: { 'PDF/A-3b': '6.2.2' },
    says: 'Content streams can be read and use the operators of ISO 32000-1 only.',
    check({ content }, look) {
      const { streams, unreadable, unknownOperators } = content()
      for (let i = 0; i < streams; i++) look.saw()
      for (const { what } of unreadable) look.unchecked(what)
      for (const { object, what } of unknownOperators) look.fault(object, what)
    },
  },
  {
    id: 'resources',
    clauses: { 'PDF/A-3b': '6.2.2' },
    says: 'What a content stream names stands in the resources of its page or form.',
    check({ content }, look) {
      for (let i = 0; i < content().streams; i++) look.saw()
      for (const { object, what } of content().missingResources) look.fault(object, what)
    },
  },
]

/** Rules over what is painted. */
export const graphicsRules: readonly Rule[] = [
  {
    id: 'graphics-states',
    clauses: { 'PDF/A-3b': '6.2.5, 6.2.10' },
    says: 'Graphics states have no /TR, no /HTP, /TR2 only as Default, and blend modes of ISO 32000-1 only.',
    check({ file, dictionaries }, look) {
      for (const { object, dict } of graphicsStates(file, dictionaries)) {
        look.saw()
        for (const key of ['TR', 'HTP']) if (dict.entries.has(key)) look.fault(object, `/${key}`)
        const transfer = file.resolve(dict.entries.get('TR2'))
        if (transfer !== null && !isName(transfer, 'Default')) look.fault(object, '/TR2')
        const blend = entry(file, dict, 'BM')
        for (const mode of isArray(blend) ? blend.items : blend === null ? [] : [blend]) {
          const name = nameOf(file.resolve(mode)) ?? 'none'
          if (!blendModes.has(name)) look.fault(object, `the blend mode ${name}`)
        }
      }
    },
  },
  {
    id: 'halftones',
    clauses: { 'PDF/A-3b': '6.2.5' },
    says: 'Halftones are of type 1 or 5 and have no name.',
    check({ file, dictionaries }, look) {
      for (const { object, dict } of dictionaries) {
        const type = entry(file, dict, 'HalftoneType')
        if (type === null) continue
        look.saw()
        if (type !== 1 && type !== 5) look.fault(object, `/HalftoneType ${String(type)}`)
        if (dict.entries.has('HalftoneName')) look.fault(object, '/HalftoneName')
      }
    },
  },
  {
    id: 'rendering-intents',
    clauses: { 'PDF/A-3b': '6.2.6' },
    says: 'Rendering intents are the four of ISO 32000-1 Table 70.',
    check({ file, content, dictionaries }, look) {
      const one = (object: number, intent: string) => {
        look.saw()
        if (!intents.includes(intent)) look.fault(object, intent)
      }
      for (const { object, what } of content().intents) one(object, what)
      for (const { object, dict } of graphicsStates(file, dictionaries)) {
        const intent = nameOf(entry(file, dict, 'RI'))
        if (intent !== null) one(object, intent)
      }
    },
  },
  {
    id: 'images',
    clauses: { 'PDF/A-3b': '6.2.8' },
    says: 'Images have no /Alternates, no /OPI, no interpolation, and 1, 2, 4, 8 or 16 bits (masks 1).',
    check({ file, dictionaries, content }, look) {
      const one = (object: number, image: PdfObject) => {
        look.saw()
        for (const key of ['Alternates', 'OPI']) if (entry(file, image, key) !== null) look.fault(object, `/${key}`)
        if (entry(file, image, 'Interpolate') === true || entry(file, image, 'I') === true) {
          look.fault(object, '/Interpolate')
        }
        const bits = entry(file, image, 'BitsPerComponent') ?? entry(file, image, 'BPC')
        const mask = (entry(file, image, 'ImageMask') ?? entry(file, image, 'IM')) === true
        const allowed = mask ? [1] : [1, 2, 4, 8, 16]
        if (bits !== null && !allowed.includes(Number(bits))) look.fault(object, `${String(bits)} bits`)
        if (isName(entry(file, image, 'Filter'), 'JPXDecode')) look.unchecked('the inside of JPEG 2000 images')
      }
      for (const { object, dict, stream } of dictionaries) {
        if (stream?.dict === dict && isName(entry(file, dict, 'Subtype'), 'Image')) one(object, dict)
      }
      for (const { object, image } of content().inlineImages) one(object, image)
    },
  },
  {
    id: 'forms',
    clauses: { 'PDF/A-3b': '6.2.9', 'PDF/UA-1': '7.20 (Matterhorn 30-001)' },
    says: 'Form XObjects hold no PostScript, no /OPI and no reference to another file.',
    check({ file, dictionaries }, look) {
      for (const { object, dict, stream } of dictionaries) {
        if (stream?.dict !== dict) continue
        const kind = nameOf(entry(file, dict, 'Subtype'))
        if (kind === 'PS') look.fault(object, 'a PostScript XObject')
        if (kind !== 'Form') continue
        look.saw()
        for (const key of ['OPI', 'PS', 'Ref']) if (dict.entries.has(key)) look.fault(object, `/${key}`)
        if (isName(entry(file, dict, 'Subtype2'), 'PS')) look.fault(object, '/Subtype2 /PS')
      }
    },
  },
  {
    id: 'transparency',
    clauses: { 'PDF/A-3b': '6.2.10' },
    says: 'A page with transparency has an output intent or a colour space to blend in.',
    check(subject, look) {
      const { file } = subject
      if (outputSpace(subject) !== null) return look.saw()
      for (const place of subject.pages) {
        const { ref, page } = place
        const looks = subject.annotations.flatMap((each) => (each.page === place ? [entry(file, each.dict, 'AP')] : []))
        const blends = [place.resources, ...looks].some((each) => isTransparent(file, each, new Set()))
        if (!blends) continue
        look.saw()
        if (entry(file, entry(file, page, 'Group'), 'CS') === null) look.fault(ref.number, 'it has neither')
      }
    },
  },
  optionalContentRule(),
]

function optionalContentRule(): Rule {
  return {
    id: 'optional-content',
    clauses: { 'PDF/A-3b': '6.9', 'PDF/UA-1': '7.10 (Matterhorn 20-001 to 20-003)' },
    says: 'Configurations of optional content have names of their own and no /AS.',
    check({ file }, look: Look) {
      const all = entry(file, file.catalog, 'OCProperties')
      if (!isDict(all)) return
      const more = entry(file, all, 'Configs')
      const names = new Set<string>()
      for (const item of [entry(file, all, 'D'), ...(isArray(more) ? more.items : [])]) {
        const configuration = file.resolve(item)
        if (!isDict(configuration)) continue
        look.saw()
        const named = entry(file, configuration, 'Name')
        const name = isString(named) ? readText(named) : ''
        if (name === '' || names.has(name)) look.fault(file.catalogRef.number, 'a configuration without its own name')
        names.add(name)
        if (configuration.entries.has('AS')) look.fault(file.catalogRef.number, 'a configuration with /AS')
      }
    },
  }
}

/** Whether resources or appearances have anything that is blended with what is below it. */
function isTransparent(file: PdfFile, value: PdfObject, seen: Set<PdfObject>): boolean {
  const of = file.resolve(value)
  if (typeof of !== 'object' || of === null || seen.has(of) || seen.size > 100_000) return false
  seen.add(of)
  if (isArray(of)) return of.items.some((item) => isTransparent(file, item, seen))
  const dict = isStream(of) ? of.dict : of
  if (!isDict(dict)) return false
  const blends = ['ca', 'CA', 'SMask', 'BM'].some((key) => {
    const own = entry(file, dict, key)
    return own !== null && own !== 1 && !['None', 'Normal', 'Compatible'].includes(nameOf(own) ?? '')
  })
  if (blends || isName(entry(file, entry(file, dict, 'Group'), 'S'), 'Transparency')) return true
  // Up the page tree is not part of it.
  const inner = [...dict.entries].filter(([key]) => key !== 'Parent' && key !== 'P')
  return inner.some(([, each]) => isTransparent(file, each, seen))
}

/** The graphics state dictionaries among all: those that say so, or that stand in resources. */
function graphicsStates(file: PdfFile, dictionaries: PdfSubject['dictionaries']): PdfSubject['dictionaries'] {
  const listed = new Set<PdfObject>()
  for (const { dict } of dictionaries) {
    const states = file.resolve(dict.entries.get('ExtGState'))
    if (isDict(states)) for (const state of states.entries.values()) listed.add(file.resolve(state))
  }
  return dictionaries.filter(({ dict }) => listed.has(dict) || isName(dict.entries.get('Type'), 'ExtGState'))
}
