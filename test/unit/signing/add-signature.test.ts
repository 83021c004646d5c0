import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SigningError } from '../../../src/model/errors.ts'
import { addSignature } from '../../../src/signing/add-signature.ts'
import type { KeyType } from '../../../src/signing/keys/identity.ts'
import { openPdf, type PdfFile, pages } from '../../../src/signing/pdf/file.ts'
import { catalogWithField, pageWithWidget } from '../../../src/signing/pdf/later-revision.ts'
import {
  array,
  dict,
  isDict,
  name,
  type PdfDict,
  type PdfObject,
  textString,
  withEntries,
} from '../../../src/signing/pdf/objects.ts'
import {
  blankAppearance,
  fieldDictionary,
  nowhere,
  signatureDictionary,
} from '../../../src/signing/pdf/signature-field.ts'
import { type Update, updateOf } from '../../../src/signing/pdf/update.ts'
import { reservedFor, seal } from '../../../src/signing/seal.ts'
import { verifyPdf } from '../../../src/signing/verify-pdf.ts'
import { chromiumPdf, clock, identityOf, never, sign, signerOf, signingTime, withByte } from '../../helpers/signing.ts'

const anchors = (['p256', 'p384', 'rsa3072'] as const).map((keyType) => identityOf(keyType).rootCertificate)
const verify = (bytes: Uint8Array, trusted: readonly string[] = anchors) =>
  verifyPdf(bytes, { anchors: trusted, at: signingTime })

async function approve(pdf: Uint8Array, keyType: KeyType, reason = 'Approved'): Promise<Uint8Array> {
  const signer = await signerOf(identityOf(keyType))
  return (await addSignature(pdf, { signer, reason, clock, signal: never })).pdf
}

const one = (await sign(chromiumPdf())).pdf
const two = await approve(one, 'rsa3072')
const three = await approve(two, 'p384', 'Seen (by the board)')

describe('a report that several people signed', () => {
  test('is accepted and says who signed how much of it', async () => {
    const verdict = await verify(three)
    expect(verdict).toMatchObject({ verdict: 'accepted', level: 'B-B', revisions: 4, reasons: [] })
    expect(verdict.attachments).toHaveLength(1)
    expect(verdict.signatures.map(({ reason, bytes }) => ({ reason, bytes }))).toEqual([
      { reason: 'Issued (as is) \\ with brackets) and Ümlaut', bytes: one.length },
      { reason: 'Approved', bytes: two.length },
      { reason: 'Seen (by the board)', bytes: three.length },
    ])
    const first = await verify(one)
    expect(verdict.signer).toEqual(first.signer)
    expect(new Set(verdict.signatures.map(({ signer }) => signer.fingerprint)).size).toBe(3)
  })

  test('holds what was signed before byte for byte', () => {
    expect(Buffer.compare(three.subarray(0, two.length), two)).toBe(0)
    expect(Buffer.compare(two.subarray(0, one.length), one)).toBe(0)
  })

  test('is refused where its issuer is none that the reader trusts; a later signer then stays unproven', async () => {
    const without = (missing: string | undefined) => anchors.filter((each) => each !== missing)
    const [issuer, last, second] = anchors
    const codes = async (missing: string | undefined) => {
      const { verdict, reasons } = await verify(three, without(missing))
      return { verdict, reasons: reasons.map(({ code, signature }) => [code, signature]) }
    }
    expect(await codes(issuer)).toMatchObject({ verdict: 'refused', reasons: [['signer-not-trusted', undefined]] })
    expect(await codes(second)).toEqual({ verdict: 'intact-signer-unproven', reasons: [['no-anchor', 1]] })
    expect(await codes(last)).toEqual({ verdict: 'intact-signer-unproven', reasons: [['no-anchor', 2]] })
  })

  test('is intact but unproven where nobody is trusted, once for each signer', async () => {
    const { verdict, reasons } = await verify(three, [])
    expect({ verdict, codes: reasons.map(({ code }) => code) }).toEqual({
      verdict: 'intact-signer-unproven',
      codes: ['no-anchor', 'no-anchor', 'no-anchor'],
    })
  })

  test('stands by itself up to the first signature of somebody unknown, whatever was added after it', async () => {
    const known = (...keyTypes: readonly KeyType[]) => keyTypes.map((keyType) => identityOf(keyType).rootCertificate)
    const { signer } = await verify(one)
    const front = { bytes: one.length, verdict: 'accepted', signer: signer?.subject, timestamp: null }
    expect((await verify(two, known('p256'))).front).toEqual(front)
    expect((await verify(three, known('p256'))).front).toEqual(front)
    expect((await verify(three, known('p256', 'p384'))).front).toEqual(front)
    expect((await verify(three, known('p256', 'rsa3072'))).front).toEqual({ ...front, bytes: two.length })
    const appended = Buffer.concat([two, Buffer.from(' ')])
    expect(await verify(appended, known('p256'))).toMatchObject({ verdict: 'refused', front })
    expect(await verify(appended, [])).toMatchObject({
      front: { verdict: 'intact-signer-unproven', bytes: two.length },
    })
    for (const bytes of [one, three]) expect((await verify(bytes)).front).toBeNull()
    expect((await verify(three, [])).front).toBeNull()
    expect((await verify(appended, known('p384'))).front).toBeNull()
  })

  test('says of each signature whether anybody trusted vouches for it', async () => {
    const [issuer] = anchors
    const { signatures } = await verify(two, issuer === undefined ? [] : [issuer])
    expect(signatures.map(({ anchored }) => anchored)).toEqual([true, false])
  })

  test('is refused with any one byte changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(three.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        expect((await verify(withByte(three, at, (three[at] ?? 0) ^ mask))).verdict).toBe('refused')
      }),
      { numRuns: 300 },
    )
  })

  test('is refused where a signature in the middle is taken out', async () => {
    const { verdict } = await verify(Buffer.concat([one, three.subarray(two.length)]))
    expect(verdict).toBe('refused')
  })
})

type Change = {
  readonly update: Update
  readonly file: PdfFile
  readonly page: ReturnType<typeof pages>[number]
}
type Parts = { readonly field: PdfDict; readonly appearance: PdfObject; readonly dictionary: PdfDict }

/** Signs an update as a trusted person could with a tool of their own: the signature is sound, what it covers is not. */
async function signedUpdate(
  pdf: Uint8Array,
  change: (change: Change) => void,
  parts: (parts: Parts) => Partial<Parts> = () => ({}),
): Promise<Uint8Array> {
  const signer = await signerOf(identityOf('rsa3072'))
  const file = openPdf(pdf)
  const [page] = pages(file)
  if (!page) throw new TypeError('no page')
  const update = updateOf(file)
  const reserved = reservedFor({ signer })
  const text = { signedAt: signingTime, name: 'Approver', reason: 'Approved', location: '' }
  const signature = update.reserve()
  const appearanceAt = update.reserve()
  const made: Parts = {
    dictionary: signatureDictionary(text, reserved, false),
    appearance: blankAppearance(nowhere),
    field: fieldDictionary({ number: 2, page: page.ref, signature, appearance: appearanceAt, place: nowhere }),
  }
  const { dictionary, appearance, field } = { ...made, ...parts(made) }
  update.put(signature, dictionary)
  update.put(appearanceAt, appearance)
  const fieldAt = update.add(field)
  update.put(page.ref, pageWithWidget(file, page.page, fieldAt))
  update.put(file.catalogRef, catalogWithField(file, fieldAt))
  change({ update, file, page })
  return (await seal(update.write({}), signature, { signer, signal: never, reserved, signedAt: signingTime })).pdf
}

const stream = (text: string): PdfObject => ({ kind: 'stream', dict: dict({}), bytes: Buffer.from(text) })
const putPage = ({ update, page }: Change, entries: { readonly [key: string]: PdfObject }): void => {
  const current = update.get(page.ref)
  if (isDict(current)) update.put(page.ref, withEntries(current, entries))
}
const putCatalog = ({ update, file }: Change, entries: { readonly [key: string]: PdfObject }): void => {
  const current = update.get(file.catalogRef)
  if (isDict(current)) update.put(file.catalogRef, withEntries(current, entries))
}

describe('a further signature of somebody trusted that brings along', () => {
  test('nothing else is accepted', async () => {
    expect((await verify(await signedUpdate(one, () => undefined))).verdict).toBe('accepted')
  })

  test.each([
    ['another page', (change: Change): void => putPage(change, { Contents: change.update.add(stream('BT ET')) })],
    ['another page, its content in place', (change: Change) => putPage(change, { MediaBox: array(0, 0, 9, 9) })],
    [
      'an annotation',
      (change: Change) => putPage(change, { Annots: array(change.update.add(dict({ Type: name('Annot') }))) }),
    ],
    ['an action on the page', (change: Change) => putPage(change, { AA: dict({}) })],
    ['another language', (change: Change) => putCatalog(change, { Lang: textString('de') })],
    ['a script', (change: Change) => putCatalog(change, { OpenAction: dict({ S: name('JavaScript') }) })],
    ['other attachments', (change: Change) => putCatalog(change, { Names: dict({}) })],
    ['other attached files', (change: Change) => putCatalog(change, { AF: array() })],
    [
      'a form without the first signature',
      (change: Change) => putCatalog(change, { AcroForm: dict({ Fields: array(), SigFlags: 3 }) }),
    ],
    ['an object that nothing names', (change: Change): void => void change.update.add(textString('free'))],
    [
      'another document information',
      (change: Change) =>
        change.update.put(change.file.trailer.entries.get('Info') as never, dict({ Title: textString('Another') })),
    ],
    [
      'the second page anew',
      (change: Change) => {
        const second = pages(change.file)[1]
        if (second) change.update.put(second.ref, second.page)
      },
    ],
  ] as const)('%s is refused', async (_, change) => {
    const { verdict, reasons } = await verify(await signedUpdate(one, change))
    expect({ verdict, codes: reasons.map(({ code }) => code) }).toEqual({
      verdict: 'refused',
      codes: ['modified-after-signing'],
    })
  })

  test.each([
    [
      'a field that can be seen',
      ({ field }: Parts): Partial<Parts> => ({ field: withEntries(field, { Rect: array(0, 0, 595, 842) }) }),
    ],
    ['a field with an action', ({ field }: Parts) => ({ field: withEntries(field, { AA: dict({}) }) })],
    [
      'a field with a caption',
      ({ field }: Parts) => ({ field: withEntries(field, { MK: dict({ CA: textString('Approved') }) }) }),
    ],
    ['a field of another name', ({ field }: Parts) => ({ field: withEntries(field, { T: textString('Signature1') }) })],
    [
      'a field with a note',
      ({ field }: Parts) => ({ field: withEntries(field, { Contents: textString('All is well') }) }),
    ],
    [
      'a field that shows something',
      () => ({ appearance: { ...blankAppearance(nowhere), bytes: Buffer.from('0 0 9 9 re f') } }),
    ],
    ['a field that shows something of a size', () => ({ appearance: blankAppearance([0, 0, 595, 842]) })],
    ['a certification', ({ dictionary }: Parts) => ({ dictionary: withEntries(dictionary, { Reference: array() }) })],
    [
      'a build description',
      ({ dictionary }: Parts) => ({ dictionary: withEntries(dictionary, { Prop_Build: dict({}) }) }),
    ],
    [
      'a reason that is no text',
      ({ dictionary }: Parts) => ({ dictionary: withEntries(dictionary, { Reason: name('Approved') }) }),
    ],
  ] as const)('%s is refused', async (_, parts) => {
    const { verdict, reasons } = await verify(await signedUpdate(one, () => undefined, parts))
    expect({ verdict, codes: reasons.map(({ code }) => code) }).toEqual({
      verdict: 'refused',
      codes: ['modified-after-signing'],
    })
  })

  test('itself to a certified report is refused', async () => {
    const certified = (await sign(chromiumPdf(), { certify: true })).pdf
    expect((await verify(certified)).verdict).toBe('accepted')
    expect((await verify(await signedUpdate(certified, () => undefined))).verdict).toBe('refused')
  })

  test('an update in between that nobody signed is refused', async () => {
    const between = updateOf(openPdf(one)).write({}).bytes
    expect((await verify(await signedUpdate(between, () => undefined))).verdict).toBe('refused')
  })
})

describe('a signature is not added to', () => {
  const code = (pdf: Uint8Array): Promise<string> =>
    approve(pdf, 'rsa3072').then(
      () => 'added',
      (error: unknown) => (error instanceof SigningError ? error.code : String(error)),
    )

  test('a report that was altered, or never signed', async () => {
    expect(await code(withByte(one, 5000, 0))).toBe('AFD_PDF_REFUSED')
    expect(await code(Buffer.concat([one, Buffer.from('\n')]))).toBe('AFD_PDF_REFUSED')
    expect(await code(chromiumPdf())).toBe('AFD_PDF_REFUSED')
  })

  test('a certified report', async () => {
    expect(await code((await sign(chromiumPdf(), { certify: true })).pdf)).toBe('AFD_PDF_CERTIFIED')
  })

  test('a report that eight people have signed', async () => {
    let pdf = three
    for (let count = 3; count < 8; count++) pdf = await approve(pdf, 'p256')
    expect((await verify(pdf)).signatures).toHaveLength(8)
    expect(await code(pdf)).toBe('AFD_PDF_SIGNATURES')
  })
})
