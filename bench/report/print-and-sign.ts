// Prints and signs one HTML file and says how long each took; a process of its own, so that its memory can be measured.
import { readFileSync, writeFileSync } from 'node:fs'
import { instant } from '../../src/model/time.ts'
import { printPdf } from '../../src/render/print.ts'
import { makeLocalIdentity } from '../../src/signing/keys/identity.ts'
import { loadReportSigner } from '../../src/signing/keys.ts'
import { signPdf } from '../../src/signing/sign-pdf.ts'
import { rfc3161Timestamper } from '../../src/signing/timestamp.ts'
import { startAuthority } from '../../test/helpers/time-stamp-authority.ts'

const [source = '', target = '', attachmentBytes = '0'] = process.argv.slice(2)
const clock = { now: () => instant(Date.now()) }
const signal = new AbortController().signal

const identity = makeLocalIdentity({ organisation: 'Example', from: instant(Date.now() - 60_000), keyType: 'p256' })
const { reportKey, reportCertificate, rootCertificate } = identity
const signer = await loadReportSigner({ keyPem: reportKey, certificates: [reportCertificate, rootCertificate] }, clock)
await using authority = await startAuthority({ time: new Date() })
const timestamper = rfc3161Timestamper({ url: authority.url })
const line = `${JSON.stringify({ sequence: 1, facts: 'x'.repeat(900) })}\n`

const html = readFileSync(source, 'utf8')
const start = performance.now()
const printed = await printPdf(html, { signal, timeoutMs: 1_800_000 })
const done = performance.now()
const signed = await signPdf(printed, {
  signer,
  timestamper,
  attachments: [
    {
      name: 'evidence.jsonl',
      mediaType: 'application/jsonl',
      description: 'Evidence',
      relationship: 'Data',
      bytes: Buffer.from(line.repeat(Math.ceil(Number(attachmentBytes) / line.length))),
      modified: clock.now(),
    },
  ],
  metadata: {
    title: 'Report',
    author: 'Example',
    subject: 'Benchmark',
    keywords: [],
    created: clock.now(),
    language: 'en',
  },
  reason: 'Issued',
  location: '',
  rectangle: [60, 60, 300, 120],
  signal,
  clock,
})
const end = performance.now()
if (signed.level !== 'B-T') throw new Error(`not timestamped: ${signed.timestampError?.message}`)
writeFileSync(target, signed.pdf)
process.stdout.write(
  JSON.stringify({ printMs: done - start, signMs: end - done, printed: printed.length, signed: signed.pdf.length }),
)
