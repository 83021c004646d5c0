// The inventory of one server, beside sslscan, nmap and testssl.sh, in one run and in turns.
// node bench/tls/inventory.ts [--runs 5] [--full] [--quick]
//   --full   also testssl.sh with everything, which takes minutes
//   --quick  without testssl.sh
import { parseArgs } from 'node:util'
import type { Running } from '../../test/helpers/tls-servers.ts'
import { type DelayProxy, delayProxy } from './proxy.ts'
import { type Found, ours, peers, type Scanner } from './scanners.ts'
import { startNginx, startOldOpenssl } from './servers.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    full: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
const scanners = [...ours, ...(await peers(values.full))].filter(({ slow }) => !slow || !values.quick)

const servers: readonly (readonly [string, () => Promise<Running | undefined>])[] = [
  ['nginx, RSA, client order', () => startNginx({ keys: ['RSA-2048'], order: 'client' })],
  ['nginx, RSA, server order', () => startNginx({ keys: ['RSA-2048'], order: 'server' })],
  ['nginx, RSA and ECDSA, client order', () => startNginx({ keys: ['RSA-2048', 'P-256'], order: 'client' })],
  ['OpenSSL 1.0.2, all suites', startOldOpenssl],
]

type Measured = {
  direct: number[]
  delayed: number[]
  distant: number[]
  connections: number[]
  found: Found | undefined
  failure: string | undefined
}

for (const [name, start] of servers) {
  await using server = await start()
  if (!server) continue
  await using delayed = await delayProxy(server.port, { delayMs: 25 })
  await using distant = await delayProxy(server.port, { delayMs: 25, connectMs: 50 })
  const results = new Map<Scanner, Measured>(scanners.map((scanner) => [scanner, blank()]))
  // In turns, so that whatever else the machine does falls on all of them alike.
  for (let round = 0; round < runs; round += 1) {
    for (const [scanner, measured] of results) {
      if (!scanner.slow || round === 0) await measure(scanner, measured, server.port, delayed, distant)
    }
  }
  print(name, results)
}

function blank(): Measured {
  return { direct: [], delayed: [], distant: [], connections: [], found: undefined, failure: undefined }
}

async function measure(
  scanner: Scanner,
  measured: Measured,
  port: number,
  delayed: DelayProxy,
  distant: DelayProxy,
): Promise<void> {
  try {
    measured.direct.push(await timed(() => scanner.scan(port)))
    if (!scanner.slow) measured.delayed.push(await timed(() => scanner.scan(delayed.port)))
    await distant.connections()
    measured.distant.push(
      await timed(async () => {
        measured.found = await scanner.scan(distant.port)
      }),
    )
    measured.connections.push(await distant.connections())
  } catch (error) {
    measured.failure = error instanceof Error ? error.message.split('\n')[0] : String(error)
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}

function print(server: string, results: ReadonlyMap<Scanner, Measured>): void {
  const seconds = (values: readonly number[]): string => {
    const middle = median(values)
    return middle === undefined ? '-' : `${(middle / 1_000).toFixed(2)} s`
  }
  const rows = [...results].map(([{ name, slow }, { direct, delayed, distant, connections, found, failure }]) => [
    slow ? `${name} (one run)` : name,
    seconds(direct),
    seconds(delayed),
    seconds(distant),
    String(median(connections) ?? '-'),
    String(found?.suites ?? failure ?? '-'),
    String(found?.groups ?? '-'),
    String(found?.certificates ?? '-'),
  ])
  const head = [
    'scanner',
    'loopback',
    '25 ms each way',
    'and to connect',
    'connections',
    'suites',
    'groups',
    'certificates',
  ]
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  process.stdout.write(`\n${server} (median of ${runs})\n\n`)
  process.stdout.write(line(head) + line(head.map(() => '---')) + rows.map(line).join(''))
}
