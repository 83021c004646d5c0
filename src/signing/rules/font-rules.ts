import { entry } from '../pdf/file.ts'
import { isArray, isName, isStream, isString, readText } from '../pdf/objects.ts'
import { nameOf } from './document.ts'
import type { FontFacts } from './fonts.ts'
import type { Look, Rule } from './rule.ts'

/** The CMaps of ISO 32000-1 Table 118. */
const predefined =
  /^(?:(?:GB|GBpc|GBK|GBKp|GBK2K|UniGB|B5pc|HKscs|ETen|ETenms|CNS|UniCNS|83pv|90ms|90msp|90pv|Add|EUC|Ext|UniJIS|KSC|KSCms|KSCpc|UniKS)(?:-[A-Z0-9]+)*-[HV]|[HV])$/
const subtypes = ['Type1', 'MMType1', 'TrueType', 'Type3', 'Type0']

/** Rules over the fonts that text is shown in. */
export const fontRules: readonly Rule[] = [
  {
    id: 'font-dictionaries',
    clauses: { 'PDF/A-3b': '6.2.11.2' },
    says: 'Font dictionaries have their type, a name, and simple fonts as many widths as they say.',
    check({ file, fonts }, look) {
      for (const { object, dict, title, subtype } of fonts()) {
        look.saw()
        if (!isName(entry(file, dict, 'Type'), 'Font')) look.fault(object, `${title}: no /Type /Font`)
        if (!subtypes.includes(subtype)) look.fault(object, `${title}: /Subtype ${subtype}`)
        if (subtype !== 'Type3' && nameOf(entry(file, dict, 'BaseFont')) === null) look.fault(object, `no /BaseFont`)
        if (subtype === 'Type0') continue
        const [first, last] = [entry(file, dict, 'FirstChar'), entry(file, dict, 'LastChar')]
        const widths = entry(file, dict, 'Widths')
        const count = isArray(widths) ? widths.items.length : -1
        if (typeof first !== 'number' || typeof last !== 'number' || count !== last - first + 1) {
          look.fault(object, `${title}: widths for other codes than /FirstChar to /LastChar`)
        }
      }
    },
  },
  {
    id: 'font-embedded',
    clauses: { 'PDF/A-3b': '6.2.11.4.1', 'PDF/UA-1': '7.21.4.1 (Matterhorn 31-009)' },
    says: 'Every font that is painted is embedded.',
    check({ fonts }, look) {
      for (const { object, title, subtype, visible, program } of fonts()) {
        if (!visible || subtype === 'Type3') continue
        look.saw()
        if (!program) look.fault(object, title)
      }
    },
  },
  {
    id: 'font-program',
    clauses: { 'PDF/A-3b': '6.2.11.2' },
    says: 'A font program is of the kind that its key says.',
    check({ file, fonts }, look) {
      for (const { object, title, descriptor, program } of fonts()) {
        if (!program) continue
        look.saw()
        if (program.key === 'FontFile2' && !program.trueType) look.fault(object, `${title}: no TrueType program`)
        if (program.key !== 'FontFile3') continue
        const kind = nameOf(entry(file, entry(file, descriptor ?? undefined, 'FontFile3'), 'Subtype'))
        if (!['Type1C', 'CIDFontType0C', 'OpenType'].includes(kind ?? '')) look.fault(object, `${title}: /${kind}`)
      }
    },
  },
  {
    id: 'cid-system',
    clauses: { 'PDF/A-3b': '6.2.11.3.1, 6.2.11.3.3', 'PDF/UA-1': '7.21.3.1, 7.21.3.3' },
    says: 'Composite fonts are encoded as Identity, by a predefined CMap, or by an embedded one for their own collection.',
    check({ file, fonts }, look) {
      for (const { object, title, dict, descendant, subtype } of fonts()) {
        if (subtype !== 'Type0') continue
        look.saw()
        const encoding = entry(file, dict, 'Encoding')
        const known = nameOf(encoding)
        if (known === 'Identity-H' || known === 'Identity-V') continue
        if (known !== null && predefined.test(known)) look.unchecked(`the character collection of ${title}`)
        else if (!isStream(encoding)) look.fault(object, `${title}: the CMap ${known} is not embedded`)
        else {
          look.unchecked(`the CMap of ${title}`)
          for (const key of ['Registry', 'Ordering']) {
            const [own, other] = [descendant, encoding].map((each) => {
              const text = entry(file, entry(file, each ?? undefined, 'CIDSystemInfo'), key)
              return isString(text) ? readText(text) : null
            })
            if (!own || own !== other) look.fault(object, `${title}: another /${key}`)
          }
        }
      }
    },
  },
  {
    id: 'cid-to-glyph',
    clauses: { 'PDF/A-3b': '6.2.11.3.2', 'PDF/UA-1': '7.21.3.2' },
    says: 'An embedded CIDFontType2 has a /CIDToGIDMap.',
    check({ file, fonts }, look) {
      for (const { object, title, descendant, program } of fonts()) {
        if (!program || !isName(entry(file, descendant ?? undefined, 'Subtype'), 'CIDFontType2')) continue
        look.saw()
        if (entry(file, descendant ?? undefined, 'CIDToGIDMap') === null) look.fault(object, title)
      }
    },
  },
  {
    id: 'glyphs-present',
    clauses: { 'PDF/A-3b': '6.2.11.4.1', 'PDF/UA-1': '7.21.4.1' },
    says: 'Every glyph that text shows is in its font program.',
    check({ fonts }, look) {
      eachGlyph(fonts(), look, (font, code, { glyph }) =>
        glyph < (font.program?.trueType?.glyphs ?? 0) ? null : `code ${code} is glyph ${glyph}, which it lacks`,
      )
    },
  },
  {
    id: 'glyphs-defined',
    clauses: { 'PDF/A-3b': '6.2.11.8', 'PDF/UA-1': '7.21.8 (Matterhorn 31-030)' },
    says: 'No text shows the glyph .notdef.',
    check({ fonts }, look) {
      eachGlyph(fonts(), look, (_, code, { glyph }) => (glyph === 0 ? `code ${code} is .notdef` : null))
    },
  },
  {
    id: 'widths',
    clauses: { 'PDF/A-3b': '6.2.11.5', 'PDF/UA-1': '7.21.5 (Matterhorn 31-016)' },
    says: 'The width of every glyph shown is that in its font program, to a thousandth of the size.',
    check({ fonts }, look) {
      eachGlyph(fonts(), look, ({ program }, code, { glyph, width }) => {
        const real = program?.trueType?.width(glyph) ?? width
        return Math.abs(real - width) <= 1 ? null : `code ${code} is ${real.toFixed(1)} wide, stated ${width}`
      })
    },
  },
  {
    id: 'subset-lists',
    clauses: { 'PDF/A-3b': '6.2.11.4.2', 'PDF/UA-1': '7.21.4.2' },
    says: 'A /CIDSet lists every glyph shown.',
    check({ file, fonts, decode }, look) {
      for (const { object, title, descriptor, codes } of fonts()) {
        if (entry(file, descriptor ?? undefined, 'CharSet') !== null) look.unchecked(`the /CharSet of ${title}`)
        const set = entry(file, descriptor ?? undefined, 'CIDSet')
        if (!isStream(set)) continue
        look.saw()
        look.unchecked(`the glyphs of ${title} that are not shown`)
        const bits = decode(set)
        for (const code of bits && codes ? codes : []) {
          if (((bits?.[code >> 3] ?? 0) & (0x80 >> (code & 7))) === 0)
            look.fault(object, `${title}: ${code} is missing`)
        }
      }
    },
  },
  {
    id: 'truetype-encoding',
    clauses: { 'PDF/A-3b': '6.2.11.6', 'PDF/UA-1': '7.21.6' },
    says: 'Simple TrueType fonts are encoded as WinAnsi or MacRoman, or are symbolic, without an encoding and with one cmap.',
    check({ file, fonts }, look) {
      for (const { object, title, subtype, dict, descriptor, program } of fonts()) {
        if (subtype !== 'TrueType') continue
        look.saw()
        const flags = entry(file, descriptor ?? undefined, 'Flags')
        const encoding = entry(file, dict, 'Encoding')
        if (((typeof flags === 'number' ? flags : 0) & 4) !== 0) {
          const maps = program?.trueType?.encodings
          if (encoding !== null) look.fault(object, `${title}: symbolic, with an /Encoding`)
          if (maps && maps.count !== 1 && !maps.symbol)
            look.fault(object, `${title}: ${maps.count} cmaps, none symbolic`)
          continue
        }
        const base = nameOf(encoding) ?? nameOf(entry(file, encoding, 'BaseEncoding'))
        if (base !== 'WinAnsiEncoding' && base !== 'MacRomanEncoding') look.fault(object, `${title}: ${base}`)
        if (entry(file, encoding, 'Differences') !== null) look.unchecked(`the /Differences of ${title}`)
      }
    },
  },
  {
    id: 'to-unicode',
    clauses: { 'PDF/UA-1': '7.21.7 (Matterhorn 10-001, 31-027)' },
    says: 'Every character code shown has its Unicode text.',
    check({ file, fonts }, look) {
      for (const { object, title, subtype, dict, descendant, codes, toUnicode } of fonts()) {
        look.saw()
        if (toUnicode === 'unreadable') look.unchecked(`the /ToUnicode of ${title}`)
        else if (toUnicode === 'none') {
          const base = nameOf(entry(file, dict, 'Encoding'))
          const known = subtype !== 'Type0' && (base === 'WinAnsiEncoding' || base === 'MacRomanEncoding')
          // Predefined CMaps and collections lead to Unicode by way of tables that are not in the file.
          const ordering = entry(file, entry(file, descendant ?? undefined, 'CIDSystemInfo'), 'Ordering')
          const collected = isString(ordering) && /^(?:GB1|CNS1|Japan1|Korea1)$/.test(readText(ordering))
          if (collected || (base !== null && predefined.test(base))) look.unchecked(`the Unicode texts of ${title}`)
          else if (!known) look.fault(object, `${title} has no /ToUnicode`)
        } else if (codes === null) look.unchecked(`the codes of ${title}`)
        else {
          for (const code of codes) {
            look.saw()
            if (!toUnicode.get(code)) look.fault(object, `${title}: code ${code}`)
          }
        }
      }
    },
  },
  {
    id: 'unicode-values',
    clauses: { 'PDF/UA-1': '7.21.7 (Matterhorn 31-028, 31-029)' },
    says: 'No character code stands for U+0000, U+FEFF or U+FFFE.',
    check({ fonts }, look) {
      for (const { object, title, codes, toUnicode } of fonts()) {
        if (typeof toUnicode === 'string') continue
        for (const code of codes ?? []) {
          look.saw()
          if (/[\0\ufeff\ufffe]/.test(toUnicode.get(code) ?? '')) look.fault(object, `${title}: code ${code}`)
        }
      }
    },
  },
]

function eachGlyph(
  fonts: readonly FontFacts[],
  look: Look,
  judge: (font: FontFacts, code: number, of: { glyph: number; width: number }) => string | null,
): void {
  for (const font of fonts) {
    if (!font.visible) continue
    if (!font.glyph || !font.codes) {
      look.unchecked(`the glyphs of ${font.title}, which is no TrueType font under Identity`)
      continue
    }
    for (const code of font.codes) {
      look.saw()
      const wrong = judge(font, code, font.glyph(code))
      if (wrong !== null) look.fault(font.object, `${font.title}: ${wrong}`)
    }
  }
}
