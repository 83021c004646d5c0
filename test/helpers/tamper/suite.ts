import { beforeAll, describe, expect, test } from 'vitest'
import { readSignedData, writeSignedData } from '../../../src/signing/cms/signed-data.ts'
import type { KeyType } from '../../../src/signing/keys/identity.ts'
import { rfc3161Timestamper } from '../../../src/signing/timestamp.ts'
import { type PdfVerdict, verifyPdf } from '../../../src/signing/verify-pdf.ts'
import { identityOf, sign, signingTime } from '../signing.ts'
import { startAuthority } from '../time-stamp-authority.ts'
import { tamperings } from './classes.ts'
import { approverType, lootOf } from './loot.ts'
import { type Loot, withCms } from './report.ts'

/** Tries every way to tamper with reports of one kind of key at one level; the untouched ones are accepted. */
export function tamperSuite(keyType: KeyType, level: 'B-B' | 'B-T', approved = false): void {
  describe(`a report at level ${level} with a ${keyType} key${approved ? ', signed by two' : ''}`, () => {
    let loot: Loot
    let anchors: readonly string[]
    const people = [keyType, ...(approved ? [approverType(keyType)] : [])].map(
      (each) => identityOf(each).rootCertificate,
    )

    beforeAll(async () => {
      if (level === 'B-B') {
        loot = await lootOf(keyType, undefined, approved)
        anchors = people
        return
      }
      await using authority = await startAuthority({ keyType: keyType === 'rsa3072' ? 'rsa' : 'ec' })
      loot = await lootOf(keyType, rfc3161Timestamper({ url: authority.url }), approved)
      anchors = [...people, authority.rootCertificate]
    })

    const verify = (bytes: Uint8Array): Promise<PdfVerdict> => verifyPdf(bytes, { anchors, at: signingTime })

    test('is accepted as it was signed, certified and prepared ones as well', async () => {
      for (const { pdf } of [loot.report, loot.other, loot.certified, loot.prepared]) {
        expect(await verify(pdf)).toMatchObject({ verdict: 'accepted', level, reasons: [] })
      }
    })

    if (level === 'B-T' && !approved) {
      test('is a sound B-B report once its timestamp is cut out: only somebody who knows the level issued can tell', async () => {
        const data = readSignedData(loot.report.cms)
        const cut = withCms(loot.report, writeSignedData({ ...data, unsigned: new Map() }))
        expect(await verify(cut)).toMatchObject({ verdict: 'accepted', level: 'B-B', timestamp: null })
      })

      test('is not accepted with the timestamp of an authority that nobody trusts', async () => {
        await using authority = await startAuthority()
        const forged = (await sign(loot.printed, { keyType, timestamper: rfc3161Timestamper({ url: authority.url }) }))
          .pdf
        const { verdict, reasons } = await verify(forged)
        expect({ verdict, codes: reasons.map(({ code }) => code) }).toEqual({
          verdict: 'intact-signer-unproven',
          codes: ['timestamp-not-trusted'],
        })
      })
    }

    for (const [className, all] of Object.entries(tamperings)) {
      const tried = all.filter(({ timed = false }) => !timed || level === 'B-T')
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
        // What two have signed is refused as well, though perhaps for what the second signature finds first.
        if (code && !approved) expect(reasons[0]?.code).toBe(code)
      })
    }
  })
}
