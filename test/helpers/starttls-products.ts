import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StarttlsProtocol } from '../../collectors/tls/starttls/protocols.ts'
import { freePort, takesConnections } from './tls-scanners.ts'
import { localCertificate, type Running } from './tls-servers.ts'

/** A place for one server: its folder, its port, the paths of its certificate and key. */
type Place = { readonly folder: string; readonly port: number; readonly certificate: string; readonly key: string }

/** A server as Debian packages it, with the TLS versions and suites that its configuration allows. */
export type Product = {
  readonly name: string
  readonly protocol: StarttlsProtocol
  /** The programs that it needs. */
  readonly programs: readonly string[]
  /** Suites by version as the configuration below allows them, in no order. */
  readonly offers: Readonly<Record<string, readonly string[]>>
  /** Writes the configuration, and gives the command that serves in the foreground. */
  command(place: Place): readonly [string, ...string[]]
  /** The user that it runs as where the tests run as root, for those that refuse root. */
  readonly user?: string
}

const tls13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']
const openssl = 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA'
const opensslSuites = [
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
]

export const products: readonly Product[] = [
  {
    name: 'Postfix',
    protocol: 'smtp',
    programs: ['/usr/lib/postfix/sbin/master'],
    offers: { 'TLSv1.2': opensslSuites, 'TLSv1.3': tls13 },
    command: ({ folder, port, certificate, key }) => {
      for (const name of ['queue', 'queue/pid', 'queue/private', 'queue/public', 'queue/incoming', 'queue/active']) {
        mkdirSync(join(folder, name))
      }
      mkdirSync(join(folder, 'data'))
      give(join(folder, 'data'), 'postfix')
      for (const name of ['private', 'incoming', 'active']) give(join(folder, 'queue', name), 'postfix')
      give(join(folder, 'queue', 'public'), 'postfix')
      write(folder, 'main.cf', [
        'compatibility_level = 3.6',
        `queue_directory = ${folder}/queue`,
        `data_directory = ${folder}/data`,
        'myhostname = localhost.test',
        'inet_interfaces = 127.0.0.1',
        'inet_protocols = ipv4',
        `maillog_file = ${folder}/log`,
        `maillog_file_prefixes = ${folder}`,
        'smtpd_tls_security_level = may',
        'smtpd_client_connection_rate_limit = 0',
        'smtpd_client_connection_count_limit = 0',
        `smtpd_tls_cert_file = ${certificate}`,
        `smtpd_tls_key_file = ${key}`,
        'smtpd_tls_protocols = >=TLSv1.2',
        'smtpd_tls_ciphers = medium',
        `tls_medium_cipherlist = ${openssl}`,
      ])
      write(folder, 'master.cf', [
        `127.0.0.1:${port} inet n - n - - smtpd`,
        'tlsmgr unix - - n 1000? 1 tlsmgr',
        'anvil unix - - n - 1 anvil',
        'proxymap unix - - n - - proxymap',
        'postlog unix-dgram n - n - 1 postlogd',
      ])
      return ['/usr/lib/postfix/sbin/master', '-c', folder, '-d']
    },
  },
  ...(['imap', 'pop3'] as const).map(
    (protocol): Product => ({
      name: 'Dovecot',
      protocol,
      programs: ['dovecot'],
      offers: { 'TLSv1.2': opensslSuites, 'TLSv1.3': tls13 },
      command: ({ folder, port, certificate, key }) => {
        const listener = (name: string): string[] => [
          `service ${name}-login {`,
          `  inet_listener ${name} {`,
          `    port = ${name === protocol ? port : 0}`,
          '  }',
          `  inet_listener ${name}s {`,
          '    port = 0',
          '  }',
          '}',
        ]
        const file = write(folder, 'dovecot.conf', [
          `base_dir = ${folder}/run`,
          `state_dir = ${folder}/state`,
          `log_path = ${folder}/log`,
          'protocols = imap pop3',
          'listen = 127.0.0.1',
          'ssl = yes',
          `ssl_cert = <${certificate}`,
          `ssl_key = <${key}`,
          'ssl_min_protocol = TLSv1.2',
          `ssl_cipher_list = ${openssl}`,
          ...listener('imap'),
          ...listener('pop3'),
          'passdb {',
          '  driver = static',
          '  args = nopassword=n',
          '}',
        ])
        return ['dovecot', '-F', '-c', file]
      },
    }),
  ),
  {
    name: 'OpenLDAP with GnuTLS',
    protocol: 'ldap',
    programs: ['slapd'],
    offers: {
      'TLSv1.2': [
        'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
        'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
        'TLS_RSA_WITH_AES_128_GCM_SHA256',
        'TLS_RSA_WITH_AES_256_GCM_SHA384',
      ],
    },
    command: ({ folder, port, certificate, key }) => {
      const priority =
        'NONE:+VERS-TLS1.2:+ECDHE-RSA:+RSA:+AES-128-GCM:+AES-256-GCM:+AEAD:+SIGN-ALL:+COMP-NULL:+CTYPE-X509:+GROUP-SECP256R1'
      const file = write(folder, 'slapd.conf', [
        `pidfile ${folder}/slapd.pid`,
        `TLSCertificateFile ${certificate}`,
        `TLSCertificateKeyFile ${key}`,
        `TLSCipherSuite ${priority}`,
      ])
      return ['slapd', '-h', `ldap://127.0.0.1:${port}`, '-f', file, '-d', '0']
    },
  },
  {
    name: 'vsftpd',
    protocol: 'ftp',
    programs: ['vsftpd'],
    offers: { 'TLSv1.2': opensslSuites, 'TLSv1.3': tls13 },
    command: ({ folder, port, certificate, key }) => {
      mkdirSync(join(folder, 'empty'))
      const file = write(folder, 'vsftpd.conf', [
        'listen=YES',
        'background=NO',
        'listen_address=127.0.0.1',
        `listen_port=${port}`,
        'anonymous_enable=YES',
        'ssl_enable=YES',
        'allow_anon_ssl=YES',
        'ssl_tlsv1=NO',
        `ssl_ciphers=${openssl}`,
        `rsa_cert_file=${certificate}`,
        `rsa_private_key_file=${key}`,
        `secure_chroot_dir=${folder}/empty`,
        'seccomp_sandbox=NO',
      ])
      return ['vsftpd', file]
    },
  },
  ...(['xmpp', 'xmpp-server'] as const).map(
    (protocol): Product => ({
      name: 'Prosody',
      protocol,
      programs: ['prosody'],
      offers: { 'TLSv1.2': opensslSuites, 'TLSv1.3': tls13 },
      command: ({ folder, port, certificate, key }) => {
        const [c2s, s2s] = protocol === 'xmpp' ? [port, ''] : ['', port]
        const file = write(folder, 'prosody.cfg.lua', [
          'daemonize = false',
          'run_as_root = true',
          `pidfile = "${folder}/prosody.pid"`,
          `data_path = "${folder}"`,
          'interfaces = { "127.0.0.1" }',
          `c2s_ports = { ${c2s} }`,
          `s2s_ports = { ${s2s} }`,
          'modules_enabled = { "tls", "saslauth" }',
          `ssl = { key = "${key}"; certificate = "${certificate}"; protocol = "tlsv1_2+"; ciphers = "${openssl}" }`,
          'VirtualHost "localhost"',
        ])
        return ['prosody', '--config', file, '-F']
      },
    }),
  ),
  {
    name: 'MariaDB',
    protocol: 'mysql',
    programs: ['mariadbd', 'mariadb-install-db'],
    offers: { 'TLSv1.2': opensslSuites, 'TLSv1.3': tls13 },
    command: ({ folder, port, certificate, key }) => {
      const data = join(folder, 'data')
      const made = spawnSync('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, '--skip-test-db'])
      if (made.status !== 0) throw new Error(`mariadb-install-db: ${String(made.stdout)}${String(made.stderr)}`)
      const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []
      return [
        'mariadbd',
        '--no-defaults',
        `--datadir=${data}`,
        `--socket=${folder}/socket`,
        `--pid-file=${folder}/pid`,
        '--bind-address=127.0.0.1',
        `--port=${port}`,
        `--ssl-cert=${certificate}`,
        `--ssl-key=${key}`,
        '--tls-version=TLSv1.2,TLSv1.3',
        `--ssl-cipher=${openssl}`,
        '--max-connect-errors=1000000',
        ...asRoot,
      ]
    },
  },
  {
    name: 'PostgreSQL',
    protocol: 'postgres',
    programs: [postgresProgram('initdb'), postgresProgram('postgres')],
    offers: { 'TLSv1.2': opensslSuites, 'TLSv1.3': tls13 },
    user: 'postgres',
    command: ({ folder, port, certificate, key }) => {
      const data = join(folder, 'data')
      const made = spawnSync(postgresProgram('initdb'), ['-D', data, '--no-sync', '-A', 'trust'], {
        ...identityOf('postgres'),
        env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      })
      if (made.status !== 0) throw new Error(`initdb: ${String(made.stderr)}`)
      const settings = {
        listen_addresses: '127.0.0.1',
        port: String(port),
        unix_socket_directories: '',
        ssl: 'on',
        ssl_cert_file: certificate,
        ssl_key_file: key,
        ssl_ciphers: openssl,
      }
      const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      return [postgresProgram('postgres'), '-D', data, ...options]
    },
  },
]

function postgresProgram(name: string): string {
  return `/usr/lib/postgresql/15/bin/${name}`
}

/** Why a product cannot be tried on this machine; null where it can. */
export function missingFor({ programs, user }: Product): string | null {
  const absent = programs.find((program) => !onPath(program))
  if (absent) return `${absent} is not installed`
  if (process.getuid?.() !== 0 && user === undefined) return 'the server wants to be started by root'
  return null
}

/** Starts a product with a certificate for localhost; ready once it takes connections. */
export async function startProduct(product: Product): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'affidavit-starttls-'))
  chmodSync(folder, 0o755)
  const { pem, keyPem } = localCertificate('RSA-2048')
  const place = {
    folder,
    port: await freePort(),
    certificate: write(folder, 'server.crt', [pem]),
    key: write(folder, 'server.key', [keyPem]),
  }
  chmodSync(place.key, 0o600)
  if (product.user !== undefined) for (const path of [folder, place.key]) give(path, product.user)
  const [program, ...args] = product.command(place)
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...identityOf(product.user),
    env: environment,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  const end = async (): Promise<void> => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  for (let tries = 0; !(await takesConnections(place.port)); tries += 1) {
    if (tries > 300 || child.exitCode !== null) {
      await end()
      throw new Error(`${product.name} does not listen on port ${place.port}: ${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { port: place.port, [Symbol.asyncDispose]: end }
}

const environment = { PATH: process.env.PATH ?? '', LC_ALL: 'C' }

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exited
  clearTimeout(late)
}

function write(folder: string, name: string, lines: readonly string[]): string {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o644 })
  return path
}

function onPath(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return program.startsWith('/') ? existsSync(program) : folders.some((folder) => existsSync(join(folder, program)))
}

/** The ids of a user, where the tests run as root and may take them on. */
function identityOf(user: string | undefined): { uid?: number; gid?: number } {
  if (user === undefined || process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(String(spawnSync('id', [flag, user]).stdout))
  return { uid: id('-u'), gid: id('-g') }
}

function give(path: string, user: string): void {
  const { uid, gid } = identityOf(user)
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}
