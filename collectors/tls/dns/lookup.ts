import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../../../src/collect/contract.ts'
import { CollectionError } from '../../../src/model/errors.ts'

/** One question to the DNS and what came of it. */
export type DnsAnswer = {
  readonly name: string
  readonly type: 'CAA' | 'HTTPS'
  /** As in a zone file; null where no answer came. */
  readonly records: readonly string[] | null
  /** Why no answer came; null where one did. */
  readonly problem: string | null
}

/** Everything that the DNS was asked about one host. */
export type DnsAnswers = { readonly host: string; readonly answers: readonly DnsAnswer[] }

/** The longest time that the DNS has; what it has not answered by then stays open. */
const patienceMs = 4_000

/**
 * Whether a host is a name that the public DNS may know: no address, no single label, and none of the names that RFC
 * 6761 keeps for this machine or for nobody.
 */
export function isDnsName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0 || !name.includes('.')) return false
  return !/(?:^|\.)(?:localhost|invalid)$/.test(name)
}

/** Asks for the CAA records of a name and its parents (RFC 8659 section 3) and for its HTTPS records; never throws. */
export async function askDns(
  { resolve, signal }: Pick<Context, 'resolve' | 'signal'>,
  host: string,
  httpsPort: number | null,
): Promise<DnsAnswers> {
  const name = host.toLowerCase().replace(/\.$/, '')
  const labels = name.split('.')
  const parents = labels.map((_, index) => labels.slice(index).join('.'))
  const https = httpsPort === null ? [] : [httpsPort === 443 ? name : `_${httpsPort}._https.${name}`]
  const questions = [
    ...parents.map((each) => ({ name: each, type: 'CAA' as const })),
    ...https.map((each) => ({ name: each, type: 'HTTPS' as const })),
  ]
  const ended = new AbortController()
  const late = sleep(patienceMs, undefined, { signal: AbortSignal.any([signal, ended.signal]) }).catch(() => undefined)
  const answers = await Promise.all(
    questions.map(async ({ name, type }): Promise<DnsAnswer> => {
      const answer = resolve.records(name, type).then(
        (records): DnsAnswer => ({ name, type, records, problem: null }),
        (error: unknown): DnsAnswer => noAnswer(name, type, error),
      )
      return Promise.race([answer, late.then(() => ({ name, type, records: null, problem: 'no answer came in time' }))])
    }),
  )
  ended.abort()
  return { host: name, answers }
}

function noAnswer(name: string, type: DnsAnswer['type'], error: unknown): DnsAnswer {
  // A name that does not exist has no such records.
  if (codeOf(error) === 'ENOTFOUND') return { name, type, records: [], problem: null }
  return { name, type, records: null, problem: error instanceof Error ? error.message : String(error) }
}

function codeOf(error: unknown): unknown {
  const cause = error instanceof CollectionError ? error.cause : error
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}

/** The answers as the text of an artefact. */
export function writeDnsAnswers(answers: DnsAnswers): string {
  return JSON.stringify({ version: 1, ...answers })
}

/** Reads what `writeDnsAnswers` wrote; throws SyntaxError or TypeError for anything else. */
export function readDnsAnswers(text: string): DnsAnswers {
  const { version, host, answers } = JSON.parse(text) as DnsAnswers & { version: number }
  if (version !== 1 || typeof host !== 'string' || !Array.isArray(answers)) {
    throw new TypeError('not DNS answers of version 1')
  }
  return { host, answers }
}
