import { describe, expect, test } from 'vitest'
import { dnsFacts } from '../../../../collectors/tls/dns/facts.ts'
import {
  askDns,
  type DnsAnswer,
  isDnsName,
  readDnsAnswers,
  writeDnsAnswers,
} from '../../../../collectors/tls/dns/lookup.ts'
import type { RecordType } from '../../../../src/collect/contract.ts'

const caa = (name: string, records: readonly string[] | null): DnsAnswer => ({
  name,
  type: 'CAA',
  records,
  problem: records ? null : 'the DNS server failed',
})
const https = (records: readonly string[] | null): DnsAnswer => ({ ...caa('a.example.test', records), type: 'HTTPS' })
const facts = (...answers: readonly DnsAnswer[]) => dnsFacts({ host: 'a.example.test', answers })

describe('CAA', () => {
  test('the closest name with records counts', () => {
    expect(
      facts(
        caa('a.example.test', []),
        caa('example.test', [
          '0 issue "ca.example"',
          '0 issue "other.example; account=1"',
          '0 IODEF "mailto:x@y.test"',
        ]),
        caa('test', ['0 issue "wrong.example"']),
      ),
    ).toMatchObject({
      caa: 'yes',
      caaDomain: 'example.test',
      caaIssue: ['ca.example', 'other.example; account=1'],
      caaIssueWild: [],
      caaIodef: ['mailto:x@y.test'],
    })
  })

  test('a failure below the records leaves it open which of them count', () => {
    const open = facts(caa('a.example.test', null), caa('example.test', ['0 issue "ca.example"']))
    expect(open).toMatchObject({
      caa: 'undetermined',
      caaDomain: null,
      caaReason: expect.stringContaining('a.example'),
    })
  })

  test('a failure above the records does not matter', () => {
    expect(facts(caa('a.example.test', ['0 issue ";"']), caa('example.test', null))).toMatchObject({
      caa: 'yes',
      caaIssue: [';'],
    })
  })

  test('no records anywhere are a no', () => {
    expect(facts(caa('a.example.test', []), caa('example.test', []), caa('test', []))).toMatchObject({ caa: 'no' })
  })
})

describe('HTTPS records', () => {
  test('name the protocols, and whether Encrypted Client Hello keys are there', () => {
    expect(facts(https(['1 . alpn="h3,h2" ech="AEX+DQ=="', '2 b.test. alpn="h2"']))).toMatchObject({
      https: 'yes',
      httpsAlpn: ['h3', 'h2'],
      ech: 'yes',
    })
    expect(facts(https(['1 . alpn="h2"']))).toMatchObject({ https: 'yes', ech: 'no' })
    expect(facts(https([]))).toMatchObject({ https: 'no', ech: 'no' })
  })

  test('that could not be asked for are open, and those that make no sense are null', () => {
    expect(facts(https(null))).toMatchObject({ https: 'undetermined', ech: 'undetermined' })
    expect(facts()).toMatchObject({ https: null, ech: null })
  })
})

describe('asking', () => {
  const answering = (answer: (name: string, type: RecordType) => Promise<readonly string[]>) => {
    const asked: string[] = []
    const records = (name: string, type: RecordType) => {
      asked.push(`${type} ${name}`)
      return answer(name, type)
    }
    const context = { resolve: { records, addresses: async () => [] }, signal: new AbortController().signal }
    return { asked, context }
  }

  test('climbs to the top for CAA and asks for the HTTPS record of the port', async () => {
    const { asked, context } = answering(async () => [])
    await askDns(context, 'API.Example.test.', 8_443)
    expect(asked).toEqual([
      'CAA api.example.test',
      'CAA example.test',
      'CAA test',
      'HTTPS _8443._https.api.example.test',
    ])
    const mail = answering(async () => [])
    await askDns(mail.context, 'mail.test', null)
    expect(mail.asked.some((each) => each.startsWith('HTTPS'))).toBe(false)
  })

  test('never fails: what goes wrong is told, and a name that does not exist has no records', async () => {
    const { context } = answering(async (name) => {
      throw Object.assign(new Error(name), { code: name === 'test' ? 'ENOTFOUND' : 'ESERVFAIL' })
    })
    const { answers } = await askDns(context, 'a.test', 443)
    expect(answers).toEqual([
      { name: 'a.test', type: 'CAA', records: null, problem: 'a.test' },
      { name: 'test', type: 'CAA', records: [], problem: null },
      { name: 'a.test', type: 'HTTPS', records: null, problem: 'a.test' },
    ])
    expect(readDnsAnswers(writeDnsAnswers({ host: 'a.test', answers }))).toEqual({ host: 'a.test', answers })
  })

  test('stops waiting when the collection does', async () => {
    const { context } = answering(() => new Promise(() => undefined))
    const { answers } = await askDns({ ...context, signal: AbortSignal.abort() }, 'a.test', 443)
    expect(answers.every(({ records }) => records === null)).toBe(true)
  })
})

test.each(['127.0.0.1', '[::1]', '::1', 'localhost', 'api.localhost', 'x.invalid', 'intranet'])(
  '%s is never asked about',
  (host) => {
    expect(isDnsName(host)).toBe(false)
  },
)

test.each(['example.com', 'a.example.test.', 'LOCALHOST.example.com'])('%s is a name in DNS', (host) => {
  expect(isDnsName(host)).toBe(true)
})
