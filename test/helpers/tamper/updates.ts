import { array, dict, isArray, isRef, name, textString, withEntries } from '../../../src/signing/pdf/objects.ts'
import { dictOf, putCatalog, putPage, stream } from './changes.ts'
import { appended, type Tampering, updated } from './report.ts'

/* Incremental saving (CCS 2019): what was signed stays byte for byte, and something is added behind it. */

const modified = 'modified-after-signing'

export const incrementalSavings: readonly Tampering[] = [
  {
    name: 'an update shows another page',
    code: modified,
    make: ({ report }) =>
      updated(report, (update) => putPage(update, report, { Contents: update.add(stream('BT ET')) })),
  },
  {
    name: 'an update adds a page',
    code: modified,
    make: ({ report }) =>
      updated(report, (update) => {
        const at = report.firstPage.page.entries.get('Parent')
        const tree = dictOf(report.file.resolve(at))
        const kids = tree.entries.get('Kids')
        if (isRef(at))
          update.put(
            at,
            withEntries(tree, {
              Kids: array(...(isArray(kids) ? kids.items : []), update.add(dict({ Type: name('Page'), Parent: at }))),
            }),
          )
      }),
  },
  {
    name: 'an update names another catalog entry',
    code: modified,
    make: ({ report }) => updated(report, (update) => putCatalog(update, report, { Lang: textString('de') })),
  },
  {
    name: 'an update opens with a script',
    code: modified,
    make: ({ report }) =>
      updated(report, (update) =>
        putCatalog(update, report, { OpenAction: dict({ S: name('JavaScript'), JS: textString('app.alert(1)') }) }),
      ),
  },
  {
    name: 'an update takes the form away',
    code: modified,
    make: ({ report }) => updated(report, (update) => putCatalog(update, report, { AcroForm: null })),
  },
  { name: 'an update changes nothing', code: modified, make: ({ report }) => updated(report, () => undefined) },
  {
    name: 'an update adds an object that nothing names',
    code: modified,
    make: ({ report }) => updated(report, (update) => void update.add(textString('free'))),
  },
  {
    name: 'an update writes the signature dictionary again',
    code: modified,
    make: ({ report }) =>
      updated(report, (update) => update.put(report.signature, report.file.resolve(report.signature))),
  },
  {
    name: 'an update writes a copy of the signature with another reason',
    code: modified,
    make: ({ report }) =>
      updated(report, (update) =>
        update.put(
          report.signature,
          withEntries(dictOf(report.file.resolve(report.signature)), { Reason: textString('Approved') }),
        ),
      ),
  },
  {
    name: 'an update brings another document title',
    code: modified,
    make: ({ report }) => {
      const info = report.file.trailer.entries.get('Info')
      return updated(report, (change) => {
        if (isRef(info)) change.put(info, dict({ Title: textString('Another') }))
      })
    },
  },
  {
    name: 'an update adds a document security store with an object of another kind',
    code: modified,
    make: ({ report }) =>
      updated(report, (update) =>
        putCatalog(update, report, {
          DSS: update.add(dict({ Certs: array(update.add(stream('x'))), Evil: update.add(stream('y')) })),
        }),
      ),
  },
  {
    name: 'an update has a body but no table',
    make: ({ report }) => appended(report, `${report.firstPage.ref.number} 0 obj\n<</Type /Page>>\nendobj\n`),
  },
  {
    name: 'an update has a table but no trailer',
    make: ({ report }) => appended(report, `xref\n0 0\nstartxref\n${report.pdf.length}\n%%EOF\n`),
  },
  {
    name: 'an update has a trailer but no table',
    make: ({ report }) => appended(report, 'trailer\n<</Size 1>>\nstartxref\n0\n%%EOF\n'),
  },
  {
    name: 'an update leaves the signed revision out of its chain',
    make: ({ report }) => {
      const body = `1 0 obj\n<</Type /Catalog>>\nendobj\n`
      const line = `${String(report.pdf.length).padStart(10, '0')} 00000 n \n`
      return appended(
        report,
        `${body}xref\n1 1\n${line}trailer\n<</Size 2 /Root 1 0 R>>\nstartxref\n${report.pdf.length + body.length}\n%%EOF\n`,
      )
    },
  },
  {
    name: 'an update frees the page',
    make: ({ report }) => {
      const { number } = report.file.catalogRef
      const previous = report.file.sections[0]?.start ?? 0
      return appended(
        report,
        `xref\n${report.firstPage.ref.number} 1\n0000000000 00001 f \ntrailer\n<</Size 99 /Root ${number} 0 R /Prev ${previous}>>\nstartxref\n${report.pdf.length}\n%%EOF\n`,
      )
    },
  },
  {
    name: 'an update has a cross-reference stream',
    make: ({ report }) => {
      const at = report.pdf.length
      return appended(
        report,
        `99 0 obj\n<</Type /XRef /Size 100 /W [1 2 1] /Length 0>>\nstream\n\nendstream\nendobj\nstartxref\n${at}\n%%EOF\n`,
      )
    },
  },
]
