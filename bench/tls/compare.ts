// Servers scanned by this collector and its peers, in one run and in turns.
// node bench/tls/compare.ts [--runs 5] [--testssl | --testssl-full] [--server TEXT]
//   --testssl       also testssl.sh -p -E -P, once, which takes minutes
//   --testssl-full  testssl.sh with everything as well
//   --server        only the servers whose name contains the text
import { parseArgs } from 'node:util'
import { type DelayProxy, delayProxy } from './proxy.ts'
import { everything, type Found, inventory, ours, peers, type Scanner } from './scanners.ts'
import { starters, startServer } from './servers.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    testssl: { type: 'boolean', default: false },
    'testssl-full': { type: 'boolean', default: false },
    server: { type: 'string', default: '' },
  },
})
const runs = Number(values.runs)
const others = await peers(values['testssl-full'] ? 'everything' : values.testssl ? 'inventory' : 'none')

/** Beside all scanners; the other servers show what the order and the certificates change for us. */
const comparedServers = ['nginx, RSA, client order', 'OpenSSL 1.0.2, all suites']

type Measured = {
  direct: number[]
  delayed: number[]
  distant: number[]
  connections: number[]
  found: Found | undefined
  failure: string | undefined
}
type Row = readonly [server: string, scanner: Scanner, Measured]

const rows: Row[] = []
for (const name of Object.keys(starters).filter((each) => each.includes(values.server))) {
  await using server = await startServer(name)
  if (!server) continue
  await using delayed = await delayProxy(server.port, { delayMs: 25 })
  await using distant = await delayProxy(server.port, { delayMs: 25, connectMs: 50 })
  const scanners = comparedServers.includes(name) ? [...ours, ...others] : [inventory, everything]
  const results = scanners.map((scanner) => [name, scanner, blank()] as const)
  // In turns, so that whatever else the machine does falls on all of them alike.
  for (let round = 0; round < runs; round += 1) {
    for (const [, scanner, measured] of results) {
      if (!scanner.slow || round === 0) await measure(scanner, measured, server.port, delayed, distant)
    }
  }
  rows.push(...results)
}
print(rows)

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
    measured.delayed.push(await timed(() => scanner.scan(delayed.port)))
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

/** One table of all, and how many times as long each peer takes as our inventory of the same server. */
function print(rows: readonly Row[]): void {
  const head = ['server', 'scanner', 'loopback', '25 ms each way', 'and to connect', 'connections']
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  const columns = [...head, 'versions', 'suites', 'groups', 'certificates']
  process.stdout.write(`median of ${runs}\n\n${line(columns)}${line(columns.map(() => '---'))}`)
  for (const [server, { name, slow }, { direct, delayed, distant, connections, found, failure }] of rows) {
    const counts = [found?.versions ?? failure, found?.suites, found?.groups, found?.certificates]
    process.stdout.write(
      line([
        server,
        slow ? `${name} (one run)` : name,
        ...[direct, delayed, distant].map(seconds),
        ...[median(connections), ...counts].map((count) => String(count ?? '-')),
      ]),
    )
  }
  for (const [server, scanner, measured] of rows.filter(([, scanner]) => others.includes(scanner))) {
    const own = rows.find(([name, each]) => name === server && each === inventory)?.[2]
    const ratios = (['direct', 'delayed', 'distant'] as const).map((way) => {
      const [theirs, mine] = [median(measured[way]), own && median(own[way])]
      return theirs === undefined || mine === undefined ? '-' : (theirs / mine).toFixed(1)
    })
    process.stdout.write(`\n${server}: ${scanner.name} takes ${ratios.join(', ')} times as long as the inventory\n`)
  }
}

function seconds(values: readonly number[]): string {
  const middle = median(values)
  return middle === undefined ? '-' : `${(middle / 1_000).toFixed(2)} s`
}
