import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../helpers/folder.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
let folder: Awaited<ReturnType<typeof temporaryFolder>>

/** The installed command, on the Node that runs the tests. */
const affidavit = (...args: string[]) =>
  run(process.execPath, [join(folder.path, 'node_modules/affidavit/dist/src/cli/main.js'), ...args], {
    cwd: folder.path,
  })

beforeAll(async () => {
  folder = await temporaryFolder()
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder.path], { cwd: root })
  const tarball = stdout.trim().split('\n').at(-1) ?? ''
  await writeFile(join(folder.path, 'package.json'), '{ "private": true }\n')
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const browser = `@sparticuz/chromium@${devDependencies['@sparticuz/chromium']}`
  await run('npm', ['install', '--no-audit', '--no-fund', join(folder.path, tarball), browser], {
    cwd: folder.path,
    env: { ...process.env, PUPPETEER_SKIP_DOWNLOAD: '1' },
  })
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

test('the installed package runs the demonstration and verifies its report', async () => {
  expect(existsSync(join(folder.path, 'node_modules/.bin/affidavit'))).toBe(true)
  const { stdout } = await affidavit('demo')
  const pdf = /affidavit-demo\/reports\/\S+\.pdf/.exec(stdout)?.[0] ?? ''
  expect(existsSync(join(folder.path, pdf))).toBe(true)
  const [authority, times] = ['affidavit-demo/keys/ca.cert.pem', 'affidavit-demo/servers/times/tsa.pem']
  const verified = await affidavit('verify', pdf, '--trust', authority, '--trust', times, '--json')
  expect(JSON.parse(verified.stdout).verdict).toBe('accepted')

  const program = `
    import { readFileSync } from 'node:fs'
    import { judgeReport } from 'affidavit'
    const anchors = [readFileSync('${authority}')]
    const pdf = readFileSync(process.argv[2])
    const whole = await judgeReport(pdf, { anchors, timestampAnchors: [readFileSync('${times}')] })
    const cut = await judgeReport(pdf.subarray(0, -1), { anchors })
    console.log(JSON.stringify([whole.verdict, cut.verdict, whole.checks.length > 2, whole.conclusion !== '']))`
  await writeFile(join(folder.path, 'verify.mjs'), program)
  const library = await run(process.execPath, ['verify.mjs', pdf], { cwd: folder.path })
  expect(JSON.parse(library.stdout)).toEqual(['accepted', 'refused', true, true])
})

test('the installed package erases raw bytes and takes them out of the file', async () => {
  const config = ['-c', 'affidavit-demo/affidavit.yaml', '--json']
  const [artefact] = JSON.parse((await affidavit('evidence', 'search', 'tls', ...config)).stdout).artefacts
  const demand = ['--artefact', artefact.commitment, '--reason', 'Request 4711', '--basis', 'GDPR Art. 17', '--yes']
  const { stdout } = await affidavit('evidence', 'erase', ...demand, ...config)
  expect(JSON.parse(stdout)).toMatchObject({ artefacts: 1, unscrubbed: null })
})

test('the installed package makes a configuration and checks it', async () => {
  await affidavit('init', '--yes', '--organisation', 'Example', '--host', 'api.example.com', '--folder', 'own')
  const { stdout } = await affidavit('check', '-c', 'own/affidavit.yaml', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ valid: true, warnings: [] })
})
