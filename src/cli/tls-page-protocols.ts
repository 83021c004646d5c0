import type { JsonObject } from '../model/json.ts'
import { type Tone, table, tone, width, wrap } from './terminal.ts'
import { textOf, textsOf } from './tls-page-facts.ts'
import { count } from './words.ts'

const withdrawn: { readonly [protocol: string]: string } = {
  SSLv2: 'broken; forbidden by RFC 6176',
  SSLv3: 'broken; forbidden by RFC 7568',
  'TLSv1.0': 'forbidden by RFC 8996',
  'TLSv1.1': 'forbidden by RFC 8996',
}

/** Each version with a word for whether that is well, and what is to be said of it. */
export function protocolLines(versions: readonly JsonObject[]): readonly string[] {
  const rows = versions.map((facts) => [textOf(facts, 'protocol'), offeredWord(facts), remark(facts)])
  return rows.length === 0 ? [] : [table(rows, 2)]
}

function offeredWord(facts: JsonObject): string {
  const old = textOf(facts, 'protocol') in withdrawn
  switch (facts.offered) {
    case 'yes':
      return old ? tone('bad', 'offered, bad') : tone('good', 'offered, good')
    case 'no':
      return old ? tone('good', 'not offered') : tone('warn', 'not offered')
    default:
      return tone('warn', 'undetermined')
  }
}

function remark(facts: JsonObject): string {
  const reason = textOf(facts, 'reason')
  if (facts.offered !== 'yes') return facts.offered === 'no' ? '' : reason
  const suites = count(textsOf(facts, 'cipherSuites').length, 'suite')
  const known = facts.cipherSuitesComplete === 'no' ? `at least ${suites}` : suites
  return [withdrawn[textOf(facts, 'protocol')], known, reason].filter((each) => each).join('; ')
}

/** The suites of each version, in the server's order where it has one; versions with the same ones stand together. */
export function suiteLines(versions: readonly JsonObject[]): readonly string[] {
  const offered = versions.filter((facts) => textsOf(facts, 'cipherSuites').length > 0).toReversed()
  const same = Map.groupBy(offered, (facts) => `${textsOf(facts, 'cipherSuites').join()} ${facts.preference}`)
  return [...same.values()].flatMap((together) => {
    const [facts = {}] = together
    const weak = textsOf(facts, 'weakCipherSuites')
    const names = together.map((each) => textOf(each, 'protocol')).join(', ')
    const partly = facts.cipherSuitesComplete === 'no' ? ', not all of them' : ''
    const rows = textsOf(facts, 'cipherSuites').map((name) => [name, strengthWord(name, weak.includes(name))])
    return [`  ${tone('accent', names)}  ${tone('none', `${orderText(facts, rows.length)}${partly}`)}`, table(rows, 4)]
  })
}

function orderText(facts: JsonObject, suites: number): string {
  if (suites < 2) return 'one suite'
  if (facts.preference === 'server') return 'in the server’s order'
  return facts.preference === 'client' ? 'the client’s order rules' : 'whose order rules could not be determined'
}

/** What is to be said of a suite from its name: the worst first. */
export function strengthWord(name: string, weak: boolean): string {
  const [word, as] = strength(name, weak)
  return tone(as, word)
}

const flaws: readonly (readonly [pattern: RegExp, flaw: string])[] = [
  [/_anon_/, 'no authentication'],
  [/_WITH_NULL_|^TLS_SHA(256|384)_/, 'no encryption'],
  [/EXPORT|_40_|DES40/, 'export strength'],
  [/_RC4_/, 'RC4'],
  [/_RC2_/, 'RC2'],
  [/3DES|192_EDE3/, '3DES, 64-bit blocks'],
  [/_DES_(?!192)|DES_CBC_/, 'DES'],
  [/IDEA|MAGMA|28147/, '64-bit blocks'],
  [/_MD5$/, 'MD5'],
]

function strength(name: string, weak: boolean): readonly [string, Tone] {
  const found = flaws.filter(([pattern]) => pattern.test(name)).map(([, flaw]) => flaw)
  if (weak || found.length > 0) return [`weak: ${found.join(', ') || 'short key'}`, 'bad']
  const lacks = [
    ...(/_WITH_/.test(name) && !/DHE_|ECCPWD/.test(name) ? ['no forward secrecy'] : []),
    ...(/GCM|CCM|POLY1305|MGM|AEGIS/.test(name) ? [] : ['CBC']),
  ]
  return lacks.length > 0 ? [`fair: ${lacks.join(', ')}`, 'warn'] : ['strong', 'good']
}

/** The groups of each version that has any; versions with the same ones stand together, post-quantum ones are marked. */
export function groupLines(versions: readonly JsonObject[]): readonly string[] {
  const having = versions.filter((facts) => textsOf(facts, 'groups').length > 0).toReversed()
  const same = Map.groupBy(having, (facts) => `${textsOf(facts, 'groups').join()} ${facts.groupsComplete}`)
  const rows = [...same.values()].map((together) => {
    const [facts = {}] = together
    const open = facts.groupsComplete === 'no' ? ['and perhaps others'] : []
    const names = together.map((each) => textOf(each, 'protocol')).join(', ')
    return [tone('accent', names), [...textsOf(facts, 'groups').map(groupText), ...open].join(', ')]
  })
  return rows.length === 0 ? [] : [table(rows, 2), ...quantumLine(versions)]
}

function groupText(name: string): string {
  return postQuantum.test(name) ? tone('good', name) : name
}

const postQuantum = /MLKEM|Kyber/

function quantumLine(versions: readonly JsonObject[]): readonly string[] {
  const newest = versions.find((facts) => facts.protocol === 'TLSv1.3')
  const found = versions.flatMap((facts) => textsOf(facts, 'groups')).some((name) => postQuantum.test(name))
  if (found) return [`  ${tone('good', 'post-quantum key exchange is offered')}`]
  if (newest?.groupsComplete !== 'yes') return []
  const text = 'no post-quantum key exchange: what is recorded today may be read later'
  return wrap(text, width() - 2).map((line) => `  ${tone('warn', line)}`)
}
