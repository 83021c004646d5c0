import { execFile, execFileSync } from 'node:child_process'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runDemo } from '../../demo/scenario.ts'
import { temporaryFolder } from '../helpers/folder.ts'

const run = promisify(execFile)
const missing = ['pdfsig', 'pdfdetach', 'openssl'].filter((tool) => !installed(tool))
if (missing.length > 0) process.stderr.write(`skipped: docs/verify-a-report.md needs ${missing.join(', ')}\n`)

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let auditor: string

beforeAll(async () => {
  if (missing.length > 0) return
  folder = await temporaryFolder()
  auditor = join(folder.path, 'auditor')
  await mkdir(auditor)
  const demo = await runDemo({
    folder: join(folder.path, 'demo'),
    signal: AbortSignal.timeout(250_000),
    tell: () => {},
  })
  await copyFile(demo.report.files.pdf, join(auditor, 'report.pdf'))
  await copyFile(join(folder.path, 'demo/keys/ca.cert.pem'), join(auditor, 'ca.cert.pem'))
  await copyFile(join(folder.path, 'demo/servers/times/tsa.pem'), join(auditor, 'tsa.pem'))
})

afterAll(async () => {
  await folder?.[Symbol.asyncDispose]()
})

test.skipIf(missing.length > 0)('every command of docs/verify-a-report.md works as it is written', async () => {
  const text = await readFile(resolve(import.meta.dirname, '../../docs/verify-a-report.md'), 'utf8')
  const blocks = [...text.matchAll(/^```bash\n(.*?)^```$/gms)].map((match) => match[1] ?? '')
  expect(blocks).toHaveLength(11)
  const outputs: string[] = []
  for (const block of blocks) {
    const { stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', block], { cwd: auditor })
    outputs.push(stdout + stderr)
  }
  expect(outputs[0]).toContain('Signature is Valid.')
  expect(outputs[0]).toContain('Total document signed')
  expect(outputs[1]).toContain('CMS Verification successful')
  expect(outputs[2]).toContain('Example Retail Ltd report signing')
  expect(outputs[3]).toContain('Verification: OK')
  expect(outputs[3]).toMatch(/^Time stamp: .* GMT$/m)
  expect(outputs[4]).toContain('Verification: OK')
  expect(outputs[6]).toMatch(/^[0-9a-f]{64} /)
  expect(outputs[7]).toContain('Signature Verified Successfully')
  expect(outputs[8]).toContain('Verification: OK')
  expect(outputs[8]).toMatch(/^Time stamp: .* GMT$/m)
  expect(outputs[9]).toMatch(/leads to ([0-9a-f]{64})\nthe checkpoint: \1\n/)
  expect(outputs[10]).toContain('the entries are those that the proofs name')

  const { issue } = JSON.parse(await readFile(join(auditor, 'report.json'), 'utf8'))
  const lines = (await readFile(join(auditor, 'evidence.jsonl'), 'utf8')).trim().split('\n')
  const first = JSON.parse(lines[0] ?? '{}')
  const indexed = issue.evidence.find(({ entry }: { entry: number }) => entry === first.sequence)
  if (indexed) expect(outputs[6]).toContain(indexed.digest)
})

function installed(tool: string): boolean {
  try {
    execFileSync('which', [tool], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
