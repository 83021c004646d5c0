import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { type MadeFile, makeKeys } from '../app/keys.ts'
import { readOpenApi, type StarterAnswers, starterConfiguration } from '../app/starter.ts'
import { configurationSchema } from '../app.ts'
import { makeFolder } from '../disk/make-folder.ts'
import { AffidavitError, ConfigError } from '../model/errors.ts'
import { secretReferencePattern, secretReferenceRule } from '../model/secret.ts'
import { isTimeZone } from '../model/time.ts'
import { answerTo } from './ask.ts'
import { selfMadeIdentity } from './keys.ts'
import type { Shell } from './shell.ts'
import { shortestPath } from './shortest-path.ts'
import { say, sayText, table, tell, tone, width, wrap } from './terminal.ts'

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
      const keys = await write(folder, file, answers)

      say(`${tone('good', 'written')}  ${shortestPath(file)}, and its JSON Schema for your editor`)
      say(table(keys.map(({ path, purpose }) => [tone('good', 'written'), shortestPath(path), tone('none', purpose)])))
      say()
      sayText(selfMadeIdentity)
      if (answers.passphrase === null)
        sayText('The private keys are not encrypted; keep the folder to yourself, or use --passphrase.')
      say()
      const option = folder === process.cwd() ? '' : ` -c ${shellWord(shortestPath(file))}`
      say('Next:')
      say(`  affidavit check${option}      validate what you have edited`)
      say(`  affidavit run${option}        collect and judge once`)
      say(`  affidavit report${option}     issue the signed report`)
      say(`  affidavit daemon${option}     collect every night`)
    })
}

/** The configuration last, so that whatever fails before it can be tried again with the same command. */
async function write(folder: string, file: string, answers: StarterAnswers): Promise<readonly MadeFile[]> {
  const text = starterConfiguration(answers)
  try {
    makeFolder(folder)
    await writeFile(join(folder, 'affidavit.schema.json'), `${JSON.stringify(configurationSchema(), null, 2)}\n`)
    const keys = await makeKeys({ folder: join(folder, 'keys'), ...answers })
    await writeFile(file, text, { flag: 'wx' })
    return keys
  } catch (cause) {
    if (cause instanceof AffidavitError || !isSystemError(cause)) throw cause
    throw new ConfigError('AFD_INIT_WRITE', `nothing can be written to ${folder} (${cause.code})`, {
      hint: 'check that the folder can be written to and has room, or name another one with --folder',
      cause,
    })
  }
}

async function complete(options: Options, folder: string, signal: AbortSignal): Promise<StarterAnswers> {
  for (const [name, value] of Object.entries(options)) {
    const problem = value === undefined ? undefined : answerProblem(name, String(value))
    if (problem) throw new ConfigError('AFD_INIT_FLAG', `${flagOf(name)} ${problem[0]}`, { hint: problem[1] })
  }
  const document = options.openapi === undefined ? null : await readDocument(options.openapi)
  const ask = options.yes || !process.stdin.isTTY ? suggested : asker(signal)
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const host = options.host ?? (document?.host && isHost(document.host) ? document.host : null)
  const organisation = options.organisation ?? (await ask('Organisation', basename(folder)))
  const timeZone = options.timeZone ?? (await ask('Time zone, as in Europe/Zurich', zone, problems.timeZone))
  const asked = host ?? ((await ask('Host of the system, as in api.example.com:8443', '', problems.host)) || null)
  const suggestion = document?.title ?? asked?.replace(/:\d+$/, '') ?? organisation
  return {
    organisation,
    timeZone,
    system: options.system ?? (await ask('Name of the system under audit', suggestion)),
    host: asked,
    openapi: options.openapi === undefined ? null : relative(folder, resolve(options.openapi)),
    issuer: options.issuer ?? document?.issuer ?? null,
    passphrase: options.passphrase ?? null,
  }
}

type Problem = readonly [message: string, hint: string]
type Rule = (value: string) => Problem | undefined

/** What is wrong with an answer, or with the flag that gives it, and what would be right; undefined where it will do. */
export function answerProblem(name: string, value: string): Problem | undefined {
  return problems[name]?.(value)
}

const problems: { readonly [name: string]: Rule } = {
  organisation: (value) => (value.trim() === '' ? ['is empty', 'name whose systems these are'] : undefined),
  system: (value) => (value.trim() === '' ? ['is empty', 'name the system under audit'] : undefined),
  timeZone: (value) =>
    isTimeZone(value) ? undefined : ['is not an IANA time zone', 'as in Europe/Zurich, America/New_York or UTC'],
  host: (value) =>
    isHost(value)
      ? undefined
      : ['is not a host name with an optional port', 'as in api.example.com or api.example.com:8443, without https://'],
  issuer: (value) =>
    /^https?:\/\//.test(value) && URL.canParse(value) ? undefined : ['is not a URL', 'as in https://login.example.com'],
  passphrase: (value) =>
    secretReferencePattern.test(value)
      ? undefined
      : [`is refused: ${secretReferenceRule}`, 'as in env:AFFIDAVIT_PASSPHRASE'],
}

function isHost(value: string): boolean {
  const [, name = '', port = '443'] = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(value) ?? []
  return name !== '' && Number(port) >= 1 && Number(port) <= 65_535
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

async function readDocument(file: string): Promise<ReturnType<typeof readOpenApi>> {
  try {
    return readOpenApi(await readFile(file, 'utf8'))
  } catch (cause) {
    const [what, hint] = isSystemError(cause)
      ? ['cannot be read', 'check its path']
      : ['is neither YAML nor JSON', 'check the file with your OpenAPI editor']
    throw new ConfigError('AFD_INIT_FLAG', `the OpenAPI document ${file} ${what}`, { hint, cause })
  }
}

type Ask = (question: string, suggestion: string, rule?: Rule) => Promise<string>

const suggested: Ask = async (_, suggestion) => suggestion

/** Asks on the terminal until the answer will do; an empty one takes the suggestion. Throws where the person leaves. */
function asker(signal: AbortSignal): Ask {
  return async (question, suggestion, rule) => {
    for (;;) {
      const answer = (
        await answerTo(`${question}${suggestion ? ` [${suggestion}]` : ''}: `, signal, 'nothing was written')
      ).trim()
      const problem = answer === '' ? undefined : rule?.(answer)
      if (!problem) return answer === '' ? suggestion : answer
      for (const line of wrap(`That ${problem[0]}: ${problem[1]}.`, width() - 2)) tell(`  ${line}`)
    }
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

/** A path as one word of a shell command. */
function shellWord(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
