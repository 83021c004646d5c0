import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { affidavit } from '../helpers/cli.ts'

vi.setConfig({ testTimeout: 60_000 })

const printed = join(import.meta.dirname, '../fixtures/signing/chromium.pdf')
const cli = (...args: string[]) => affidavit(['pdf-rules', ...args], { cwd: import.meta.dirname })

test('pdf-rules lists what is broken first, with the clause and the object, and ends with 1', async () => {
  const { code, stdout } = await cli(printed)
  expect(code).toBe(1)
  expect(stdout).toMatch(/PDF\/A-3b +\d+ rules +\d+ hold +\d+ broken/)
  expect(stdout).toMatch(/broken {2}The trailer has an \/ID[^\n]*6\.1\.3/)
  expect(stdout).toMatch(/broken {2}Annotations have a description[\s\S]*object \d+: a Link/)
  expect(stdout.indexOf('broken  ')).toBeLessThan(stdout.indexOf('holds   '))
  expect(stdout).toContain('calls itself neither PDF/A-3b nor PDF/UA-1')
})

test('as JSON it has one result a rule', async () => {
  const { code, stdout } = await cli(printed, '--json')
  expect(code).toBe(1)
  const { claims, rules } = JSON.parse(stdout)
  expect(claims).toEqual([])
  expect(rules[0]).toMatchObject({ id: 'header', result: 'passed', clauses: { 'PDF/A-3b': '6.1.2' }, examined: 1 })
})

test('a file that is no PDF is one error, not a list of rules', async () => {
  for (const more of [[], ['--json']]) {
    const { code, stdout, stderr } = await cli(import.meta.filename, ...more)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('AFD_PDF_RULES_FILE')
  }
})

test('a file that is not there is the caller’s slip', async () => {
  const { code, stderr } = await cli('nowhere.pdf')
  expect(code).toBe(2)
  expect(stderr).toContain('AFD_PDF_RULES_FILE')
})
