// Many targets through collectPlan, as one run of the daemon would: time, peak memory, connections.
// node bench/tls/sweep.ts [--targets 1000] [--concurrency 8]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { keepNurserySmall } from '../../src/cli/memory.ts'
import { collectPlan } from '../../src/collect/collect-plan.ts'
import type { Collector } from '../../src/collect/contract.ts'
import { instant } from '../../src/model/time.ts'
import { sweepAddress } from './servers.ts'

// As `affidavit run` and the daemon do.
keepNurserySmall()

const { values } = parseArgs({
  options: { targets: { type: 'string', default: '1000' }, concurrency: { type: 'string', default: '8' } },
})
const total = Number(values.targets)
const concurrency = Number(values.concurrency)

/** nginx runs beside a process of its own, so that its memory is not counted as ours. */
const servers = fork(join(import.meta.dirname, 'sweep-servers.ts'), [String(total)])
const [{ port }] = (await once(servers, 'message')) as [{ port: number }]

const plan = Array.from({ length: total }, (_, number) => ({
  id: `sweep/loopback/${number}`,
  component: 'sweep/loopback',
  collector: 'tls',
  target: { host: sweepAddress(number), port, serverName: 'localhost' },
  schedule: null,
  validForMs: 86_400_000,
}))

const silent = { debug: () => {}, info: () => {}, warn: () => {} }
let peakBytes = 0
const sampler = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
}, 100)
const tally = { done: 0, failed: 0, observations: 0, artefactBytes: 0, connections: 0 }
const failures = new Map<string, number>()
const cpuBefore = process.cpuUsage()
const start = performance.now()
for await (const event of collectPlan({
  plan,
  collectors: new Map<string, Collector>([['tls', tlsCollector as Collector]]),
  concurrency,
  clock: { now: () => instant(Date.now()) },
  signal: new AbortController().signal,
  log: silent,
  baseDirectory: process.cwd(),
})) {
  if (event.type !== 'collected') continue
  const { observations, artefacts, usage, failure } = event.collection
  tally.done += 1
  tally.observations += observations.length
  tally.artefactBytes += artefacts.reduce((sum, { bytes }) => sum + bytes.length, 0)
  tally.connections += usage.connections
  if (failure) failures.set(failure.code, (failures.get(failure.code) ?? 0) + 1)
  const complete = observations.some(
    ({ facts }) => facts.protocol === 'TLSv1.2' && facts.cipherSuitesComplete === 'yes',
  )
  if (failure || !complete) tally.failed += 1
  if (process.stderr.isTTY && tally.done % 50 === 0) process.stderr.write(`\r${tally.done}`)
}
const seconds = (performance.now() - start) / 1_000
clearInterval(sampler)
const cpu = process.cpuUsage(cpuBefore)
servers.disconnect()

const rows: readonly (readonly [string, string])[] = [
  [
    'targets',
    `${tally.done}, ${tally.failed} not found whole${failures.size > 0 ? ` (${JSON.stringify(Object.fromEntries(failures))})` : ''}`,
  ],
  [
    'time',
    `${seconds.toFixed(1)} s, of it ${((cpu.user + cpu.system) / 1e6).toFixed(1)} s of processor in this process`,
  ],
  ['peak memory', `${Math.round(Math.max(peakBytes, process.resourceUsage().maxRSS * 1_024) / 1e6)} MB`],
  ['connections', `${tally.connections}, ${Math.round(tally.connections / tally.done)} a target`],
  ['observations', `${tally.observations}`],
  ['artefacts', `${(tally.artefactBytes / tally.done / 1_024).toFixed(1)} KiB a target`],
]
process.stdout.write(`| ${total} targets, ${concurrency} at once | |\n| --- | --- |\n`)
process.stdout.write(rows.map(([name, value]) => `| ${name} | ${value} |\n`).join(''))
