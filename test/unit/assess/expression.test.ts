import { expect, test } from 'vitest'
import { compile } from '../../../src/assess/expression.ts'

function problemOf(source: string): string {
  const compiled = compile(source, 'bool')
  return 'problem' in compiled ? compiled.problem : 'none'
}

test.each(['facts.version >=', 'facts.a == 1 && ', '(facts.version', 'facts.version ? 1'])(
  'the message about %s, which breaks off, quotes what it breaks off after',
  (source) => {
    expect(problemOf(source)).toContain(source.trim())
  },
)

test('the message about an expression of many lines that breaks off quotes its end alone', () => {
  const source = 'facts.first == "yes" &&\nfacts.last =='
  expect(problemOf(source)).toMatch(/last ==$/)
  expect(problemOf(source)).not.toContain('first')
})

test('an empty expression is called empty', () => {
  expect(problemOf(' ')).toBe('it is empty')
})

test('a mistake amid an expression is told with its place and what stands there', () => {
  expect(problemOf('facts.version +* 3 and more')).toMatch(/at character 16: \* 3 and more$/)
})
