import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Duplex } from 'node:stream'
import { judgeCrl } from '../../collectors/tls/certificate/crl.ts'
import { type Der, readInside } from '../../collectors/tls/certificate/der.ts'
import { embeddedTimestamps } from '../../collectors/tls/certificate/extensions.ts'
import { type LogList, parseLogList } from '../../collectors/tls/certificate/log-list.ts'
import { judgeOcsp, type Statement } from '../../collectors/tls/certificate/ocsp.ts'
import { type Certificate, parseCertificate } from '../../collectors/tls/certificate/parse.ts'
import { type Stamped, timestampFacts } from '../../collectors/tls/certificate/timestamp-check.ts'
import { readTimestamps } from '../../collectors/tls/certificate/timestamps.ts'
import { certificatesOfPem } from '../../collectors/tls/certificate/trust.ts'
import { dnsFacts } from '../../collectors/tls/dns/facts.ts'
import { negotiate } from '../../collectors/tls/starttls/connect.ts'
import { starttlsProtocols } from '../../collectors/tls/starttls/protocols.ts'
import { maxPreambleBytes, talkOver } from '../../collectors/tls/starttls/talk.ts'
import { concat, numberBytes, vector } from '../../collectors/tls/wire/bytes.ts'
import { DnsError, httpsQuery, isAnswerTo, readHttpsAnswer } from '../../src/collect/dns-message.ts'
import { type Instant, instant } from '../../src/model/time.ts'
import { type Script, soundScripts } from './starttls-servers.ts'
import { blame, mutate, type Random, randomFrom } from './tls-fuzz.ts'

/** What a revocation service said, with whom it was about. */
type Recorded = {
  readonly at: Instant
  readonly issuer: Certificate
  readonly certificates: readonly Certificate[]
  readonly ocsp: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
}

/** The recorded answers of OpenSSL's responder and authority. */
export function recordedRevocation(): Recorded {
  const path = resolve(import.meta.dirname, '../fixtures/tls/revocation.json')
  const { at, issuer, certificates, ocsp, crls } = JSON.parse(readFileSync(path, 'utf8')) as Written
  const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex')
  return {
    at: instant(new Date(at)),
    issuer: parsed(issuer),
    certificates: certificates.map(parsed),
    ocsp: ocsp.map(bytes),
    crls: crls.map(bytes),
  }
}

/** Instants as text, bytes in hexadecimal. */
type Written = { readonly at: string; readonly issuer: string } & {
  readonly [list in 'certificates' | 'ocsp' | 'crls']: readonly string[]
}

function parsed(hex: string): Certificate {
  const certificate = parseCertificate(Buffer.from(hex, 'hex'))
  if ('problem' in certificate) throw new Error(certificate.problem)
  return certificate
}

/**
 * Reads mutated OCSP responses, CRLs, timestamp lists and DNS answers; throws where a parser throws what it does not
 * say it throws, makes more of the bytes than they are, or believes what nobody signed.
 */
export function fuzzBeside(count: number, seed: number): void {
  const random = randomFrom(seed)
  const recorded = recordedRevocation()
  const statements = [...recorded.ocsp, ...recorded.crls]
  const signed = [...recorded.ocsp.map(basicOf), ...recorded.crls].map((bytes) => readInside(bytes, 0x30)[0])
  const lists = [timestampList(1), timestampList(3)]
  const stamped = stampedCertificate()
  const answers = [dnsAnswer('a.example.test'), dnsAnswer('b.example.test')]
  const certificate = (): Certificate => recorded.certificates[random(recorded.certificates.length)] ?? recorded.issuer
  const readers: readonly ((bytes: Uint8Array) => void)[] = [
    (bytes) => believes(signed, bytes, judgeOcsp(bytes, certificate(), recorded.issuer, recorded.at)),
    (bytes) => believes(signed, bytes, judgeCrl(bytes, certificate(), recorded.issuer, recorded.at)),
    readTimestampList,
    readDnsAnswer,
    (bytes) => believesTimestamps(stamped, bytes),
  ]
  const originals = [statements, statements, lists, answers, [stamped.list]]
  for (let number = 0; number < count; number += 1) {
    const kind = number % readers.length
    const own = originals[kind] ?? []
    const bytes = mutate(random, own[random(own.length)] ?? new Uint8Array(), own)
    blame(bytes, () => readers[kind]?.(bytes))
  }
}

/** What is believed was signed as it stands. */
function believes(signed: readonly (Der | undefined)[], bytes: Uint8Array, { status }: Statement): void {
  if (status === 'invalid' || status === 'undetermined') return
  if (!signed.some((each) => each !== undefined && Buffer.from(bytes).includes(Buffer.from(each.raw))))
    throw new Error(`${status} by what nobody signed`)
}

/** The BasicOCSPResponse within an OCSPResponse. */
function basicOf(response: Uint8Array): Uint8Array {
  const [, wrapper] = readInside(response, 0x30)
  const [, basic] = readInside(wrapper?.content ?? new Uint8Array(), 0x30)
  return basic?.content ?? new Uint8Array()
}

function timestampList(count: number): Uint8Array {
  const each = (number: number) =>
    vector(
      2,
      concat([0], new Uint8Array(32).fill(number), numberBytes(1_795_000_000_000, 8), vector(2), [4, 3]),
      vector(2, new Uint8Array(71).fill(7)),
    )
  return vector(2, ...Array.from({ length: count }, (_, number) => each(number)))
}

const shortestTimestamp = 47

function readTimestampList(bytes: Uint8Array): void {
  const found = readTimestamps(bytes, 'tls')
  if (found.length * shortestTimestamp > bytes.length) throw new Error(`${found.length} timestamps out of nothing`)
}

type StampedCertificate = Stamped & { readonly list: Uint8Array; readonly logs: LogList }

/** A certificate with the timestamps of three public logs, and the list that has those. */
export function stampedCertificate(): StampedCertificate {
  const read = (name: string) =>
    readFileSync(resolve(import.meta.dirname, '../fixtures/tls/timestamps', name), 'latin1')
  const [leaf, issuer] = certificatesOfPem(read('comodo-2015.pem'))
  const list = leaf && embeddedTimestamps(leaf)
  if (!list) throw new Error('no timestamps are in the certificate')
  const logs = parseLogList(read('log_list.json'), 'log_list.json')
  return { leaf, issuer, list, logs, at: instant('2017-01-01T00:00:00Z') }
}

/** What is verified stands in the list that the logs signed. */
function believesTimestamps({ list, logs, ...stamped }: StampedCertificate, bytes: Uint8Array): void {
  const signed = new Set(readTimestamps(list, 'certificate').map(({ log, at }) => `${log} ${at}`))
  for (const { log, at, status } of timestampFacts(readTimestamps(bytes, 'certificate'), logs, stamped).scts) {
    if (status === 'verified' && !signed.has(`${log} ${at}`)) throw new Error(`verified, and signed by nobody: ${log}`)
  }
}

const dnsId = 7

/** Two HTTPS records, one of them with an ALPN list and a key for Encrypted Client Hello, behind a CNAME. */
function dnsAnswer(name: string): Uint8Array {
  const question = Buffer.from(httpsQuery(dnsId, name)).subarray(12, -11)
  const record = (type: number, data: Uint8Array) => concat([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60], vector(2, data))
  const parameters = concat([0, 1], vector(2, vector(1, Buffer.from('h2')), vector(1, Buffer.from('h3'))), [0, 5])
  const service = concat([0, 1, 0], parameters, vector(2, new Uint8Array(40).fill(9)))
  const alias = concat([0, 0], vector(1, Buffer.from('foo')), [0])
  const head = Uint8Array.of(0, dnsId, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0)
  return concat(head, question, record(5, Uint8Array.of(0xc0, 12)), record(65, service), record(65, alias))
}

function readDnsAnswer(bytes: Uint8Array): void {
  isAnswerTo(Buffer.from(bytes), dnsId, 'a.example.test')
  try {
    const { records } = readHttpsAnswer(Buffer.from(bytes))
    // A byte becomes four characters of a zone file at the most, doubled where they are escaped once more.
    if (records.join('').length > 8 * bytes.length + 64 * records.length) throw new Error('records out of nothing')
    dnsFacts({ host: 'a.example.test', answers: [{ name: 'a.example.test', type: 'HTTPS', records, problem: null }] })
    dnsFacts({ host: 'a.example.test', answers: [{ name: 'a.example.test', type: 'CAA', records, problem: null }] })
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
  }
}

/** Lets servers say mutated things before TLS, in one piece or in several; gives back how many talks came to TLS. */
export async function fuzzStarttls(count: number, seed: number): Promise<number> {
  const random = randomFrom(seed)
  const sound = Object.values(soundScripts).map(saidBy)
  let begun = 0
  for (let number = 0; number < count; number += 1) {
    const protocol = starttlsProtocols[number % starttlsProtocols.length] ?? 'smtp'
    const bytes = mutate(random, saidBy(soundScripts[protocol]), sound)
    const said = await hearOut(bytes, protocol, random)
    if (said.trouble === null) begun += 1
    if (said.received.length > Math.min(bytes.length, maxPreambleBytes)) throw new Error('more was heard than was said')
  }
  return begun
}

function saidBy(script: Script): Uint8Array {
  return concat(
    ...script.flatMap((step) =>
      typeof step === 'string' ? [Buffer.from(step)] : step instanceof Uint8Array ? [step] : [],
    ),
  )
}

/** A server that says its piece whatever it is told, and leaves. */
async function hearOut(bytes: Uint8Array, protocol: (typeof starttlsProtocols)[number], random: Random) {
  const server = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() })
  const cut = random(bytes.length + 1)
  for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) if (piece.length > 0) server.push(piece)
  server.push(null)
  const talk = talkOver(server, new AbortController().signal)
  try {
    return await negotiate(talk, { protocol, host: 'a.example.test' })
  } catch (error) {
    const hex = Buffer.from(bytes).toString('hex').slice(0, 4_000)
    throw new Error(`these bytes break the beginning of ${protocol}: ${hex}`, { cause: error })
  } finally {
    talk.leave()
    server.destroy()
  }
}
