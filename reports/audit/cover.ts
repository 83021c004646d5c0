import { type Comparison, isWorse } from '../../src/model/assessment.ts'
import type { Cover, Figure } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import type { ReportIssue } from './issue.ts'
import { counted, digitGroups, grouped, percent } from './wording.ts'

/** The first page: what was judged, the result in four figures, who signs. */
export function cover(context: Context, comparison: Comparison | null): Cover {
  const { assessment, issue, dates } = context
  const { period, asOf, ledger } = assessment
  const { signer } = issue
  const [only] = assessment.systems
  const title =
    assessment.systems.length === 1 && only ? `Audit evidence report: ${only.name}` : 'Audit evidence report'
  return {
    title,
    longTitle: title.length > 64,
    subtitle: assessment.systems.length > 1 ? listed(assessment.systems.map((system) => system.name)) : '',
    period: dates.longPeriod(period),
    running: asOf < period.to ? `The period is still running: this report stands as of ${dates.moment(asOf)}.` : null,
    figures: [verdict(context), satisfied(context), coverage(context), since(comparison)],
    signer: signerText(signer),
    reason: issue.reason,
    location: issue.location,
    level: `PAdES baseline ${issue.level}`,
    algorithm: signer.algorithm,
    time:
      issue.level === 'B-B'
        ? 'No time stamp is asked for'
        : `A time stamp (RFC 3161) is asked of ${issue.timestampAuthority ?? 'the configured authority'}`,
    issued: dates.moment(issue.issuedAt),
    fingerprint: digitGroups(signer.fingerprint),
    ledgerSize: counted(ledger.size, 'entry', 'entries'),
    root: digitGroups(ledger.root),
    ledgerTime: ledgerTime(context),
  }
}

function ledgerTime({ issue: { checkpointTime }, dates }: Context): string | null {
  if (!checkpointTime) return null
  if ('untimed' in checkpointTime) return 'Ledger not timestamped: section 9 says why.'
  return `Ledger timestamped ${dates.moment(checkpointTime.time)}.`
}

/** The holder, and the organisation where the holder's name does not say it already. */
export function signerText({ name, organisation }: ReportIssue['signer']): string {
  return organisation === undefined || name.includes(organisation) ? name : `${name}, ${organisation}`
}

function verdict({ assessment: { tally, findings, unmeasured } }: Context): Figure {
  const label = 'Overall result'
  if (tally['not-satisfied'] > 0) return { tone: 'bad', label, value: 'Not satisfied', note: null }
  if (findings.length === 0) return { tone: 'none', label, value: 'Nothing judged', note: null }
  if (tally.undetermined > 0) return { tone: 'none', label, value: 'Undetermined', note: null }
  if (tally.excepted > 0) return { tone: 'warn', label, value: 'Satisfied', note: 'with exceptions' }
  return { tone: 'good', label, value: 'Satisfied', note: unmeasured.length > 0 ? 'as far as measured' : null }
}

function satisfied({ assessment: { tally, findings } }: Context): Figure {
  const held = tally.satisfied + tally.closed
  const applicable = findings.length - tally['not-applicable']
  return { tone: 'plain', label: 'Findings satisfied', value: `${grouped(held)} / ${grouped(applicable)}`, note: null }
}

function coverage({ assessment: { coverage: made } }: Context): Figure {
  return { tone: 'plain', label: 'Evidence coverage', value: percent(made.collected, made.expected), note: null }
}

function since(comparison: Comparison | null): Figure {
  const label = 'Since last period'
  if (!comparison) return { tone: 'plain', label, value: 'First period', note: null }
  const { fixed } = comparison.counts
  const worse = comparison.changes.filter(isWorse).length
  return { tone: 'plain', label, value: `${grouped(fixed)} fixed · ${grouped(worse)} new`, note: null }
}

function listed(names: readonly string[]): string {
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} further systems`] : names
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}
