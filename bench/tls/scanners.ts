import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createAsk } from '../../collectors/tls/ask.ts'
import { trustStore } from '../../collectors/tls/certificate/trust.ts'
import { handshakeQuestion } from '../../collectors/tls/handshake/current-client.ts'
import { helloMaker } from '../../collectors/tls/hellos.ts'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { surveyAllCertificates } from '../../collectors/tls/inventory/certificates.ts'
import { takeInventory } from '../../collectors/tls/inventory/scan.ts'
import { createPacer } from '../../collectors/tls/pacer.ts'
import { replay } from '../../collectors/tls/replay.ts'
import type { Exchange } from '../../collectors/tls/transcript.ts'
import { instant } from '../../src/model/time.ts'
import { collectFrom } from '../../test/helpers/collect.ts'
import { has } from '../../test/helpers/tls-scanners.ts'

const run = promisify(execFile)

/** How much a scanner found; null where it does not look for such a thing. */
export type Found = {
  readonly versions: number
  /** Pairs of a protocol version and a cipher suite. */
  readonly suites: number
  /** Pairs of a protocol version and a group. */
  readonly groups: number | null
  readonly certificates: number | null
}

export type Scanner = {
  readonly name: string
  /** Scans 127.0.0.1; throws where it does not end in time. */
  scan(port: number): Promise<Found>
  /** Whether one run of it takes so long that it is made once. */
  readonly slow: boolean
}

const maxMs = 300_000

/** The inventory alone (versions, suites, order, groups, certificates), in this process. */
export const inventory: Scanner = { name: 'affidavit, inventory', slow: false, scan: takeInventoryOf }

/** Everything that the collector asks about, in this process. */
export const everything: Scanner = { name: 'affidavit, everything', slow: false, scan: scanInProcess }

/** Both, and the command that a person types. */
export const ours: readonly Scanner[] = [
  inventory,
  everything,
  {
    name: 'affidavit probe tls',
    slow: false,
    scan: async (port) => {
      const main = join(import.meta.dirname, '../../src/cli/main.ts')
      const text = await output(process.execPath, [main, 'probe', 'tls', `127.0.0.1:${port}`, '--json'])
      return foundIn((JSON.parse(text) as { observations: readonly Observed[] }).observations)
    },
  },
]

/** What the peers do and no more: versions, suites, order, groups, certificates. */
async function takeInventoryOf(port: number): Promise<Found> {
  const exchanges: Exchange[] = []
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  const wire = { connect: open, signal: AbortSignal.timeout(maxMs), timeoutMs: 4_000 }
  const ask = createAsk(wire, createPacer(tlsCollector.defaults.concurrency), exchanges)
  const hello = helloMaker(undefined)
  const handshake = ask(handshakeQuestion({ serverName: undefined, purpose: 'handshake' }))
  await Promise.all([takeInventory(ask, hello, exchanges), handshake])
  await surveyAllCertificates(ask, exchanges, undefined)
  const context = { host: '127.0.0.1', at: instant(Date.now()), anchors: trustStore([]), anchorsMissing: null }
  return foundIn(replay({ exchanges }, context))
}

type Observed = { readonly kind: string; readonly facts: { readonly [name: string]: unknown } }

async function scanInProcess(port: number): Promise<Found> {
  const { observations, failure } = await collectFrom(tlsCollector, { host: '127.0.0.1', port })
  if (failure) throw new Error(failure.message)
  return foundIn(observations)
}

function foundIn(observations: readonly Observed[]): Found {
  const versions = observations.filter(({ kind }) => kind === 'tls.protocol')
  const count = (fact: string): number =>
    versions.reduce((total, { facts }) => total + (facts[fact] as readonly string[]).length, 0)
  const certificates = observations.filter(({ kind }) => kind === 'tls.certificate').length
  const offered = versions.filter(({ facts }) => facts.offered === 'yes').length
  return { versions: offered, suites: count('cipherSuites'), groups: count('groups'), certificates }
}

/** How much of testssl.sh runs, which takes a minute or more a server. */
export type Testssl = 'none' | 'inventory' | 'everything'

/** The peers that are on this machine; the others are named on standard error. */
export async function peers(testsslRuns: Testssl): Promise<readonly Scanner[]> {
  const known: readonly (Scanner & { readonly program: string })[] = [
    { name: 'nmap ssl-enum-ciphers', program: 'nmap', slow: false, scan: nmap },
    { name: 'sslscan', program: 'sslscan', slow: false, scan: sslscan },
    { name: 'testssl.sh -p -E -P', program: 'testssl', slow: true, scan: (port) => testssl(port, ['-p', '-E', '-P']) },
    { name: 'testssl.sh', program: 'testssl', slow: true, scan: (port) => testssl(port, []) },
  ]
  const all = known.slice(0, 2 + ['none', 'inventory', 'everything'].indexOf(testsslRuns))
  const present = await Promise.all(all.map(({ program }) => has(program)))
  return all.filter(({ program }, index) => {
    if (!present[index]) process.stderr.write(`SKIPPED: ${program}, which this machine has not\n`)
    return present[index]
  })
}

async function nmap(port: number): Promise<Found> {
  const text = await output('nmap', ['-Pn', '-p', String(port), '--script', 'ssl-enum-ciphers', '127.0.0.1'])
  const sections = text.split(/^\|\s+(?=(?:SSL|TLS)v[\d.]+:)/m).slice(1)
  const groups = sections.map(
    (section) => new Set([...section.matchAll(/_\S+ \((?:ecdh_)?([a-z]\w+)\) - /g)].map(([, name]) => name)),
  )
  return {
    versions: sections.length,
    suites: count(text, /^\|\s+TLS_\w+/gm),
    groups: groups.reduce((total, { size }) => total + size, 0),
    certificates: null,
  }
}

async function sslscan(port: number): Promise<Found> {
  const text = await output('sslscan', ['--no-colour', `127.0.0.1:${port}`])
  const [, groups = ''] = text.split('Server Key Exchange Group(s):')
  return {
    versions: count(text, /^(?:SSL|TLS)v[\d.]+\s+enabled/gm),
    suites: count(text, /^(?:Accepted|Preferred) /gm),
    groups: count(groups, /^TLSv1\.\d /gm),
    certificates: count(text, /^Subject: /gm),
  }
}

async function testssl(port: number, options: readonly string[]): Promise<Found> {
  const quiet = ['--quiet', '--color', '0', '--warnings', 'off', '--wide']
  const text = await output('testssl', [...quiet, ...options, `127.0.0.1:${port}`])
  const curves = /Elliptic curves offered:\s+(.*)/.exec(text)?.[1]
  return {
    versions: count(text, /^ (?:SSLv[23]|TLS 1(?:\.\d)?)\s+offered/gm),
    suites: count(text, /^ x[0-9a-f]{2,6} /gm),
    groups: curves === undefined ? null : curves.trim().split(/\s+/).length,
    certificates: options.length > 0 ? null : Math.max(1, count(text, /Server Certificate #\d/g)),
  }
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const options = { timeout: maxMs, maxBuffer: 64 * 1_024 * 1_024 }
  try {
    return (await run(program, args, options)).stdout
  } catch (error) {
    // testssl.sh ends with the number of its findings.
    const { stdout, killed } = error as { stdout?: string; killed?: boolean }
    if (stdout && !killed) return stdout
    throw error
  }
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
