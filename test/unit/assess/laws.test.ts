import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry } from '../../../src/model/evidence.ts'
import { instant, later } from '../../../src/model/time.ts'
import { type Brought, day, exception, judged, ledger, night, period, protocols, systemOf, target } from './story.ts'

const targets = [
  target(),
  target('shop/gateway/other', { subject: 'b.example.test:443' }),
  target('shop/api/tls', { subject: 'c.example.test:443' }),
]
const answer = fc.constantFrom('yes', 'no', 'undetermined', 'failed', 'cut', 'none')
const history = fc.array(fc.tuple(answer, answer, answer), { maxLength: 10 })
const systems = [systemOf('gateway', 'api')]

function brought(what: string): Brought | null {
  if (what === 'none') return null
  if (what === 'failed') return { failed: 'no answer' }
  if (what === 'cut')
    return { cut: true, observations: [{ facts: { protocol: 'TLSv1.0', offered: 'yes', reason: null } }] }
  return protocols(what)
}

function written(nights: readonly (readonly string[])[]) {
  const book = ledger()
  book.configure(later(period.from, -day), targets)
  nights.forEach((answers, index) => {
    const all = targets.flatMap((each, which) => {
      const result = brought(answers[which] ?? 'none')
      return result ? [[each, result] as const] : []
    })
    book.run(night(index + 1), all)
  })
  return book
}

test('the order in which entries of different targets were written makes no difference', () => {
  fc.assert(
    fc.property(history, (nights) => {
      const book = written(nights)
      const byTarget = [...Map.groupBy(book.entries, ({ target: id }) => id).values()].toReversed().flat()
      const straight = judged(book, { systems })
      const other = judged({ ...book, entries: byTarget as Entry[] }, { systems })
      expect(other.findings).toEqual(straight.findings)
      expect(other.coverage).toEqual(straight.coverage)
      expect(other.trend).toEqual(straight.trend)
    }),
    { numRuns: 60 },
  )
})

test('an exception that is not in force hides nothing, and one in force rewrites no outcome', () => {
  const offsets = fc.integer({ min: -20, max: 20 })
  fc.assert(
    fc.property(history, offsets, offsets, (nights, from, length) => {
      const book = written(nights)
      const plain = judged(book, { systems })
      const approvedOn = later(period.to, from * day)
      const accepted = judged(book, {
        systems,
        exceptions: [exception({ approvedOn, expiresOn: later(approvedOn, length * day) })],
      })
      const inForce = approvedOn <= plain.asOf && plain.asOf < later(approvedOn, length * day)
      accepted.findings.forEach((finding, index) => {
        expect(finding.outcome).toBe(plain.findings[index]?.outcome)
        expect(finding.decisions).toEqual(plain.findings[index]?.decisions)
        if (!inForce) expect(finding.standing).toBe(plain.findings[index]?.standing)
        expect(['satisfied', 'closed'].includes(finding.standing)).toBe(
          ['satisfied', 'closed'].includes(plain.findings[index]?.standing ?? ''),
        )
      })
    }),
    { numRuns: 100 },
  )
})

test('what holds at the end rests on fresh evidence of every target, and was seen to hold', () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 0, max: 15 }), (nights, past) => {
      const assessment = judged(written(nights), { systems, now: later(period.from, past * day) })
      for (const finding of assessment.findings) {
        if (finding.standing !== 'satisfied' && finding.standing !== 'closed') continue
        expect(finding.decisions.length).toBeGreaterThan(0)
        expect(finding.decisions.every(({ outcome }) => outcome === 'satisfied')).toBe(true)
        const ids = new Set(finding.decisions.map(({ target: id }) => id))
        expect(ids.size).toBe(finding.component === 'shop/gateway' ? 2 : 1)
        expect(finding.decisions.every(({ collected }) => later(collected, 36 * 3_600_000) > assessment.asOf)).toBe(
          true,
        )
      }
    }),
    { numRuns: 150 },
  )
})

test('whatever was seen failing within the period is never reported as simply satisfied', () => {
  fc.assert(
    fc.property(history, (nights) => {
      const { findings } = judged(written(nights), { systems })
      const failed = (which: number) => nights.some((answers) => ['yes', 'cut'].includes(answers[which] ?? ''))
      const gateway = findings.find(({ component }) => component === 'shop/gateway')
      expect(gateway?.outcome === 'not-satisfied').toBe(failed(0) || failed(1))
      const api = findings.find(({ component }) => component === 'shop/api')
      expect(api?.outcome === 'not-satisfied').toBe(failed(2))
    }),
    { numRuns: 100 },
  )
})

test('the tally counts every finding once', () => {
  fc.assert(
    fc.property(history, (nights) => {
      const { tally, findings } = judged(written(nights), { systems, now: instant('2026-07-08T12:00:00Z') })
      expect(Object.values(tally).reduce((sum, count) => sum + count, 0)).toBe(findings.length)
    }),
    { numRuns: 30 },
  )
})
