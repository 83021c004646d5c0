import { expect, test } from 'vitest'
import { checkIssued, type IssueRecord, type ReportFile } from '../../../src/app/check-issued.ts'
import { sha256 } from '../../../src/model/digest.ts'

const issued = Buffer.from('as it was issued')
const signedToo = Buffer.from('as it was issued, and signed by somebody else')
const record: IssueRecord = { id: 'AER-1', kind: 'report.issued', sha256: sha256(issued), level: 'B-T', revisions: [] }
const file = (...revisions: readonly Uint8Array[]): ReportFile => {
  return { id: 'AER-1', revisions, checkpoint: '', key: undefined, level: 'B-T', artefacts: [] }
}

test('the file that was issued is recognised as this very file', () => {
  const { holds, sentence } = checkIssued([record], file(issued), 'The store')
  expect(holds).toBe(true)
  expect(sentence).toContain('recorded this very file')
})

test('the same with somebody’s addition is recognised, and not taken for what was issued', () => {
  const { holds, sentence } = checkIssued([record], file(issued, signedToo), 'The store')
  expect(holds).toBe(true)
  expect(sentence).not.toContain('this very file')
  expect(sentence).toContain('added to it since')
})

test('another file is not recognised', () => {
  expect(checkIssued([record], file(signedToo), 'The store').holds).toBeNull()
})
