import { fromLatin1 } from '../bytes.ts'
import { entry, type PdfFile } from '../pdf/file.ts'
import { isArray, isDict, isName, isStream, type PdfObject } from '../pdf/objects.ts'
import { writeObject } from '../pdf/write.ts'
import { nameOf } from './document.ts'
import type { Rule } from './rule.ts'
import type { PdfSubject } from './subject.ts'

/** Rules over the colours that are painted with. */
export const colourRules: readonly Rule[] = [
  {
    id: 'output-intent',
    clauses: { 'PDF/A-3b': '6.2.3' },
    says: 'An output intent GTS_PDFA1 has a display or printer profile for grey, RGB or CMYK, the same in all of them.',
    check({ file, decode }, look) {
      const list = entry(file, file.catalog, 'OutputIntents')
      const all = isArray(list) ? list.items.map((item) => file.resolve(item)) : []
      const profiles = new Set<PdfObject>()
      for (const intent of all) {
        look.saw()
        const profile = entry(file, intent, 'DestOutputProfile')
        if (isName(entry(file, intent, 'S'), 'GTS_PDFX') && entry(file, intent, 'DestOutputProfileRef') !== null) {
          look.fault(file.catalogRef.number, '/DestOutputProfileRef')
        }
        if (profile === null) continue
        profiles.add(profile)
        const facts = isStream(profile) ? profileOf(decode(profile)) : null
        const good = facts && ['prtr', 'mntr'].includes(facts.use) && ['GRAY', 'RGB ', 'CMYK'].includes(facts.space)
        if (!good || facts.version >= 5) look.fault(file.catalogRef.number, 'the profile is none for output')
      }
      if (profiles.size > 1) look.fault(file.catalogRef.number, 'the output intents have different profiles')
    },
  },
  {
    id: 'device-colours',
    clauses: { 'PDF/A-3b': '6.2.4.3' },
    says: 'Device colours are those of the output intent, or a default colour space stands for them.',
    check(subject, look) {
      const { file } = subject
      const intent = outputSpace(subject)
      for (const { object, space, resources } of subject.content().colours) {
        for (const device of deviceSpaces(file, space)) {
          look.saw()
          const instead = entry(file, entry(file, resources, 'ColorSpace'), device.replace('Device', 'Default'))
          if (instead !== null) continue
          const good =
            device === 'DeviceGray' ? intent !== null : intent === { DeviceRGB: 'RGB ', DeviceCMYK: 'CMYK' }[device]
          if (!good) look.fault(object, `${device}, but the output intent is ${intent?.trim() ?? 'missing'}`)
        }
      }
    },
  },
  {
    id: 'icc-profiles',
    clauses: { 'PDF/A-3b': '6.2.4.2' },
    says: 'ICC profiles are of version 4 or below and for as many components as stated.',
    check({ file, objects, decode }, look) {
      for (const { number, value } of objects) {
        for (const space of iccSpaces(value)) {
          const profile = file.resolve(space)
          if (!isStream(profile)) continue
          look.saw()
          const bytes = decode(profile)
          if (!bytes) look.unchecked('a profile that cannot be unpacked')
          const facts = profileOf(bytes)
          const components = facts && { GRAY: 1, 'RGB ': 3, CMYK: 4, 'Lab ': 3 }[facts.space]
          if (bytes && (!facts || facts.version >= 5)) look.fault(number, 'no ICC profile of version 2 or 4')
          else if (bytes && entry(file, profile, 'N') !== components)
            look.fault(number, '/N is not that of the profile')
        }
      }
    },
  },
  {
    id: 'colourants',
    clauses: { 'PDF/A-3b': '6.1.13, 6.2.4.4' },
    says: 'DeviceN has at most 32 colourants, each spot colour described; a Separation is the same wherever it is named.',
    check({ file, content }, look) {
      const separations = new Map<string, string>()
      for (const { object, space } of content().colours) {
        if (!isArray(space)) continue
        const kind = nameOf(file.resolve(space.items[0]))
        if (kind === 'Separation') {
          look.saw()
          const name = nameOf(file.resolve(space.items[1])) ?? ''
          const meaning = space.items
            .slice(2)
            .map((item) => fromLatin1(writeObject(file.resolve(item))))
            .join()
          if ((separations.get(name) ?? meaning) !== meaning) look.fault(object, `Separation ${name} has two meanings`)
          separations.set(name, meaning)
        }
        if (kind !== 'DeviceN') continue
        look.saw()
        const names = file.resolve(space.items[1])
        const described = entry(file, file.resolve(space.items[4]), 'Colorants')
        const list = isArray(names) ? names.items.map((item) => nameOf(file.resolve(item)) ?? '') : []
        if (list.length > 32) look.fault(object, `${list.length} colourants`)
        for (const name of list) {
          if (['Cyan', 'Magenta', 'Yellow', 'Black', 'None'].includes(name)) continue
          if (entry(file, described, name) === null) look.fault(object, `the colourant ${name} is not described`)
        }
      }
    },
  },
]

type Profile = { readonly version: number; readonly use: string; readonly space: string }

/** What the header of an ICC profile says, ICC.1 section 7.2. */
function profileOf(bytes: Uint8Array | null): Profile | null {
  if (!bytes || bytes.length < 128 || fromLatin1(bytes.subarray(36, 40)) !== 'acsp') return null
  const use = fromLatin1(bytes.subarray(12, 16))
  return { version: bytes[8] ?? 0, use, space: fromLatin1(bytes.subarray(16, 20)) }
}

/** The colour space of the output intent, as its profile names it; null where there is none. */
export function outputSpace({ file, decode }: PdfSubject): string | null {
  const list = entry(file, file.catalog, 'OutputIntents')
  for (const item of isArray(list) ? list.items : []) {
    const profile = entry(file, item, 'DestOutputProfile')
    if (isName(entry(file, item, 'S'), 'GTS_PDFA1') && isStream(profile)) {
      return profileOf(decode(profile))?.space ?? null
    }
  }
  return null
}

function deviceSpaces(file: PdfFile, space: PdfObject, depth = 0): readonly string[] {
  const name = nameOf(space)
  if (name !== null) return name.startsWith('Device') ? [name] : []
  if (!isArray(space) || depth > 8) return []
  const kind = nameOf(file.resolve(space.items[0]))
  const under = kind === 'Indexed' || kind === 'Pattern' ? 1 : kind === 'Separation' || kind === 'DeviceN' ? 2 : null
  if (under === null) return kind?.startsWith('Device') ? [kind] : []
  return deviceSpaces(file, file.resolve(space.items[under]), depth + 1)
}

function* iccSpaces(value: PdfObject): Generator<PdfObject> {
  if (isArray(value)) {
    if (isName(value.items[0], 'ICCBased') && value.items[1] !== undefined) yield value.items[1]
    else for (const item of value.items) yield* iccSpaces(item)
  } else if (isStream(value)) yield* iccSpaces(value.dict)
  else if (isDict(value)) for (const inner of value.entries.values()) yield* iccSpaces(inner)
}
