import { domainToUnicode } from 'node:url'
import type { Collection, Observation } from '../model/evidence.ts'
import type { JsonObject } from '../model/json.ts'
import { factText } from './probe-page.ts'
import { printable, type Tone, table, tone, width, wrap } from './terminal.ts'
import { certificateLines } from './tls-page-certificates.ts'
import { conformanceLines, gradeLine } from './tls-page-conformance.ts'
import { dnsLines } from './tls-page-dns.ts'
import { textsOf } from './tls-page-facts.ts'
import { featureLines, nothingKnown, weaknessLines } from './tls-page-features.ts'
import { groupLines, protocolLines, suiteLines } from './tls-page-protocols.ts'

/** The kinds that this page shows; others are left to the generic page. */
export const tlsPageKinds = [
  'tls.protocol',
  'tls.certificate',
  'tls.negotiated',
  'tls.dns',
  'tls.feature',
  'tls.weakness',
  'tls.conformance',
  'tls.grade',
]

/** What one TLS collection showed, as a page that a person reads from top to bottom; made of its observations alone. */
export function tlsPage({ observations }: Collection): string {
  const facts = (kind: string): readonly JsonObject[] =>
    observations.filter((each) => each.kind === kind).map((each) => each.facts)
  const versions = facts('tls.protocol')
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['Protocols', protocolLines(versions)],
    ['Cipher suites', suiteLines(versions)],
    ['Key exchange groups', groupLines(versions)],
    ['Certificates', certificateLines(facts('tls.certificate'))],
    ['DNS', dnsLines(facts('tls.dns'))],
    ['Features', featureLines(facts('tls.feature'))],
    ['Weaknesses', weaknessLines(facts('tls.weakness'))],
    ['Conformance', isNobodyLetIn(versions) ? [nothingKnown()] : conformanceLines(facts('tls.conformance'))],
  ]
  return [
    ...header(observations, facts('tls.negotiated')[0], facts('tls.grade')[0]),
    ...nobodyLetIn(versions),
    ...sections
      .filter(([, lines]) => lines.length > 0)
      .flatMap(([title, lines]) => ['', tone('strong', title), ...lines]),
  ].join('\n')
}

function header(
  observations: readonly Observation[],
  negotiated: JsonObject | undefined,
  grade: JsonObject | undefined,
): readonly string[] {
  const [first] = observations
  if (!first) return []
  const when = `${first.collected.slice(0, 10)} ${first.collected.slice(11, 19)} UTC`
  const rows: string[][] = [['seen', when]]
  const { starttls } = first.facts
  if (starttls !== undefined) rows.push(['reached by', `STARTTLS, from ${printable(String(starttls))}`])
  rows.push(...addressRows(negotiated))
  if (negotiated) rows.push(['current client', clientText(negotiated)])
  if (grade) rows.push(['grade', gradeLine(grade)])
  const title = printable(first.subject)
  const written = unicodeOf(first.subject)
  if (written !== first.subject) rows.unshift(['written', printable(written)])
  return [tone('strong', title), tone('none', '─'.repeat(Math.min(width(), 100))), table(rows.map(named), 2)]
}

/** A subject with its names in the letters of their script. */
function unicodeOf(subject: string): string {
  return subject.replaceAll(/[a-z0-9.-]*xn--[a-z0-9.-]+/g, (name) => domainToUnicode(name) || name)
}

/** The address that answered, and those that nobody asked. */
function addressRows(negotiated: JsonObject = {}): readonly string[][] {
  const { address } = negotiated
  const others = textsOf(negotiated, 'otherAddresses')
  return [
    ...(typeof address === 'string' ? [['answered by', printable(address)]] : []),
    ...(others.length > 0 ? [['not asked', others.map(printable).join(', ')]] : []),
  ]
}

/** Whether the server answers in TLS and lets no hello in. */
function isNobodyLetIn(versions: readonly JsonObject[]): boolean {
  return versions.length > 0 && versions.every(({ offered }) => offered === 'undetermined')
}

/** What may be the matter then. */
function nobodyLetIn(versions: readonly JsonObject[]): readonly string[] {
  if (!isNobodyLetIn(versions)) return []
  const text =
    'The server answers in TLS and took none of our hellos. It may serve another name than the one that was asked for ' +
    '(serverName of the target), or not let this machine in.'
  return ['', ...wrap(text, Math.min(width(), 100) - 2).map((line) => `  ${tone('warn', line)}`)]
}

function named([name = '', ...cells]: readonly string[]): readonly string[] {
  return [tone('none', name), ...cells]
}

function clientText(facts: JsonObject): string {
  if (facts.status !== 'negotiated') {
    const word: readonly [Tone, string] = facts.status === 'refused' ? ['bad', 'refused'] : ['none', 'undetermined']
    return `${tone(...word)}  ${printable(factText(facts.reason ?? ''))}`
  }
  return [facts.protocol, facts.cipherSuite, facts.group, facts.alpn]
    .filter((each) => typeof each === 'string')
    .map((each) => printable(each))
    .join(', ')
}
