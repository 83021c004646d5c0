import { expect, test } from 'vitest'
import { calendarPeriodById, type Period } from '../../../src/model/period.ts'
import { instant, later } from '../../../src/model/time.ts'
import { control, day, hour, judged, ledger, systemOf, target } from './story.ts'

test('a quarter of 92 nights, 40 controls and 50 targets is judged in a few seconds', () => {
  const quarter = calendarPeriodById('2026-Q3', 'UTC') as Period
  const names = Array.from({ length: 50 }, (_, index) => `component-${index}`)
  const targets = names.map((name) => target(`shop/${name}/tls`, { subject: `${name}.example.test:443` }))
  const controls = Array.from({ length: 40 }, (_, index) =>
    control(
      {
        where: index % 2 ? undefined : 'facts.protocol != "TLSv1.3"',
        expect: `facts.offered == "no" || facts.days > ${index}`,
      },
      { id: `TLS-${index}` },
    ),
  )
  const book = ledger()
  book.configure(later(quarter.from, -day), targets)
  for (let at = 0; at < 92; at++) {
    // A fact that differs every night, as days remaining do.
    const observations = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'].map((protocol) => ({
      facts: {
        protocol,
        offered: protocol > 'TLSv1.1' ? 'yes' : 'no',
        days: 400 - at,
        cipherSuites: Array(12).fill('TLS_AES_128_GCM_SHA256'),
      },
    }))
    book.run(
      later(quarter.from, at * day + 2 * hour),
      targets.map((each) => [each, { observations }]),
    )
  }
  const cpu = process.cpuUsage()
  const started = performance.now()
  const assessment = judged(book, {
    period: quarter,
    now: instant('2026-10-02T00:00:00Z'),
    systems: [systemOf(...names)],
    catalogue: { controls },
  })
  const seconds = (performance.now() - started) / 1000
  const processor = process.cpuUsage(cpu).user / 1e6
  expect(assessment.findings).toHaveLength(2000)
  expect(assessment.tally.satisfied).toBe(2000)
  // Processor time, since the machine may be busy with something else.
  expect(processor).toBeLessThan(8)
  process.stdout.write(
    `${book.entries.length} entries judged in ${seconds.toFixed(2)} s, ${processor.toFixed(2)} s of processor\n`,
  )
})
