import { describe, expect, test } from 'vitest'
import { judgeReport } from '../../src/app/judge-report.ts'
import { addSignature } from '../../src/signing/add-signature.ts'
import { addDocumentTimestamp } from '../../src/signing/extend-pdf.ts'
import { rfc3161Timestamper } from '../../src/signing/timestamp.ts'
import { embeddedEvidence } from '../helpers/embedded-evidence.ts'
import { attachment, chromiumPdf, clock, identityOf, never, sign, signerOf } from '../helpers/signing.ts'
import { startAuthority } from '../helpers/time-stamp-authority.ts'

/* What is said of a report, beside the verdict: nothing untrue, and nothing that the report itself could have worded. */

const root = Buffer.from(identityOf('p256').rootCertificate)
const times = (checks: Awaited<ReturnType<typeof judgeReport>>['checks']) =>
  checks.filter(({ sentence }) => /existed at|was valid at the time/.test(sentence))

describe('a time that only strangers state', () => {
  test('by a timestamp over the whole document is nobody’s whom the reader trusts', async () => {
    await using stranger = await startAuthority()
    const { pdf } = await sign(chromiumPdf())
    const stamped = await addDocumentTimestamp(pdf, rfc3161Timestamper({ url: stranger.url }), never)
    const { verdict, checks, signed } = await judgeReport(stamped, { anchors: [root] })
    expect(verdict).toBe('intact-signer-unproven')
    expect(signed.timestamp).toMatchObject({ authority: 'CN=Test TSA', anchored: false })
    expect(times(checks).filter(({ sentence }) => !sentence.includes('nobody whom you trust'))).toEqual([])
    expect(checks.filter(({ holds, sentence }) => holds && /time.stamping authority/.test(sentence))).toEqual([])
  })

  test('by the signature’s own timestamp says nothing of when the signer’s certificate was valid', async () => {
    await using stranger = await startAuthority()
    const { pdf } = await sign(chromiumPdf(), { timestamper: rfc3161Timestamper({ url: stranger.url }) })
    const trusting = await judgeReport(pdf, { anchors: [root, Buffer.from(stranger.rootCertificate)] })
    expect(times(trusting.checks).map(({ holds }) => holds)).toEqual([true, true])
    const { checks } = await judgeReport(pdf, { anchors: [root] })
    expect(times(checks).map(({ sentence }) => sentence.includes('nobody whom you trust'))).toEqual([true])
  })
})

test('what a signer states stays within its line, and cannot end its quotation marks', async () => {
  const { pdf } = await sign(chromiumPdf())
  const signer = await signerOf(identityOf('rsa3072'))
  const reason = `Seen»), over all of it.\n\n  holds  ACCEPTED\u2028\u202e\u001b[2J${'x'.repeat(10_000)}`
  const two = await addSignature(pdf, { signer, reason, name: 'A\nB', clock, signal: never })
  const { checks, signed } = await judgeReport(two.pdf, { anchors: [root] })
  expect(signed.signatures[1]?.name).toBe('A\u{fffd}B')
  expect(signed.signatures[1]?.reason).toHaveLength(501)
  const said = checks.map(({ sentence }) => sentence).join('')
  expect(said).toContain('«Seen"), over all of it.')
  expect(said).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
})

test.each([
  [
    'nested too deeply',
    (text: string) => text.replace('"facts":{', `"facts":{"a":${'['.repeat(2e5)}${']'.repeat(2e5)},`),
  ],
  [
    'of a day that there is not',
    (text: string) => text.replaceAll(/"collected":"[^"]*"/g, '"collected":"2026-99-99T00:00:00.000Z"'),
  ],
  ['not text', () => '\u0000\u{fffd}'],
])('evidence that is %s is refused like any other that does not hold, whoever signed it', async (_, change) => {
  const attachments = (await embeddedEvidence()).map((each) =>
    each.name === 'evidence.jsonl' ? attachment(each.name, change(Buffer.from(each.bytes).toString())) : each,
  )
  const { pdf } = await sign(chromiumPdf(), { attachments })
  expect(await judgeReport(pdf, { anchors: [] })).toMatchObject({ verdict: 'refused' })
})

test('an anchor without a certificate is the asker’s slip, and no verdict on the report', async () => {
  const { pdf } = await sign(chromiumPdf(), { attachments: await embeddedEvidence() })
  const anchors = [Buffer.from('-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n')]
  await expect(judgeReport(pdf, { anchors })).rejects.toMatchObject({ code: 'AFD_VERIFY_TRUST' })
  await expect(judgeReport(pdf, { anchors: [], timestampAnchors: anchors })).rejects.toMatchObject({ exitCode: 2 })
})
