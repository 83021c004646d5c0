import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditDocument } from '../../reports/audit/document.ts'
import { signatureLevels } from '../../src/model/signature-level.ts'
import { renderHtml } from '../../src/render/html.ts'
import { printPdf } from '../../src/render/print.ts'
import { signaturePanel } from '../../src/render/signature-panel.ts'
import { addSignature } from '../../src/signing/add-signature.ts'
import { readDerPrefix } from '../../src/signing/cms/der.ts'
import { oids } from '../../src/signing/cms/oids.ts'
import { readSignedData } from '../../src/signing/cms/signed-data.ts'
import { readCrlFile } from '../../src/signing/keys/own-crl.ts'
import { readStore } from '../../src/signing/pdf/dss.ts'
import { openPdf } from '../../src/signing/pdf/file.ts'
import { raiseLevel } from '../../src/signing/raise-level.ts'
import { drawAssessment, quarter } from '../helpers/assessment.ts'
import { type LongTermWorld, longTermWorld } from '../helpers/long-term.ts'
import { drawIssue } from '../helpers/report.ts'
import { chromiumPdf, identityOf, never, sign, signerOf } from '../helpers/signing.ts'
import { atHand } from '../helpers/tamper/loot.ts'

/* What other people's tools say of untouched reports at every level. */

const tools = ['openssl', 'pdfsig', 'qpdf', 'pdftotext']
const missing = tools.filter((tool) => spawnSync(tool, ['--version']).error !== undefined)
if (missing.length > 0) process.stderr.write(`SKIPPED: levels with other tools, which need ${missing.join(', ')}\n`)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'affidavit-levels-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}
const run = (tool: string, ...args: readonly string[]): string => {
  const { stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' })
  return stdout + stderr
}
const der = (bytes: Uint8Array) => Uint8Array.from(bytes)

type Signature = { readonly cms: Uint8Array; readonly covered: Uint8Array; readonly isStamp: boolean }

/** Every signature and document timestamp of a file, cut out by nothing but its /ByteRange. */
function signaturesIn(pdf: Uint8Array): readonly Signature[] {
  const text = Buffer.from(pdf).toString('latin1')
  return [...text.matchAll(/\/SubFilter \/(\S+)\s*\/ByteRange \[0 (\d+) (\d+) (\d+)/g)].map((match) => {
    const [start = 0, end = 0, rest = 0] = match.slice(2).map(Number)
    const room = Buffer.from(text.slice(start + 1, end - 1), 'hex')
    return {
      cms: room.subarray(0, readDerPrefix(room).end),
      covered: Buffer.concat([pdf.subarray(0, start), pdf.subarray(end, end + rest)]),
      isStamp: match[1] === 'ETSI.RFC3161',
    }
  })
}

describe.skipIf(missing.length > 0).each(['P-256', 'RSA-2048'] as const)('with a key of %s', (keyType) => {
  describe.each([false, true])('signed by a second person too: %s', (approved) => {
    describe.each(signatureLevels)('a report at %s', (level) => {
      let world: LongTermWorld
      let pdf: Uint8Array
      let roots: string

      beforeAll(async () => {
        world = await longTermWorld({ keyType })
        const { signer, clock, ask, signerRoot, timesRoot } = world
        const timing = level === 'B-B' ? {} : { timestamper: world.timestamper }
        const known = [der(signerRoot.der), der(timesRoot.der)]
        const approver = await signerOf(identityOf('p384'), clock)
        const signed = await sign(chromiumPdf(), { signer, clock, ...timing })
        const more = { signer: approver, reason: 'Approved', clock, signal: never, anchors: known, ...timing }
        const whole = approved ? await addSignature(signed.pdf, more) : signed
        const crls = atHand([readCrlFile(identityOf('p384').rootCrl)])
        const raised = await raiseLevel(whole.pdf, signed.level, level, {
          ask,
          crls,
          known,
          clock,
          signal: never,
          ...timing,
        })
        expect(raised).toMatchObject({ level, shortfall: null })
        pdf = raised.pdf
        roots = file('roots.pem', signerRoot.pem + identityOf('p384').rootCertificate)
      })
      afterAll(() => world[Symbol.dispose]())

      test('is valid to pdfsig, signature by signature', () => {
        const told = run('pdfsig', '-nocert', file('report.pdf', pdf))
          .split(/Signature #\d+:/)
          .slice(1)
        expect(told).toHaveLength(signaturesIn(pdf).length)
        for (const [i, { isStamp }] of signaturesIn(pdf).entries()) {
          // It knows no ETSI.RFC3161; openssl judges those.
          expect(told[i]).toContain(isStamp ? 'Signature Field Name: Timestamp' : 'Signature is Valid.')
        }
        expect(told.at(-1)?.includes('Total document signed')).toBe(level !== 'B-LT')
      })

      test('is sound to qpdf', () => {
        const told = run('qpdf', '--check', file('report.pdf', pdf))
        expect(told).toContain('No syntax or stream encoding errors found')
        expect(told).not.toMatch(/warning/i)
      })

      test('has signatures that openssl verifies, over nothing but what they cover', () => {
        for (const { cms, covered, isStamp } of signaturesIn(pdf)) {
          if (isStamp) continue
          const verify = (content: Uint8Array) => {
            const args = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', file('cms', cms)]
            return run(
              'openssl',
              ...args,
              '-content',
              file('content', content),
              '-CAfile',
              roots,
              '-out',
              file('out', ''),
            )
          }
          expect(verify(covered)).toMatch(/Verification successful/i)
          expect(verify(Buffer.concat([covered, Buffer.from('x')]))).not.toMatch(/successful/i)
        }
      })

      test('has timestamps that openssl verifies, each over what it stands for', () => {
        const times = file('times.pem', world.timesRoot.pem)
        const stamps = signaturesIn(pdf).flatMap(({ cms, covered, isStamp }) => {
          const data = readSignedData(cms)
          const own = data.unsigned.get(oids.signatureTimeStampToken)?.bytes
          return isStamp ? [{ token: cms, data: covered }] : own ? [{ token: own, data: data.signature }] : []
        })
        const signatures = approved ? 2 : 1
        expect(stamps).toHaveLength({ 'B-B': 0, 'B-T': signatures, 'B-LT': signatures, 'B-LTA': signatures + 1 }[level])
        for (const { token, data } of stamps) {
          const args = ['ts', '-verify', '-token_in', '-in', file('token', token), '-CAfile', times, '-data']
          expect(run('openssl', ...args, file('data', data))).toContain('Verification: OK')
          expect(run('openssl', ...args, file('data', Buffer.from('x')))).not.toContain('Verification: OK')
        }
      })

      test('has revocation data that openssl verifies', () => {
        const store = readStore(openPdf(pdf))
        const isLong = level === 'B-LT' || level === 'B-LTA'
        expect(store !== null).toBe(isLong)
        const both = file('both.pem', world.signerRoot.pem + world.timesRoot.pem + identityOf('p384').rootCertificate)
        for (const crl of store?.crls ?? []) {
          const told = run('openssl', 'crl', '-inform', 'DER', '-in', file('crl', crl), '-CAfile', both, '-noout')
          expect(told).toContain('verify OK')
        }
        for (const ocsp of store?.ocsps ?? []) {
          const [issuer, cert] = [file('issuer.pem', world.signerRoot.pem), file('own.pem', world.own.pem)]
          const args = ['-respin', file('ocsp', ocsp), '-issuer', issuer, '-cert', cert, '-CAfile', issuer, '-no_nonce']
          expect(run('openssl', 'ocsp', ...args)).toMatch(/own\.pem: good[\s\S]*Response verify OK/)
        }
      })
    })
  })
})

describe.skipIf(missing.length > 0)('a self-made authority', () => {
  test('has a list by which openssl finds its certificate good, with the signature of a report', async () => {
    const identity = identityOf('p256')
    const { pdf } = await sign(chromiumPdf())
    const [{ cms, covered } = { cms: new Uint8Array(), covered: new Uint8Array() }] = signaturesIn(pdf)
    const at = String(Date.parse('2026-09-09T02:00:00Z') / 1000)
    const args = [
      'cms',
      '-verify',
      '-binary',
      '-inform',
      'DER',
      '-in',
      file('cms', cms),
      '-content',
      file('content', covered),
    ]
    const checked = (trusted: string) =>
      run('openssl', ...args, '-attime', at, '-crl_check', '-CAfile', file('ca.pem', trusted), '-out', file('out', ''))
    expect(checked(identity.rootCertificate + identity.rootCrl)).toMatch(/Verification successful/i)
    expect(checked(identity.rootCertificate)).toMatch(/unable to get certificate CRL/i)
  })
})

test.skipIf(missing.length > 0)(
  'the widget of a signature covers the panel of the cover and nothing above it',
  async () => {
    const assessment = drawAssessment(quarter)
    const issue = drawIssue(assessment, { level: 'B-LTA' })
    const html = renderHtml(auditDocument({ assessment, comparison: null, issue }))
    const printed = file('printed.pdf', await printPdf(html, { signal: AbortSignal.timeout(60_000) }))
    const told = run('pdftotext', '-f', '1', '-l', '1', '-bbox', printed, '-')
    const height = Number(/<page width="[\d.]+" height="([\d.]+)"/.exec(told)?.[1])
    const words = [...told.matchAll(/xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)</g)]
    const boxes = words.map(([, left, top, right, bottom, word]) => ({
      word,
      rectangle: [Number(left), height - Number(bottom), Number(right), height - Number(top)],
    }))
    const first = boxes.findIndex(({ word }, i) => word === 'Signed' && boxes[i + 1]?.word === 'by')
    expect(first).toBeGreaterThan(0)
    const [left, bottom, right, top] = signaturePanel
    const isInside = ([l = 0, b = 0, r = 0, t = 0]: readonly number[]) =>
      l >= left && b >= bottom && r <= right && t <= top
    expect(boxes.slice(first).filter(({ rectangle }) => !isInside(rectangle))).toEqual([])
    expect(boxes.slice(0, first).filter(({ rectangle }) => isInside(rectangle))).toEqual([])
  },
)
