import type { JsonObject } from '../../../src/model/json.ts'
import type { DnsAnswer, DnsAnswers } from './lookup.ts'

/** The facts of `tls.dns`; pure. */
export function dnsFacts({ answers }: DnsAnswers): JsonObject {
  return {
    ...caaFacts(answers.filter(({ type }) => type === 'CAA')),
    ...httpsFacts(answers.find(({ type }) => type === 'HTTPS')),
  }
}

/** The closest name with records counts, RFC 8659 section 3; an open question below it leaves it open which that is. */
function caaFacts(climb: readonly DnsAnswer[]): JsonObject {
  const first = climb.find(({ records }) => records === null || records.length > 0)
  const none = { caaDomain: null, caaRecords: [], caaIssue: [], caaIssueWild: [], caaIodef: [] }
  if (!first) return { caa: 'no', caaReason: null, ...none }
  const { name, records, problem } = first
  if (records === null) return { caa: 'undetermined', caaReason: `${name}: ${problem ?? 'no answer'}`, ...none }
  const properties = records.map(readCaa)
  const valuesOf = (tag: string): string[] => properties.filter((each) => each.tag === tag).map(({ value }) => value)
  return {
    caa: 'yes',
    caaReason: null,
    caaDomain: name,
    caaRecords: [...records],
    caaIssue: valuesOf('issue'),
    caaIssueWild: valuesOf('issuewild'),
    caaIodef: valuesOf('iodef'),
  }
}

/** `0 issue "ca.example"`; tags are compared without regard to case. */
function readCaa(record: string): { readonly tag: string; readonly value: string } {
  const [, tag = '', value = ''] = /^\d+ (\S+) "(.*)"$/s.exec(record) ?? []
  return { tag: tag.toLowerCase(), value }
}

function httpsFacts(answer: DnsAnswer | undefined): JsonObject {
  const none = { httpsReason: null, httpsRecords: [], httpsAlpn: [] }
  if (!answer) return { ...none, https: null, ech: null }
  const { name, records, problem } = answer
  if (records === null) {
    return { ...none, https: 'undetermined', httpsReason: `${name}: ${problem ?? 'no answer'}`, ech: 'undetermined' }
  }
  const lists = records.flatMap((record) => / alpn="([^"]*)"/.exec(record)?.[1] ?? [])
  return {
    https: records.length > 0 ? 'yes' : 'no',
    httpsReason: null,
    httpsRecords: [...records],
    httpsAlpn: [...new Set(lists.flatMap((list) => list.split(',')))],
    ech: records.some((record) => / ech="[^"]+"/.test(record)) ? 'yes' : 'no',
  }
}
