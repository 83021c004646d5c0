import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Running } from './tls-servers.ts'

const run = promisify(execFile)

/** What another scanner found, by protocol version: suites in its order, and whose order it takes that to be. */
export type Scanned = Readonly<
  Record<string, { readonly suites: readonly string[]; readonly preference: string | undefined }>
>

/** Whether a program is on this machine. */
export async function has(program: string): Promise<boolean> {
  return await run('sh', ['-c', 'command -v "$1"', 'sh', program]).then(
    () => true,
    () => false,
  )
}

/** What nmap's ssl-enum-ciphers finds. */
export async function nmapScan({ port }: Running): Promise<Scanned> {
  const { stdout } = await run('nmap', ['-Pn', '-p', String(port), '--script', 'ssl-enum-ciphers', '127.0.0.1'])
  const sections = stdout.split(/^\|\s+(?=(?:SSL|TLS)v[\d.]+:)/m).slice(1)
  return Object.fromEntries(
    sections.map((section) => {
      const version = section.slice(0, section.indexOf(':'))
      // nmap's own way of writing TLS 1.3 suites.
      const suites = [...section.matchAll(/\|\s+(TLS_\S+)/g)].map(([, name = '']) =>
        name.replace('TLS_AKE_WITH_', 'TLS_'),
      )
      return [version, { suites, preference: /cipher preference: (\w+)/.exec(section)?.[1] }]
    }),
  )
}

/**
 * The suites of TLS 1.2 in which `openssl s_client` completes a handshake that offers no other, for the host localhost; by
 * IANA's names, sorted.
 */
export async function opensslSuites({ port }: Running): Promise<readonly string[]> {
  const { stdout } = await run('openssl', ['ciphers', '-stdname', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'])
  const suites = [...stdout.matchAll(/^(\S+) +- (\S+) +(?!TLSv1\.3)/gm)]
  const found = []
  for (const [, name = '', own = ''] of suites) {
    const to = ['-connect', `127.0.0.1:${port}`, '-servername', 'localhost']
    const talk = run('openssl', ['s_client', ...to, '-tls1_2', '-cipher', `${own}:@SECLEVEL=0`])
    talk.child.stdin?.end()
    const isTaken = await talk.then(
      ({ stdout }) => /Cipher is (?!\(NONE\))/.test(stdout),
      () => false,
    )
    if (isTaken) found.push(name)
  }
  return found.toSorted()
}

/** How many suites sslscan finds, by protocol version; it tries none of SSLv3. */
export async function sslscanCounts({ port }: Running): Promise<Readonly<Record<string, number>>> {
  const { stdout } = await run('sslscan', ['--no-colour', `127.0.0.1:${port}`])
  const versions = [...stdout.matchAll(/^(?:Accepted|Preferred)\s+(\S+)/gm)].map(([, version = '']) => version)
  return Object.fromEntries([...Map.groupBy(versions, (version) => version)].map(([name, all]) => [name, all.length]))
}

/** What testssl.sh says of one matter: its severity, `OK` and `INFO` where nothing is wrong, and its sentence. */
export type TestsslFinding = { readonly id: string; readonly severity: string; readonly finding: string }

/** What testssl.sh finds out about weaknesses, by its own names. */
export async function testsslWeaknesses({ port }: Running): Promise<ReadonlyMap<string, TestsslFinding>> {
  const folder = mkdtempSync(join(tmpdir(), 'affidavit-testssl-'))
  const file = join(folder, 'findings.json')
  try {
    // Its exit code counts what it found.
    await run('testssl', ['-U', '--quiet', '--color', '0', '--jsonfile', file, `127.0.0.1:${port}`]).catch(
      () => undefined,
    )
    const findings = JSON.parse(readFileSync(file, 'utf8')) as readonly TestsslFinding[]
    return new Map(findings.map((each) => [each.id, each]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A port that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** A program that serves on a port given to it; ready once the port takes connections. */
export async function program(file: string, args: readonly string[], port: number): Promise<Running> {
  const child = spawn(file, args, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  for (let tries = 0; !(await takesConnections(port)); tries += 1) {
    if (tries > 100 || child.exitCode !== null) throw new Error(`${file} does not listen on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await exited
    },
  }
}

/** Whether something listens on a port of 127.0.0.1. */
export function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
