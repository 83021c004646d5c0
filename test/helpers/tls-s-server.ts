import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localCertificate, type Running } from './tls-servers.ts'

/** A server of the system's OpenSSL, with an RSA certificate of its own; `options` as `openssl s_server` takes them. */
export async function opensslServer(...options: readonly string[]): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'affidavit-s-server-'))
  const { pem, keyPem } = localCertificate('RSA-2048')
  writeFileSync(join(folder, 'server.pem'), pem + keyPem)
  const fixed = ['s_server', '-accept', '127.0.0.1:0', '-cert', join(folder, 'server.pem'), '-naccept', '1000000']
  const child = spawn('openssl', [...fixed, ...options], { stdio: ['pipe', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  let said = ''
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      said += String(chunk)
      const found = /ACCEPT \S+:(\d+)/.exec(said)
      if (found) resolve(Number(found[1]))
    })
    child.stderr.on('data', (chunk) => {
      said += String(chunk)
    })
    child.once('exit', () => reject(new Error(`openssl s_server did not start: ${said}`)))
    child.once('error', reject)
  })
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}
