import { overwrite, type Report, type Tampering } from './report.ts'

/*
 * Signature wrapping (CCS 2019): what is signed stays, moved or enclosed, and the signature's own room or the space that
 * it opens carries something that nobody signed. Each writes a text over the end of the zeros behind the CMS, or puts it
 * between the two signed parts.
 */

/** Closes the value early and writes into the rest of the room; the room's own `>` ends what is left. */
function inRoom(report: Report, text: string): Uint8Array {
  const start = report.gapStart + 1 + report.cms.length * 2
  const size = report.gapEnd - 1 - start
  if (text.length + 2 > size) throw new TypeError('no room')
  return overwrite(report.pdf, start, `>${text}<`)
}

/** Puts the second signed part at the end and something between, as a new range says. */
function apart(report: Report, between: (offset: number) => string): Uint8Array {
  const text = between(report.gapEnd)
  const front = report.pdf.subarray(0, report.gapEnd)
  return Buffer.concat([front, Buffer.from(text, 'latin1'), report.pdf.subarray(report.gapEnd)])
}

export const wrappings: readonly Tampering[] = [
  {
    name: 'a second signed range stands in the room of the signature',
    make: ({ report }) => inRoom(report, `/ByteRange[0 ${report.gapStart} ${report.gapEnd} 1]/Rest `),
  },
  {
    name: 'a second signature value stands in the room of the signature',
    make: ({ report }) => inRoom(report, '/Contents <00>/Rest '),
  },
  {
    name: 'another reason stands in the room of the signature',
    make: ({ report }) => inRoom(report, '/Reason(Approved)/Rest '),
  },
  {
    name: 'an object stands in the room of the signature',
    make: ({ report }) =>
      inRoom(report, `>>endobj\n2 0 obj<</Type/Page>>endobj\n${report.signature.number} 0 obj<</Rest `),
  },
  { name: 'a comment stands in the room of the signature', make: ({ report }) => inRoom(report, '%free\n/Rest ') },
  {
    name: 'the second signed part is moved behind a new object',
    make: ({ report }) => apart(report, () => '>>endobj\n2 0 obj<</Type/Page>>endobj\n9 0 obj<<'),
  },
  {
    name: 'the second signed part is moved behind a range of its own',
    make: ({ report }) =>
      apart(report, (offset) => {
        const tail = report.pdf.length - report.gapEnd
        const make = (size: number) => `/ByteRange[0 ${report.gapStart} ${offset + size} ${tail}]`
        return make(make(40).length)
      }),
  },
  {
    name: 'the second signed part is moved behind a cross-reference table of its own',
    make: ({ report }) =>
      apart(report, (offset) => `\nxref\n0 0\ntrailer<</Size 1/Root 2 0 R>>\nstartxref\n${offset + 1}\n%%EOF\n`),
  },
  {
    name: 'all of the signed file is wrapped as a stream of another',
    make: ({ report }) => {
      const head = `%PDF-1.7\n9 0 obj<</Length ${report.pdf.length}>>stream\n`
      return Buffer.concat([Buffer.from(head), report.pdf, Buffer.from('\nendstream endobj\n%%EOF\n')])
    },
  },
  {
    name: 'another file stands before the signed one',
    make: ({ report, printed }) => Buffer.concat([printed, report.pdf]),
  },
]
