import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readAnchors } from '../../../src/app/anchors.ts'
import { judgeReport } from '../../../src/app/judge-report.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { chromiumPdf, identityOf, sign } from '../../helpers/signing.ts'

test('who is named vouches for signers and times, until others are named for times alone', async () => {
  await using folder = await temporaryFolder()
  const [own, times] = [join(folder.path, 'own.pem'), join(folder.path, 'times.pem')]
  await writeFile(own, identityOf('p256').rootCertificate)
  await writeFile(times, identityOf('p384').rootCertificate)
  const named = async (trust: readonly string[], trustTimes: readonly string[]) => {
    const { anchors, timestampAnchors } = await readAnchors({ trust, trustTimes, project: null })
    const names = (found: readonly Uint8Array[]) =>
      found.map((bytes) => (Buffer.from(bytes).toString() === identityOf('p256').rootCertificate ? 'own' : 'times'))
    return [names(anchors), names(timestampAnchors)]
  }
  expect(await named([own, times], [])).toEqual([
    ['own', 'times'],
    ['own', 'times'],
  ])
  expect(await named([own], [times])).toEqual([['own'], ['times']])
  expect(await named([], [times])).toEqual([[], ['times']])
})

test('an authority that is trusted for times alone makes nobody a signer, although it issued their certificate', async () => {
  const { pdf } = await sign(chromiumPdf())
  const [issuer, other] = ['p256', 'p384'].map((type) => Buffer.from(identityOf(type as 'p256').rootCertificate))
  const verdict = async (anchors: readonly Uint8Array[], timestampAnchors: readonly Uint8Array[]) =>
    (await judgeReport(pdf, { anchors, timestampAnchors })).verdict
  if (!issuer || !other) throw new TypeError('there are two identities')
  expect(await verdict([issuer], [other])).toBe('accepted')
  expect(await verdict([other], [issuer])).toBe('refused')
  expect(await verdict([], [issuer])).toBe('intact-signer-unproven')
})
