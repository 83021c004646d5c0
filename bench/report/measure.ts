import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export type Measured = {
  readonly seconds: number
  /** Processor time of the process and all below it, as far as they were seen. */
  readonly cpuSeconds: number
  /** The most memory that they had at the same time, shared pages counted once, in MB; sampled five times a second. */
  readonly peakMb: number
  readonly output: string
}

/** Runs a program to its end; null where it takes longer than the limit. Linux only. */
export async function measure(program: string, args: readonly string[], limitMs: number): Promise<Measured | null> {
  const start = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString()
  })
  let complaint = ''
  child.stderr.on('data', (part: Buffer) => {
    complaint = (complaint + part.toString()).slice(-2_000)
  })
  let peakKb = 0
  const cpu = new Map<number, number>()
  const sample = () => {
    const all = processes()
    const family = below(child.pid ?? 0, all)
    peakKb = Math.max(
      peakKb,
      family.reduce((sum, pid) => sum + memoryKb(pid), 0),
    )
    for (const pid of family) cpu.set(pid, all.get(pid)?.cpu ?? 0)
  }
  const timer = setInterval(sample, 200)
  let late = false
  const limit = setTimeout(() => {
    late = true
    // The whole group: programs leave helpers behind otherwise.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, limitMs)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearInterval(timer)
  clearTimeout(limit)
  if (late) return null
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${complaint}`)
  const cpuSeconds = [...cpu.values()].reduce((sum, ticks) => sum + ticks, 0) / 100
  return { seconds: (performance.now() - start) / 1000, cpuSeconds, peakMb: peakKb / 1024, output }
}

function processes(): ReadonlyMap<number, { readonly parent: number; readonly cpu: number }> {
  const found = new Map<number, { parent: number; cpu: number }>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = read(`/proc/${name}/stat`)
    // The name in parentheses may hold spaces; what follows it does not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    found.set(Number(name), { parent: Number(fields[1]), cpu: Number(fields[11]) + Number(fields[12]) })
  }
  return found
}

function below(root: number, all: ReturnType<typeof processes>): readonly number[] {
  const family = [root]
  for (const pid of family) for (const [other, { parent }] of all) if (parent === pid) family.push(other)
  return family
}

function memoryKb(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
