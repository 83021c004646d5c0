import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { lastOption } from '../../../src/cli/options.ts'
import { verifyCommand } from '../../../src/cli/verify.ts'

const shell = { signal: new AbortController().signal, exit: () => {} }

test('a count of rows is a whole number, 1 or more', () => {
  const parse = (text: string) => lastOption(20).parseArg?.(text, 20)
  expect(parse('7')).toBe(7)
  for (const text of ['abc', '0', '-1', '1.5', '1e3', '']) expect(() => parse(text), text).toThrow(InvalidArgumentError)
})

test('a report is not taken for one more authority, whichever stands first', () => {
  const before = verifyCommand(shell)
  expect(before.parseOptions(['--trust', 'a.pem', '--trust', 'b.pem', 'report.pdf']).operands).toEqual(['report.pdf'])
  expect(before.opts().trust).toEqual(['a.pem', 'b.pem'])
  const after = verifyCommand(shell)
  expect(after.parseOptions(['report.pdf', '--trust', 'a.pem']).operands).toEqual(['report.pdf'])
})
