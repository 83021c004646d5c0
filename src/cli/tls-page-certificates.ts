import type { JsonObject } from '../model/json.ts'
import { type Tone, table, tone } from './terminal.ts'
import { numberOf, textOf, textsOf } from './tls-page-facts.ts'
import { timestampText } from './tls-page-timestamps.ts'
import { count } from './words.ts'

/** Each chain with what a reader asks first: for whom, by whom, until when, and what is wrong with it. */
export function certificateLines(certificates: readonly JsonObject[]): readonly string[] {
  return certificates.flatMap((facts, index) => {
    const problems = textsOf(facts, 'problems')
    const rows: (readonly string[])[] = [
      ['names', textsOf(facts, 'subjectAlternativeNames').join(', ') || tone('bad', 'none')],
      ['issuer', textOf(facts, 'issuerName')],
      ['key', keyText(facts)],
      ['checked', validations[textOf(facts, 'validation')] ?? ''],
      ['valid', validText(facts)],
      ['trust', trustText(facts)],
      ['chain', `${count(numberOf(facts, 'chainLength') ?? 0, 'certificate')} sent`],
      ...revocationRows(facts),
      ['problems', problems.length === 0 ? tone('good', 'none') : problems.map((each) => tone('bad', each)).join(', ')],
      ['SHA-256', textOf(facts, 'fingerprint')],
    ]
    const title = textOf(facts, 'subjectName') || textOf(facts, 'commonName') || 'a certificate that does not parse'
    return [
      ...(index > 0 ? [''] : []),
      `  ${tone('accent', title)}${facts.role === 'default' ? '  only for clients that name no host' : ''}`,
      table(
        rows.filter(([, text]) => text !== '').map(([name = '', text = '']) => [tone('none', name), text]),
        4,
      ),
    ]
  })
}

const validations: { readonly [level: string]: string } = {
  DV: 'the domain (DV)',
  OV: 'the organisation (OV)',
  IV: 'the person (IV)',
  EV: 'the organisation, at length (EV)',
}

function keyText(facts: JsonObject): string {
  const bits = numberOf(facts, 'keyBits')
  const key = `${textOf(facts, 'keyType')}${bits === undefined ? '' : ` ${bits} bits`}`
  return [key, textOf(facts, 'signatureAlgorithm') && `signed with ${textOf(facts, 'signatureAlgorithm')}`]
    .filter((each) => each)
    .join(', ')
}

function validText(facts: JsonObject): string {
  const until = textOf(facts, 'notAfter')
  const days = numberOf(facts, 'daysRemaining')
  if (until === '' || days === undefined) return ''
  const lifetime = numberOf(facts, 'lifetimeDays')
  const as: Tone = days < 0 ? 'bad' : days < 14 ? 'warn' : 'good'
  const left = days < 0 ? `expired ${count(-days, 'day')} ago` : `${count(days, 'day')} left`
  const issued = lifetime === undefined ? '' : `, issued for ${lifetime}`
  return `${textOf(facts, 'notBefore').slice(0, 10)} to ${until.slice(0, 10)}, ${tone(as, left)}${issued}`
}

function trustText(facts: JsonObject): string {
  const reason = textOf(facts, 'trustReason')
  switch (facts.trusted) {
    case 'yes':
      return `${tone('good', 'trusted')}${facts.publiclyTrusted === 'no' ? ' by the target’s own anchors' : ' by Mozilla’s store'}`
    case 'no':
      return `${tone('bad', 'not trusted')}${reason ? `: ${reason}` : ''}`
    default:
      return `${tone('warn', 'undetermined')}${reason ? `: ${reason}` : ''}`
  }
}

/** Revocation, stapling and transparency, where the collection has them. */
function revocationRows(facts: JsonObject): readonly (readonly string[])[] {
  return [
    ['revocation', revocationText(facts)],
    ['stapling', staplingText(facts)],
    ['SCTs', timestampText(facts)],
  ]
}

function revocationText(facts: JsonObject): string {
  const reason = textOf(facts, 'revocationReason')
  const because = reason ? `: ${reason}` : ''
  switch (textOf(facts, 'revocation')) {
    case '':
      return ''
    case 'good':
      return `${tone('good', 'not revoked')}, by ${words[textOf(facts, 'revocationSource')] ?? 'its authority'}`
    case 'revoked':
      return `${tone('bad', 'revoked')} ${textOf(facts, 'revokedAt').slice(0, 10)}${because}`
    default:
      return `${tone('warn', 'undetermined')}${because}`
  }
}

const words: { readonly [source: string]: string } = {
  stapled: 'the stapled OCSP response',
  ocsp: 'OCSP',
  crl: 'its revocation list',
}

function staplingText(facts: JsonObject): string {
  const status = textOf(facts, 'ocspStapling')
  const promised = facts.mustStaple === 'yes'
  if (status === '') return ''
  const reason = textOf(facts, 'ocspStaplingReason')
  const as: Tone = status === 'good' ? 'good' : promised || status === 'invalid' ? 'bad' : 'accent'
  const promise = promised ? ', which the certificate promises (must-staple)' : ''
  return `${tone(as, status)}${promise}${reason && status !== 'none' ? `: ${reason}` : ''}`
}
