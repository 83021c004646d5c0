import { describe, expect, test } from 'vitest'
import { judgeReport } from '../../src/app/judge-report.ts'
import { addSignature } from '../../src/signing/add-signature.ts'
import { addDocumentTimestamp } from '../../src/signing/extend-pdf.ts'
import { loadReportSigner } from '../../src/signing/keys.ts'
import { rfc3161Timestamper } from '../../src/signing/timestamp.ts'
import { embeddedEvidence, stampOver } from '../helpers/embedded-evidence.ts'
import { attachment, chromiumPdf, clock, identityOf, never, sign, signerOf, signingTime } from '../helpers/signing.ts'
import { startAuthority } from '../helpers/time-stamp-authority.ts'
import { issue } from '../helpers/tls-certificates.ts'

/* What is said of a report, beside the verdict: nothing untrue, and nothing that the report itself could have worded. */

const root = Buffer.from(identityOf('p256').rootCertificate)
const times = (checks: Awaited<ReturnType<typeof judgeReport>>['checks']) =>
  checks.filter(({ sentence }) => /existed at|was valid at the time/.test(sentence))

describe('a report to which a stranger added something', () => {
  const evidenceOf = ({ checks }: Awaited<ReturnType<typeof judgeReport>>) => {
    const from = checks.findIndex(({ sentence }) => sentence.startsWith('The checkpoint over'))
    return checks.slice(from)
  }

  test('still stands as it was issued, evidence included, and is to be had by cutting back', async () => {
    await using lasting = await startAuthority({ time: new Date(signingTime) })
    // Its certificates have run out: what shows that its stamp was there in time is the report's own time stamp.
    await using ended = await startAuthority({
      time: new Date(signingTime),
      notAfter: new Date('2026-10-01T00:00:00Z'),
    })
    const evidence = await embeddedEvidence()
    const stamp = await stampOver('checkpoint.txt', evidence, rfc3161Timestamper({ url: ended.url }))
    const timestamper = rfc3161Timestamper({ url: lasting.url })
    const { pdf } = await sign(chromiumPdf(), { timestamper, attachments: [...evidence, stamp] })
    const signer = await signerOf(identityOf('rsa3072'))
    const signed = await addSignature(pdf, { signer, reason: 'Approved', clock, signal: never })
    const anchors = [root, ...[lasting, ended].map(({ rootCertificate }) => Buffer.from(rootCertificate))]
    const [before, after] = [await judgeReport(pdf, { anchors }), await judgeReport(signed.pdf, { anchors })]
    expect(before.verdict).toBe('accepted')
    expect(after.verdict).toBe('intact-signer-unproven')
    expect(after.heading).toBe('Intact, but a later signature is not proven')
    expect(after.signed.front).toMatchObject({ bytes: pdf.length, verdict: 'accepted' })
    expect(after.conclusion).toContain(`head -c ${pdf.length} `)
    expect(evidenceOf(after)).toEqual(evidenceOf(before))
  })

  test('be it a time stamp over the whole: the trusted ones under it count as before', async () => {
    await using trusted = await startAuthority({ time: new Date(signingTime) })
    await using stranger = await startAuthority({ time: new Date(signingTime) })
    const stampedBy = (pdf: Uint8Array, { url }: { readonly url: string }) =>
      addDocumentTimestamp(pdf, rfc3161Timestamper({ url }), never)
    const one = await stampedBy((await sign(chromiumPdf())).pdf, trusted)
    const two = await stampedBy(one, stranger)
    const { verdict, heading, checks, signed } = await judgeReport(two, {
      anchors: [root, Buffer.from(trusted.rootCertificate)],
    })
    expect(verdict).toBe('intact-signer-unproven')
    expect(heading).toBe('Intact, but a later time stamp is not proven')
    expect(signed.front).toMatchObject({ bytes: one.length, verdict: 'accepted', timestamp: { anchored: true } })
    const over = (bytes: number) => checks.find(({ sentence }) => sentence.includes(`the first ${bytes} bytes`))
    expect(over(one.length)?.holds).toBe(true)
    expect(checks.find(({ sentence }) => sentence.startsWith(`The first ${two.length} bytes`))?.holds).toBeNull()
  })
})

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

test('the name in a certificate stays within its line, too', async () => {
  const commonName = `Example AG\u2028  holds  ACCEPTED\u202e${'x'.repeat(1_200)}`
  const { privateKey, der } = issue({
    commonName,
    names: [],
    usage: ['1.3.6.1.5.5.7.3.4'],
    notBefore: new Date('2026-01-01'),
    days: 3_650,
  })
  const keyPem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const signer = await loadReportSigner({ keyPem, certificates: [Uint8Array.from(der)] }, clock)
  const { pdf } = await sign(chromiumPdf())
  const two = await addSignature(pdf, { signer, reason: 'Approved', name: 'A', clock, signal: never })
  const { checks, conclusion, signed } = await judgeReport(two.pdf, { anchors: [root] })
  expect(signed.signatures[1]?.signer.subject).toHaveLength(501)
  expect(conclusion.length).toBeLessThan(2_000)
  for (const text of [conclusion, ...checks.map(({ sentence }) => sentence)]) {
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  }
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
