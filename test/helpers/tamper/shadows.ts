import { array, dict, name, ref, textString, withEntries } from '../../../src/signing/pdf/objects.ts'
import { dictOf, putCatalog } from './changes.ts'
import { appended, type Tampering, updated } from './report.ts'

/*
 * Shadow attacks (Mainka et al., NDSS 2021): the author of a document prepares it, has it signed, and changes afterwards
 * what it shows by means that look harmless.
 */

const modified = 'modified-after-signing'

export const shadows: readonly Tampering[] = [
  {
    name: 'shadow attack, hide: an update takes away the picture that covered a prepared text',
    code: modified,
    make: ({ prepared }) =>
      updated(prepared, (update) =>
        update.put(ref(5), {
          kind: 'stream',
          dict: dict({ Type: name('XObject'), Subtype: name('Form'), BBox: array(0, 0, 1, 1) }),
          bytes: new Uint8Array(),
        }),
      ),
  },
  {
    name: 'shadow attack, hide: an update frees the picture that covered a prepared text',
    make: ({ prepared }) => {
      const { number } = prepared.file.catalogRef
      const previous = prepared.file.sections[0]?.start ?? 0
      return appended(
        prepared,
        `xref\n5 1\n0000000000 00001 f \ntrailer\n<</Size 99 /Root ${number} 0 R /Prev ${previous}>>\nstartxref\n${prepared.pdf.length}\n%%EOF\n`,
      )
    },
  },
  {
    name: 'shadow attack, replace: an update gives a prepared form field another appearance',
    code: modified,
    make: ({ prepared }) =>
      updated(prepared, (update) =>
        update.put(ref(7), {
          kind: 'stream',
          dict: dict({ Type: name('XObject'), Subtype: name('Form'), BBox: array(0, 0, 99, 9) }),
          bytes: Buffer.from('BT (Paid) Tj ET'),
        }),
      ),
  },
  {
    name: 'shadow attack, replace: an update gives a prepared form field another value',
    code: modified,
    make: ({ prepared }) =>
      updated(prepared, (update) =>
        update.put(ref(6), withEntries(dictOf(prepared.file.load(6)), { V: textString('satisfied') })),
      ),
  },
  {
    name: 'shadow attack, replace: an update brings another font',
    code: modified,
    make: ({ prepared }) =>
      updated(prepared, (update) => update.put(ref(8), dict({ Type: name('Font'), Subtype: name('Type3') }))),
  },
  {
    name: 'shadow attack, hide and replace: an update shows prepared hidden pages',
    code: modified,
    make: ({ prepared }) => updated(prepared, (update) => putCatalog(update, prepared, { Pages: ref(9) })),
  },
  {
    name: 'shadow attack, hide and replace: an update points the page at a prepared object',
    make: ({ prepared }) => {
      const at = prepared.text.indexOf('10 0 obj')
      const previous = prepared.file.sections[0]?.start ?? 0
      const line = `${String(at).padStart(10, '0')} 00000 n \n`
      return appended(
        prepared,
        `xref\n3 1\n${line}trailer\n<</Size 99 /Root ${prepared.file.catalogRef.number} 0 R /Prev ${previous}>>\nstartxref\n${prepared.pdf.length}\n%%EOF\n`,
      )
    },
  },
]
