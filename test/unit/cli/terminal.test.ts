import { expect, test } from 'vitest'
import { printable, table, wrap } from '../../../src/cli/terminal.ts'

test('text from outside loses escape sequences and control characters', () => {
  expect(printable('a\u001b[31mred\u001b[0m b\u0007c')).toBe('ared b�c')
  expect(printable('two\nlines\tkept')).toBe('two\nlines\tkept')
})

test('lines are broken at spaces, and a long word is left whole', () => {
  expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four'])
  expect(wrap('a extraordinarily b', 5)).toEqual(['a', 'extraordinarily', 'b'])
})

test('columns are aligned by what is seen, not by colour codes', () => {
  expect(
    table([
      ['\u001b[31mab\u001b[39m', 'x'],
      ['abcd', 'y'],
    ]),
  ).toBe('\u001b[31mab\u001b[39m    x\nabcd  y')
})
