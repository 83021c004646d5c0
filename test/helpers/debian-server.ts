import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen, stop } from '../../demo/servers/socket.ts'

/** Whether a program is installed. */
export function installed(program: string): boolean {
  return spawnSync(program, ['-v']).error === undefined
}

/** A port of 127.0.0.1 that nothing listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await stop(server)
  return port
}

/** Starts a server in the foreground and waits until its ports take connections; throws with its output where it ends before. */
export async function startServer(
  program: string,
  args: readonly string[],
  ports: readonly number[],
): Promise<AsyncDisposable> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  const deadline = Date.now() + 10_000
  for (const port of ports) {
    while (!(await takesConnections(port))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await end()
        throw new Error(`${program} does not listen on ${port}: ${output}`)
      }
      await sleep(20)
    }
  }
  return { [Symbol.asyncDispose]: end }
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
