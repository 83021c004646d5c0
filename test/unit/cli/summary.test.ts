import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { printSummary } from '../../../src/cli/summary.ts'
import { drawAssessment, quarter } from '../../helpers/assessment.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('what stays open for one reason is told once, with all its controls', () => {
  const drawn = drawAssessment({ ...quarter, standings: ['undetermined'] })
  const findings = drawn.findings.map((finding) => ({
    ...finding,
    standing: 'undetermined' as const,
    reason: 'The host refused every connection.',
  }))
  const text = printed(() => printSummary({ ...drawn, findings }))
  const components = new Set(findings.map(({ component }) => component))
  expect(text.match(/The host refused every connection\./g)).toHaveLength(components.size)
  for (const { control } of findings) expect(text).toContain(control)
})

test('no line is wider than a narrow terminal', () => {
  const { columns } = process.stdout
  onTestFinished(() => {
    process.stdout.columns = columns
  })
  process.stdout.columns = 64
  const text = printed(() => printSummary(drawAssessment(quarter)))
  expect(text.split('\n').filter((line) => line.length > 64)).toEqual([])
})

function printed(work: () => void): string {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  work()
  return write.mock.calls.map(([text]) => String(text)).join('')
}
