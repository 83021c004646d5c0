import type { JsonObject } from '../model/json.ts'
import { type Tone, table, tone } from './terminal.ts'
import { numberOf, textOf, textsOf } from './tls-page-facts.ts'
import { count } from './words.ts'

/** Each chain with what a reader asks first: for whom, by whom, until when, and what is wrong with it. */
export function certificateLines(certificates: readonly JsonObject[]): readonly string[] {
  return certificates.flatMap((facts, index) => {
    const problems = textsOf(facts, 'problems')
    const rows: (readonly string[])[] = [
      ['names', textsOf(facts, 'subjectAlternativeNames').join(', ') || tone('bad', 'none')],
      ['issuer', textOf(facts, 'issuerName')],
      ['key', keyText(facts)],
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
      `  ${tone('accent', title)}`,
      table(
        rows.filter(([, text]) => text !== '').map(([name = '', text = '']) => [tone('none', name), text]),
        4,
      ),
    ]
  })
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

/** Facts about revocation and transparency, where the collection has them. */
function revocationRows(facts: JsonObject): readonly (readonly string[])[] {
  const named = [
    ['revoked', 'revocation'],
    ['ocspStapled', 'OCSP stapling'],
    ['mustStaple', 'must-staple'],
  ] as const
  return named.filter(([name]) => textOf(facts, name) !== '').map(([name, title]) => [title, textOf(facts, name)])
}
