import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLower, type SignatureLevel, signatureLevels } from '../../../src/model/signature-level.ts'
import { readSignedData, writeSignedData } from '../../../src/signing/cms/signed-data.ts'
import { addDocumentTimestamp } from '../../../src/signing/extend-pdf.ts'
import type { KeyType } from '../../../src/signing/keys/identity.ts'
import { rfc3161Timestamper } from '../../../src/signing/timestamp.ts'
import type { PdfVerdict } from '../../../src/signing/verdict.ts'
import { verifyPdf } from '../../../src/signing/verify-pdf.ts'
import { identityOf, never, sign, signingTime } from '../signing.ts'
import { type Authority, startAuthority } from '../time-stamp-authority.ts'
import { tamperings } from './classes.ts'
import { laterData } from './later-data.ts'
import { approverType, lootOf } from './loot.ts'
import { type Loot, withCms } from './report.ts'
import { signedByStranger } from './strangers.ts'

export type SuiteOptions = {
  /** Signed by a second person too. */
  readonly approved?: boolean
  /** Tries the first few ways of each class only. */
  readonly quick?: boolean
}

/** Tries every way to tamper with reports of one kind of key at one level; the untouched ones are accepted. */
export function tamperSuite(keyType: KeyType, level: SignatureLevel, options: SuiteOptions = {}): void {
  const { approved = false, quick = false } = options
  describe(`a report at level ${level} with a ${keyType} key${approved ? ', signed by two' : ''}`, () => {
    let loot: Loot
    let authority: Authority
    let anchors: readonly string[]
    const people = [keyType, ...(approved ? [approverType(keyType)] : [])].map(
      (each) => identityOf(each).rootCertificate,
    )

    beforeAll(async () => {
      authority = await startAuthority({ keyType: keyType === 'rsa3072' ? 'rsa' : 'ec' })
      const timestamper = rfc3161Timestamper({ url: authority.url })
      loot = await lootOf({ keyType, level, timestamper, timesCrl: authority.crl, approved })
      anchors = [...people, authority.rootCertificate]
    })

    afterAll(() => authority[Symbol.asyncDispose]())

    const verify = (bytes: Uint8Array): Promise<PdfVerdict> => verifyPdf(bytes, { anchors, at: signingTime })

    test('is accepted as it was signed, certified and prepared ones as well', async () => {
      for (const { pdf } of [loot.report, loot.other, loot.prepared]) {
        expect(await verify(pdf)).toMatchObject({ verdict: 'accepted', level, reasons: [] })
      }
      // Nothing is added to what is certified.
      const certified = level === 'B-B' ? 'B-B' : 'B-T'
      expect(await verify(loot.certified.pdf)).toMatchObject({ verdict: 'accepted', level: certified, reasons: [] })
    })

    test('is intact but unproven once a stranger signs it too, in an update that brings nothing else', async () => {
      const { verdict, reasons } = await verify(await signedByStranger(loot))
      const unproven = { code: 'no-anchor', signature: people.length }
      expect({ verdict, reasons }).toMatchObject({ verdict: 'intact-signer-unproven', reasons: [unproven] })
    })

    test('is sound at a lower level once it is cut back to an earlier revision: only somebody who knows the level issued can tell', async () => {
      const { layers } = await verify(loot.report.pdf)
      const levels: (SignatureLevel | null)[] = []
      for (const { bytes } of layers) {
        const cut = await verify(loot.report.pdf.subarray(0, bytes))
        expect(cut.verdict).toBe('accepted')
        levels.push(cut.level)
      }
      const signed = level === 'B-B' ? 'B-B' : 'B-T'
      const later = signatureLevels.slice(2, signatureLevels.indexOf(level) + 1)
      expect(levels).toEqual([signed, ...(approved ? [signed] : []), ...later])
    })

    if (level === 'B-T' && !approved) {
      test('is a sound B-B report once its timestamp is cut out: only somebody who knows the level issued can tell', async () => {
        const data = readSignedData(loot.report.cms)
        const cut = withCms(loot.report, writeSignedData({ ...data, unsigned: new Map() }))
        expect(await verify(cut)).toMatchObject({ verdict: 'accepted', level: 'B-B', timestamp: null })
      })

      test('is not accepted with the timestamp of an authority that nobody trusts', async () => {
        await using stranger = await startAuthority()
        const timestamper = rfc3161Timestamper({ url: stranger.url })
        const codes = async (pdf: Uint8Array) => {
          const { verdict, reasons } = await verify(pdf)
          return [verdict, ...reasons.map(({ code }) => code)]
        }
        const unproven = ['intact-signer-unproven', 'timestamp-not-trusted']
        expect(await codes((await sign(loot.printed, { keyType, timestamper })).pdf)).toEqual(unproven)
        expect(await codes(await addDocumentTimestamp(loot.report.pdf, timestamper, never))).toEqual(unproven)
      })
    }

    for (const [className, all] of Object.entries(tamperings)) {
      const possible = all.filter(({ levels = signatureLevels }) => levels.includes(level))
      const tried = quick ? possible.slice(0, 4) : possible
      if (tried.length === 0) continue
      test.each(tried)(`is refused (${className}) where $name`, async ({ make, code }) => {
        const forged = await make(loot)
        expect(
          [loot.report, loot.other, loot.certified, loot.prepared].some(({ pdf }) => Buffer.compare(pdf, forged) === 0),
        ).toBe(false)
        const { verdict, reasons, attachments } = await verify(forged)
        expect({ verdict, reasons: reasons.length, attachments }).toEqual({
          verdict: 'refused',
          reasons: 1,
          attachments: [],
        })
        // What two have signed, or a timestamp covers, is refused as well, though perhaps for what is found there first.
        if (code && !approved && (isLower(level, 'B-LT') || all === laterData)) expect(reasons[0]?.code).toBe(code)
      })
    }
  })
}
