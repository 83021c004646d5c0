import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { makeKeys } from '../app/keys.ts'
import { readOpenApi, type StarterAnswers, starterConfiguration } from '../app/starter.ts'
import { configurationSchema } from '../app.ts'
import { ConfigError } from '../model/errors.ts'
import { secretReferencePattern, secretReferenceRule } from '../model/secret.ts'
import { isTimeZone } from '../model/time.ts'
import type { Shell } from './shell.ts'
import { say, tone } from './terminal.ts'

type Options = {
  readonly folder: string
  readonly organisation?: string
  readonly timeZone?: string
  readonly system?: string
  readonly host?: string
  readonly openapi?: string
  readonly issuer?: string
  readonly passphrase?: string
  readonly yes?: boolean
}

export function initCommand(shell: Shell): Command {
  return new Command('init')
    .description('Write a commented affidavit.yaml and make the keys; asks for what the flags leave open')
    .option('--folder <folder>', 'where to write', '.')
    .option('--organisation <name>', 'whose systems these are')
    .option('--time-zone <zone>', 'IANA time zone, as in Europe/Zurich')
    .option('--system <name>', 'the system under audit')
    .option('--host <host[:port]>', 'suggests targets for this host')
    .option('--openapi <file>', 'suggests targets from an OpenAPI document')
    .option('--issuer <url>', 'OpenID Connect or OAuth issuer of its tokens')
    .option('--passphrase <reference>', 'encrypts the private keys; env:NAME or file:path, never the passphrase itself')
    .option('-y, --yes', 'ask nothing; take what can be suggested')
    .action(async (options: Options) => {
      const folder = resolve(options.folder)
      const file = join(folder, 'affidavit.yaml')
      if (existsSync(file)) {
        throw new ConfigError('AFD_INIT_EXISTS', `${file} exists already; nothing was changed`, {
          hint: 'edit it, or name another folder with --folder',
        })
      }
      const answers = await complete(options, folder, shell.signal)
      await mkdir(folder, { recursive: true })
      const keys = await makeKeys({ folder: join(folder, 'keys'), ...answers })
      await writeFile(join(folder, 'affidavit.schema.json'), `${JSON.stringify(configurationSchema(), null, 2)}\n`)
      await writeFile(file, starterConfiguration(answers), { flag: 'wx' })

      say(`${tone('good', 'written')}  ${shortest(file)}, and its JSON Schema for your editor`)
      for (const { path, purpose } of keys)
        say(`${tone('good', 'written')}  ${shortest(path)}  ${tone('none', purpose)}`)
      say()
      say('The report key is certified by an authority that was made here just now. It proves that a report was not')
      say('changed after it was signed with this key. It does not prove who you are: for that, have your own authority')
      say('certify a key and bring it in with: affidavit keys import.')
      if (answers.passphrase === null)
        say('The private keys are not encrypted; keep the folder to yourself, or use --passphrase.')
      say()
      const option = folder === process.cwd() ? '' : ` -c ${shortest(file)}`
      say('Next:')
      say(`  affidavit check${option}      validate what you have edited`)
      say(`  affidavit run${option}        collect and judge once`)
      say(`  affidavit report${option}     issue the signed report`)
      say(`  affidavit daemon${option}     collect every night`)
    })
}

async function complete(options: Options, folder: string, signal: AbortSignal): Promise<StarterAnswers> {
  checkFlags(options)
  const document = options.openapi === undefined ? null : readOpenApi(await readDocument(options.openapi))
  const ask = options.yes || !process.stdin.isTTY ? async (_: string, suggestion: string) => suggestion : asker(signal)
  const host = options.host ?? document?.host ?? null
  const answers = {
    organisation: options.organisation ?? (await ask('Organisation', basename(folder))),
    timeZone: options.timeZone ?? (await ask('Time zone', Intl.DateTimeFormat().resolvedOptions().timeZone)),
    system: options.system ?? (await ask('System under audit', document?.title ?? 'Customer Data API')),
    host: host ?? ((await ask('Its host, as in api.example.com or api.example.com:8443', '')) || null),
  }
  return {
    ...answers,
    openapi: options.openapi === undefined ? null : relative(folder, resolve(options.openapi)),
    issuer: options.issuer ?? document?.issuer ?? null,
    passphrase: options.passphrase ?? null,
  }
}

function checkFlags({ timeZone, host, issuer, passphrase }: Options): void {
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    throw new ConfigError('AFD_INIT_FLAG', '--time-zone is not an IANA time zone', {
      hint: 'as in Europe/Zurich or UTC',
    })
  }
  if (host !== undefined && !/^[A-Za-z0-9.-]+(?::\d{1,5})?$/.test(host)) {
    throw new ConfigError('AFD_INIT_FLAG', '--host is not a host name with an optional port', {
      hint: 'as in api.example.com or api.example.com:8443, without https://',
    })
  }
  if (issuer !== undefined && !URL.canParse(issuer)) {
    throw new ConfigError('AFD_INIT_FLAG', '--issuer is not a URL', { hint: 'as in https://login.example.com' })
  }
  if (passphrase !== undefined && !secretReferencePattern.test(passphrase)) {
    throw new ConfigError('AFD_INIT_FLAG', `--passphrase: ${secretReferenceRule}`, {
      hint: 'as in env:AFFIDAVIT_PASSPHRASE',
    })
  }
}

async function readDocument(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new ConfigError('AFD_INIT_FLAG', `the OpenAPI document ${file} cannot be read`, {
      hint: 'check its path',
      cause,
    })
  }
}

function asker(signal: AbortSignal): (question: string, suggestion: string) => Promise<string> {
  return async (question, suggestion) => {
    const line = createInterface({ input: process.stdin, output: process.stderr })
    try {
      const answer = await line.question(`${question}${suggestion ? ` [${suggestion}]` : ''}: `, { signal })
      return answer.trim() === '' ? suggestion : answer.trim()
    } finally {
      line.close()
    }
  }
}

function shortest(path: string): string {
  const short = relative(process.cwd(), path)
  return short !== '' && short.length < path.length ? short : path
}
