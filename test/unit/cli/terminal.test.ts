import { expect, test, vi } from 'vitest'
import { printable, sayJson, table, wrap } from '../../../src/cli/terminal.ts'

test('text from outside loses escape sequences and control characters', () => {
  expect(printable('a\u001b[31mred\u001b[0m b\u0007c')).toBe('ared b�c')
  expect(printable('two\nlines\tkept')).toBe('two\nlines\tkept')
  expect(printable('a\u202etxe.exe\u2066\u009b2J')).toBe('a�txe.exe�')
})

test('JSON says the same of any text, and holds nothing that a terminal obeys', () => {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const value = { text: 'a\u009b2J\u001b[2J\u202e\u2028\nb', more: [1] }
  sayJson(value)
  const text = String(written.mock.calls[0]?.[0])
  written.mockRestore()
  expect(JSON.parse(text)).toEqual(value)
  expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u)
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
