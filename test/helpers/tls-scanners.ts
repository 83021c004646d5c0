import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { promisify } from 'node:util'
import type { Running } from './tls-servers.ts'

const run = promisify(execFile)

/** Suites by protocol version as another scanner found them, in its order. */
export type Suites = Readonly<Record<string, readonly string[]>>

/** Whether a program is on this machine. */
export async function has(program: string): Promise<boolean> {
  return await run('sh', ['-c', 'command -v "$1"', 'sh', program]).then(
    () => true,
    () => false,
  )
}

/** What nmap's ssl-enum-ciphers finds. */
export async function nmapSuites({ port }: Running): Promise<Suites> {
  const { stdout } = await run('nmap', ['-Pn', '-p', String(port), '--script', 'ssl-enum-ciphers', '127.0.0.1'])
  const found: Record<string, string[]> = {}
  let list: string[] = []
  for (const line of stdout.split('\n')) {
    const version = /\|\s+((?:SSL|TLS)v[\d.]+):/.exec(line)?.[1]
    if (version) {
      list = []
      found[version] = list
    }
    const suite = /\|\s+(TLS_\S+)/.exec(line)?.[1]
    // nmap's own way of writing TLS 1.3 suites.
    if (suite) list.push(suite.replace('TLS_AKE_WITH_', 'TLS_'))
  }
  return found
}

/** How many suites sslscan finds in a version. */
export async function sslscanCount({ port }: Running, version: string): Promise<number> {
  const { stdout } = await run('sslscan', ['--no-colour', `127.0.0.1:${port}`])
  return stdout.split('\n').filter((line) => /^(Accepted|Preferred)/.test(line) && line.includes(` ${version} `)).length
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

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
