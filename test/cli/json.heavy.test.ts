import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'

// Each command is a process of its own; a busy machine takes its time with them.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let run = ''
const cli = (...args: string[]) => affidavit(args, { cwd: folder.path })

/** Command of docs/json.md, as its table names it, and the fields that it lists. */
const documented = new Map(
  [
    ...(await readFile(resolve(import.meta.dirname, '../../docs/json.md'), 'utf8')).matchAll(
      /^\| (`affidavit [^|]*?) \| ([^|]*) \|$/gm,
    ),
  ].map(([, command = '', fields = '']) => [
    command.replaceAll('`', '').replace(/^affidavit /, ''),
    [...fields.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  ]),
)

const password = 'correct-horse-battery-staple'

beforeAll(async () => {
  folder = await temporaryFolder()
  const records = Array.from({ length: 72 }, (_, hour) =>
    JSON.stringify({ time: new Date(Date.now() - hour * 3_600_000).toISOString(), event: 'read', password }),
  ).reverse()
  await writeFile(join(folder.path, 'audit.log'), `${records.join('\n')}\n`)
  await chmod(join(folder.path, 'audit.log'), 0o640)
  await cli('keys', 'make', '--organisation', 'Example Retail Ltd')
  await writeFile(
    join(folder.path, 'affidavit.yaml'),
    `version: 1
organisation: { name: Example Retail Ltd }
systems:
  - id: shop
    name: Shop
    components:
      - id: log
        targets:
          - collector: log-retention
            target: { logs: [{ id: audit, files: [audit.log] }] }
signing:
  key: keys/report.key.pem
  certificates: [keys/report.cert.pem, keys/ca.cert.pem]
`,
  )
  await cli('run')
  const [first] = JSON.parse((await cli('runs', 'list', '--json')).stdout)
  run = first.run
  await cli('report', '-o', 'reports')
  await cli('evidence', 'export', '-o', 'kept.zip')
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

/** Arguments of each documented command; those that erase or add stand last. */
const asked: readonly (readonly [string, () => Promise<readonly string[]> | readonly string[]])[] = [
  ['check', () => ['check']],
  ['probe', () => ['probe', 'log-retention', 'audit.log']],
  ['evidence list', () => ['evidence', 'list']],
  ['evidence show', () => ['evidence', 'show', 'E-0']],
  ['evidence search', () => ['evidence', 'search', 'audit.log']],
  ['evidence replay', () => ['evidence', 'replay']],
  ['evidence export', () => ['evidence', 'export', '-o', 'again.zip']],
  ['runs list', () => ['runs', 'list']],
  ['runs show', () => ['runs', 'show', run]],
  ['controls list', () => ['controls', 'list']],
  ['controls show', () => ['controls', 'show', 'LOG-01']],
  ['controls test', () => ['controls', 'test']],
  ['verify of a report', async () => ['verify', await report()]],
  ['verify of a bundle', () => ['verify', 'kept.zip']],
  ['verify --store', () => ['verify', '--store']],
  ['pdf-rules', async () => ['pdf-rules', await report()]],
  [
    'sign',
    async () => [
      ...['sign', await report(), '-o', 'signed.pdf', '--key', 'keys/report.key.pem', '--reason', 'Approved'],
      ...['--certificates', 'keys/report.cert.pem', '--certificates', 'keys/ca.cert.pem'],
    ],
  ],
  ['retention plan', () => ['retention', 'plan']],
  ['backup', () => ['backup', 'copy.db']],
  ['compare', () => ['compare', '2025-Q1', new Date().toISOString().slice(0, 7)]],
  ['keys show', () => ['keys', 'show']],
  ['keys make', () => ['keys', 'make', '--organisation', 'Another Ltd', '--folder', 'others']],
  ['keys crl', () => ['keys', 'crl']],
  ['checkpoint', () => ['checkpoint']],
  ['run', () => ['run']],
  ['report', () => ['report', '-o', 'reports']],
  ['retention apply', () => ['retention', 'apply', '--yes']],
  [
    'evidence erase',
    async () => {
      const [entry] = JSON.parse((await cli('evidence', 'list', '--json', '--kind', 'log.source')).stdout)
      return ['evidence', 'erase', `E-${entry.sequence}`, '--reason', 'a test', '--basis', 'none', '--yes']
    },
  ],
]

async function report(): Promise<string> {
  const names = await readdir(join(folder.path, 'reports'))
  return join('reports', names.find((name) => name.endsWith('0001.pdf')) ?? 'none')
}

test('every documented command is asked here', () => {
  expect(asked.map(([command]) => command).toSorted()).toEqual([...documented.keys()].toSorted())
})

test.each(asked)('%s --json prints one value with the documented fields and no secret', async (command, args) => {
  const { stdout, stderr } = await cli(...(await args()), '--json')
  expect(stdout, stderr).not.toBe('')
  const value = JSON.parse(stdout)
  const shown = Array.isArray(value) ? value[0] : value
  expect(Object.keys(shown).toSorted()).toEqual(documented.get(command)?.toSorted())
  expect(stdout).not.toContain(password)
  expect(stdout).not.toContain('PRIVATE KEY')
})
