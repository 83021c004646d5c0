import type { Json, JsonObject } from '../model/json.ts'
import { factText } from './probe-page.ts'
import { printable, table, tone } from './terminal.ts'
import { numberOf, textOf } from './tls-page-facts.ts'

/** Whether a feature is good to have, bad to have, or neither; those not named here are neither. */
const wanted: { readonly [name: string]: 'yes' | 'no' } = {
  'client-renegotiation': 'no',
  compression: 'no',
  'early-data': 'no',
  'extended-master-secret': 'yes',
  'fallback-scsv': 'yes',
  'grease-intolerance': 'no',
  'long-hello-intolerance': 'no',
  'secure-renegotiation': 'yes',
  'version-intolerance': 'no',
}

const usual = ['name', 'status', 'basis', 'reason']

/** A server with which nothing could be tried gets one line and not one for each thing that is not known. */
function areAllOpen(all: readonly JsonObject[]): boolean {
  return all.length > 1 && all.every((facts) => facts.status === 'undetermined')
}

/** The line of a section of which nothing is known. */
export function nothingKnown(): string {
  return `  ${tone('warn', 'undetermined')}  nothing could be tried`
}

/** Each feature with yes, no or undetermined, and whether that is bad. */
export function featureLines(features: readonly JsonObject[]): readonly string[] {
  if (areAllOpen(features)) return [nothingKnown()]
  const rows = features.map((facts) => [titleOf(facts), featureWord(facts), basisText(facts)])
  return rows.length === 0 ? [] : [table(rows, 2)]
}

function featureWord(facts: JsonObject): string {
  const status = textOf(facts, 'status')
  const want = wanted[textOf(facts, 'name')]
  if (status === 'undetermined') return tone('warn', status)
  if (want === undefined) return status
  return want === status ? tone('good', status) : tone('bad', `${status}, bad`)
}

/** Vulnerable ones first, then the open ones; those that are not vulnerable share as few lines as they can. */
export function weaknessLines(weaknesses: readonly JsonObject[]): readonly string[] {
  const of = (status: string) => weaknesses.filter((facts) => textOf(facts, 'status') === status)
  if (areAllOpen(weaknesses)) return [nothingKnown()]
  const fine = of('not-vulnerable')
  const rows = [
    ...of('vulnerable').map((facts) => [titleOf(facts), tone('bad', 'vulnerable'), basisText(facts)]),
    ...of('undetermined').map((facts) => [titleOf(facts), tone('warn', 'undetermined'), basisText(facts)]),
    ...(['tested', 'inferred'] as const).flatMap((basis) => {
      const names = fine.filter((facts) => facts.basis === basis).map(titleOf)
      return names.length === 0 ? [] : [[`others, ${basis}`, tone('good', 'not vulnerable'), names.join(', ')]]
    }),
  ]
  return rows.length === 0 ? [] : [table(rows, 2)]
}

const titles: { readonly [name: string]: string } = {
  heartbleed: 'Heartbleed',
  'ccs-injection': 'CCS injection',
  ticketbleed: 'Ticketbleed',
  robot: 'ROBOT',
  'poodle-sslv3': 'POODLE (SSLv3)',
  'poodle-tls': 'POODLE (TLS)',
  freak: 'FREAK',
  logjam: 'LOGJAM',
  drown: 'DROWN',
  sweet32: 'SWEET32',
  crime: 'CRIME',
  beast: 'BEAST',
  rc4: 'RC4',
  lucky13: 'LUCKY13',
  'no-aead': 'no AEAD',
  anonymous: 'anonymous suites',
  null: 'NULL suites',
  alpn: 'ALPN',
  'dh-parameters': 'DH parameters',
  'encrypt-then-mac': 'encrypt-then-MAC',
  'fallback-scsv': 'TLS_FALLBACK_SCSV',
  'grease-intolerance': 'GREASE intolerance',
  'ocsp-stapling': 'OCSP stapling',
  'session-ids': 'session IDs',
  'tls13-resumption': 'TLS 1.3 resumption',
}

function titleOf(facts: JsonObject): string {
  const name = textOf(facts, 'name')
  return titles[name] ?? name.replaceAll('-', ' ')
}

/** Why, what else is known of it where it is there, and whether it only follows from something else. */
function basisText(facts: JsonObject): string {
  if (facts.name === 'dh-parameters' && facts.status === 'yes') return primesText(facts)
  const there = facts.status === 'yes'
  const details = Object.entries(facts)
    .filter(([name, value]) => there && !usual.includes(name) && !isEmpty(value))
    .map(([name, value]) => `${detailNames[name] ?? words(name)}: ${printable(factText(value))}`)
  const reason = textOf(facts, 'reason')
  const inferred = facts.basis === 'inferred' ? ['inferred'] : []
  return [...(reason ? [reason] : []), ...details, ...inferred].join('; ')
}

/** Each prime with its bits and its name, the shortest first. */
function primesText({ groups }: JsonObject): string {
  const all = Array.isArray(groups) ? groups.filter((each) => typeof each === 'object' && each !== null) : []
  return all
    .filter((each): each is JsonObject => !Array.isArray(each))
    .map((each) => {
      const name = textOf(each, 'commonPrime')
      const origin = name === '' ? 'a prime of its own' : `the well-known prime ${name}`
      const bits = numberOf(each, 'bits') ?? 0
      const size = bits < 2_048 ? tone('bad', `${bits} bits, too short`) : `${bits} bits`
      return `${size}, ${origin}${each.export === true ? ', for export suites' : ''}`
    })
    .join('; ')
}

const detailNames: { readonly [name: string]: string } = {
  tls12: 'TLS 1.2',
  tls13: 'TLS 1.3',
  lifetimeSeconds: 'lifetime in seconds',
}

/** `maxEarlyData` as `max early data`. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function isEmpty(value: Json): boolean {
  return value === null || (Array.isArray(value) && value.length === 0)
}
