import type { ReportIssue } from '../../reports/audit/issue.ts'
import type { Assessment } from '../../src/model/assessment.ts'
import { sha256 } from '../../src/model/digest.ts'
import { later } from '../../src/model/time.ts'

/** An issue for a drawn assessment, with every deciding entry in its evidence index. */
export function drawIssue(assessment: Assessment, changes: Partial<ReportIssue> = {}): ReportIssue {
  const decisions = assessment.findings.flatMap((finding) => [...finding.decisions, ...finding.healed])
  const id = `AER-${assessment.period.id}-0001`
  return {
    id,
    issuedAt: later(assessment.asOf, 6 * 3_600_000 + 12_000),
    signer: {
      name: 'Compliance Reporting',
      organisation: assessment.organisation,
      algorithm: 'ECDSA P-256 · SHA-256',
      fingerprint: sha256('certificate'),
    },
    level: 'B-T',
    timestampAuthority: 'tsa.example.test',
    checkpointTime: { time: later(assessment.asOf, 6 * 3_600_000), authority: 'CN=Example TSA' },
    reason: 'Issued as an audit evidence report',
    location: 'Zürich',
    verifyCommand: `affidavit verify ${id}.pdf`,
    evidence: decisions.map((decision) => ({
      entry: decision.entry,
      kind: decision.kind,
      subject: decision.subject,
      collected: decision.collected,
      collector: `${decision.kind.split('.')[0]} 1`,
      digest: sha256(`entry ${decision.entry}`),
      artefacts: decision.artefacts,
      erased: [],
    })),
    retention: { erasures: [], policies: [], holds: [] },
    attachments: [
      { name: 'assessment.json', description: 'This report as data' },
      { name: 'evidence.jsonl', description: 'The entries of section 8 with their artefacts and inclusion proofs' },
      { name: 'checkpoint.txt', description: 'The signed checkpoint' },
      { name: 'ledger-key.txt', description: 'The key that verifies the checkpoint' },
    ],
    ...changes,
  }
}
