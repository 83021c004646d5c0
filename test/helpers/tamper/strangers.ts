import { signDetached } from '../../../src/signing/cms/sign.ts'
import { isDocumentTimestamp } from '../../../src/signing/pdf/document-timestamp.ts'
import { appendSignature } from '../../../src/signing/pdf/later-revision.ts'
import { isDict } from '../../../src/signing/pdf/objects.ts'
import {
  fillGap,
  fixRange,
  signatureFields,
  signatureTexts,
  signedParts,
} from '../../../src/signing/pdf/signature-field.ts'
import { reservedFor } from '../../../src/signing/seal.ts'
import { never, signingTime } from '../signing.ts'
import type { Loot, Tampering } from './report.ts'

/*
 * Anybody may add a signature of their own to a signed report, which is told as that of somebody unknown. What they sign is
 * theirs to write: here it is such that one reader sees in it what another does not.
 */

/** The update of a further signature as text: its objects, its table and its trailer, to be changed before it is signed. */
type Parts = { readonly objects: string; readonly table: string; readonly trailer: string }

const said = { signedAt: signingTime, name: 'Approver', reason: 'Approved', location: 'Here' }

/** A report with the sound signature of somebody unknown, over an update that was changed. */
export async function signedByStranger(
  { report, impostor }: Loot,
  change: (parts: Parts, loot: { readonly page: string }) => Partial<Parts> = () => ({}),
): Promise<Uint8Array> {
  const { file, pdf, firstPage } = report
  const reserved = reservedFor({ signer: impostor })
  const isPerson = (value: ReturnType<typeof file.resolve>) => isDict(value) && !isDocumentTimestamp(file, value)
  const people = signatureFields(file).filter((field) => isPerson(file.resolve(field.entries.get('V'))))
  const open = appendSignature(file, signatureTexts(said), people.length + 1, reserved)
  const made = takenApart(Buffer.from(open.bytes.subarray(pdf.length)).toString('latin1'))
  const { objects, table, trailer } = { ...made, ...change(made, { page: `${firstPage.ref.number} 0 obj` }) }
  const start = pdf.length + objects.length
  const placed = table.replace(
    /^(\d+) (\d+)\n((?:\d{10} \d{5} n \n)+)/gm,
    (_, first: string, count: string, lines: string) =>
      placedLines(lines, { first: Number(first), count, objects, base: pdf.length }),
  )
  const bytes = new Uint8Array(
    Buffer.concat([pdf, Buffer.from(objects + placed + trailer.replace(/(startxref\n0*)\d+/, `$1${start}`), 'latin1')]),
  )
  const at = pdf.length + objects.indexOf(`${open.signature.number} 0 obj`)
  const range = fixRange(bytes, at, reserved)
  fillGap(bytes, range, (await signDetached(signedParts(bytes, range), impostor, never)).cms)
  return bytes
}

function takenApart(update: string): Parts {
  const table = update.lastIndexOf('\nxref\n') + 1
  const trailer = update.indexOf('trailer\n', table)
  return { objects: update.slice(0, table), table: update.slice(table, trailer), trailer: update.slice(trailer) }
}

/** Lines of the table with the offsets and generations that the objects have. */
function placedLines(
  lines: string,
  { first, count, objects, base }: { first: number; count: string; objects: string; base: number },
): string {
  const placed = lines
    .trimEnd()
    .split('\n')
    .map((_, i) => {
      const match = new RegExp(`(?:^|\\n)(${first + i} (\\d+) obj)`).exec(objects)
      const at = match ? base + match.index + match[0].length - (match[1]?.length ?? 0) : 0
      return `${String(at).padStart(10, '0')} ${(match?.[2] ?? '0').padStart(5, '0')} n \n`
    })
  return `${first} ${count}\n${placed.join('')}`
}

/** In place of the first of a text; an update that lacks it is no attack. */
const put = (text: string, before: string | RegExp, after: string): string => {
  const changed = text.replace(before, after)
  if (changed === text) throw new TypeError(`the update lacks ${before}`)
  return changed
}

const stranger = (name: string, change: Parameters<typeof signedByStranger>[1]): Tampering => ({
  name: `a stranger signs an update ${name}`,
  code: 'modified-after-signing',
  make: (loot) => signedByStranger(loot, change),
})

const hidden = '1 0 obj <</Type /Catalog>> endobj'

export const strangers: readonly Tampering[] = [
  stranger('that hides objects behind the size of its trailer', ({ trailer }) => ({
    trailer: put(trailer, /\/Size \d+/, '/Size 3'),
  })),
  stranger('that writes the page under another generation, so that nothing leads to it', ({ objects }, { page }) => ({
    objects: put(objects, page, page.replace(' 0 obj', ' 1 obj')),
  })),
  stranger('with an object in a comment', ({ objects }) => ({
    objects: put(objects, '<</Type /Annot', `%${hidden}\n<</Type /Annot`),
  })),
  stranger('with an object in a comment of its table', ({ table }) => ({
    table: put(table, 'xref\n', `xref\n%${hidden}\n`),
  })),
  stranger('with an object in a comment of its trailer', ({ trailer }) => ({
    trailer: put(trailer, 'trailer\n', `trailer\n%${hidden}\n`),
  })),
  stranger('with a comment behind a stream', ({ objects }) => ({
    objects: put(objects, 'stream\n\nendstream', `stream\n%${hidden}\nendstream`),
  })),
  stranger('whose reason is spelt as an object', ({ objects }) => ({
    objects: put(objects, '/Reason (Approved)', `/Reason (\n${hidden}\n)`),
  })),
  stranger('whose reason is spelt in octal', ({ objects }) => ({
    objects: put(objects, '/Reason (Approved)', '/Reason (\\101pproved)'),
  })),
  stranger('with a name spelt in hexadecimal', ({ objects }) => ({
    objects: put(objects, '/Type /Annot', '/Type /Ann#6ft'),
  })),
  stranger('with a number spelt otherwise', ({ objects }) => ({ objects: put(objects, '/F 132', '/F +132') })),
  stranger('with blank lines before an object', ({ objects }) => ({
    objects: put(objects, 'endobj\n', 'endobj\n\n\n'),
  })),
  stranger('that frees an object beside', ({ table }) => ({
    table: put(table, 'xref\n', 'xref\n0 1\n0000000000 65535 f \n'),
  })),
  stranger('whose table is found by a number with zeros', ({ trailer }) => ({
    trailer: put(trailer, 'startxref\n', 'startxref\n000'),
  })),
  stranger('that names another document identifier', ({ trailer }) => ({
    trailer: put(trailer, /\/ID \[<([0-9A-F]{2})/, '/ID [<00'),
  })),
  stranger('that names a second one', ({ trailer }) => ({
    trailer: put(trailer, /\/ID \[(<[0-9A-F]+>) <[0-9A-F]+>\]/, '/ID [$1 <00>]'),
  })),
  stranger('that says who may change what', ({ objects }) => ({
    objects: put(
      objects,
      '/Location (Here)',
      '/Location (Here)/Reference [<</Type /SigRef /TransformMethod /FieldMDP /TransformParams <</Action /All>>>>]',
    ),
  })),
  stranger('whose field locks others', ({ objects }) => ({
    objects: put(objects, '/FT /Sig', '/FT /Sig/Lock <</Type /SigFieldLock /Action /All>>'),
  })),
  stranger('that has readers draw all fields anew', ({ objects }) => ({
    objects: put(objects, '/SigFlags 3', '/SigFlags 3/NeedAppearances true'),
  })),
  stranger('after which nobody may look at signatures', ({ objects }) => ({
    objects: put(objects, '/SigFlags 3', '/SigFlags 0'),
  })),
  stranger('that makes it a certified one', ({ objects }) => ({
    objects: put(objects, '/Type /Catalog', '/Perms <</DocMDP 1 0 R>>/Type /Catalog'),
  })),
  stranger('that switches layers', ({ objects }) => ({
    objects: put(objects, '/Type /Catalog', '/OCProperties <</OCGs [] /D <</BaseState /OFF>>>>/Type /Catalog'),
  })),
]
