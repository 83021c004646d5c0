import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { oldOpenssl, oldServer } from '../../test/helpers/tls-old-openssl.ts'
import { freePort, program } from '../../test/helpers/tls-scanners.ts'
import { localCertificate, type Running } from '../../test/helpers/tls-servers.ts'

export type NginxOptions = {
  /** Keys that it has certificates for. */
  readonly keys: readonly ('RSA-2048' | 'P-256')[]
  readonly order: 'server' | 'client'
  /** Addresses of the loopback beside 127.0.0.1. */
  readonly addresses?: readonly string[]
}

/** nginx with TLS 1.2 and 1.3 as its packager's OpenSSL has them (`HIGH:!aNULL`). */
export async function startNginx({ keys, order, addresses = [] }: NginxOptions): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'affidavit-bench-nginx-'))
  const port = await freePort()
  const certificates = keys.map((key) => {
    const { pem, keyPem } = localCertificate(key)
    writeFileSync(join(folder, `${key}.crt`), pem)
    writeFileSync(join(folder, `${key}.key`), keyPem)
    return `ssl_certificate ${folder}/${key}.crt; ssl_certificate_key ${folder}/${key}.key;`
  })
  const config = `
    worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log /dev/null;
    events { worker_connections 8192; }
    http { access_log off; server {
      ${['127.0.0.1', ...addresses].map((address) => `listen ${address}:${port} ssl;`).join('\n')}
      ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers HIGH:!aNULL;
      ssl_prefer_server_ciphers ${order === 'server' ? 'on' : 'off'};
      ${certificates.join('\n')}
    } }`
  writeFileSync(join(folder, 'nginx.conf'), config)
  const running = await program('nginx', ['-c', join(folder, 'nginx.conf')], port)
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

/** OpenSSL 1.0.2 with all that it has; undefined, with the reason on standard error, where it cannot be had. */
export async function startOldOpenssl(): Promise<Running | undefined> {
  const found = await oldOpenssl('1.0.2')
  if ('node' in found) {
    return await oldServer(found.node, { ciphers: 'ALL:COMPLEMENTOFALL', ecdhCurve: 'prime256v1' })
  }
  process.stderr.write(`SKIPPED: the OpenSSL 1.0.2 server: ${found.missing}\n`)
  return undefined
}

/** The servers of the benchmark, by the names that its tables have. */
export const starters: { readonly [name: string]: () => Promise<Running | undefined> } = {
  'nginx, RSA, client order': () => startNginx({ keys: ['RSA-2048'], order: 'client' }),
  'nginx, RSA, server order': () => startNginx({ keys: ['RSA-2048'], order: 'server' }),
  'nginx, RSA and ECDSA, client order': () => startNginx({ keys: ['RSA-2048', 'P-256'], order: 'client' }),
  'nginx, RSA and ECDSA, server order': () => startNginx({ keys: ['RSA-2048', 'P-256'], order: 'server' }),
  'OpenSSL 1.0.2, all suites': startOldOpenssl,
}

/** Starts one of them in a process of its own, so that it ends with this one, however this one ends. */
export async function startServer(name: string): Promise<Running | undefined> {
  const child = fork(join(import.meta.dirname, 'serve.ts'), [name])
  const exited = once(child, 'exit')
  const ready = await Promise.race([once(child, 'message'), exited.then(() => undefined)])
  if (!ready) return undefined
  const [{ port }] = ready as [{ port: number }]
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.disconnect()
      await exited
    },
  }
}

/** The address of 127.0.0.0/8 that stands for one of many hosts. */
export function sweepAddress(number: number): string {
  return `127.1.${Math.floor(number / 250)}.${(number % 250) + 1}`
}
