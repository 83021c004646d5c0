// How long a report takes to print and to sign, beside WeasyPrint on the same HTML.
// npm run bench:report [pages, ...] [--limit=seconds for WeasyPrint]
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPdf, pages } from '../src/signing/pdf/file.ts'
import { checkPdfRules } from '../src/signing/rules/check.ts'
import { reportOf, sizes } from './report/document.ts'
import { measure } from './report/measure.ts'

const asked = process.argv.slice(2).filter((argument) => /^\d+$/.test(argument))
const wanted = asked.length > 0 ? asked.map(Number) : Object.keys(sizes).map(Number)
const limit = Number(/--limit=(\d+)/.exec(process.argv.join(' '))?.[1] ?? 900)
const folder = mkdtempSync(join(tmpdir(), 'affidavit-bench-'))
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
const say = (text: string) => process.stdout.write(`${text}\n`)

try {
  say('| program | pages | seconds | processor | of it signing | peak MB | file MB |')
  say('| --- | --- | --- | --- | --- | --- | --- |')
  for (const size of wanted) {
    const html = join(folder, `${size}.html`)
    const own = join(folder, `${size}.pdf`)
    const other = join(folder, `${size}-weasyprint.pdf`)
    writeFileSync(html, reportOf(size))

    const script = join(import.meta.dirname, 'report/print-and-sign.ts')
    // As much evidence as the ledger of a quarter has for a report of this size: about 10 KB a page.
    const mine = await measure(process.execPath, [script, html, own, String(size * 10_000)], 3_600_000)
    if (!mine) throw new Error('printing took longer than an hour')
    const { printMs, signMs, signed } = JSON.parse(mine.output) as { [name: string]: number }
    const bytes = readFileSync(own)
    const broken = checkPdfRules(bytes).filter(({ result }) => result === 'failed')
    if (broken.length > 0) throw new Error(`the report breaks ${broken.map(({ id }) => id).join(', ')}`)
    const share = (100 * (signMs ?? 0)) / (printMs ?? 1)
    const signing = `${((signMs ?? 0) / 1000).toFixed(2)} s, ${share.toFixed(1)} % of printing`
    const count = pages(openPdf(bytes)).length
    say(
      `| affidavit, printed and signed B-T | ${count} | ${mine.seconds.toFixed(1)} | ${mine.cpuSeconds.toFixed(1)} | ${signing} | ${mine.peakMb.toFixed(0)} | ${megabytes(signed ?? 0)} |`,
    )

    const peer = await measure('weasyprint', [html, other], limit * 1000)
    if (!peer) say(`| WeasyPrint, printed | - | more than ${limit} | - | - | - | - |`)
    else {
      const theirs = pages(openPdf(readFileSync(other))).length
      say(
        `| WeasyPrint, printed | ${theirs} | ${peer.seconds.toFixed(1)} | ${peer.cpuSeconds.toFixed(1)} | none | ${peer.peakMb.toFixed(0)} | ${megabytes(statSync(other).size)} |`,
      )
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
