import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile } from '../../../src/assess/expression.ts'
import { broadest, pathText, pick, unpick, valueAt } from '../../../src/assess/fact-path.ts'
import type { JsonObject } from '../../../src/model/json.ts'

test.each([
  ['facts.a == 1 && facts.b.c > 2', ['a', 'b.c']],
  ['has(facts.a.b) && facts.a.b == 1', ['a.b']],
  ['facts["x-frame-options"] == facts.headers["a b"].c', ['["x-frame-options"]', 'headers["a b"].c']],
  ['facts.keys.all(k, k.bits > facts.least)', ['keys', 'least']],
  ['facts.list[0].x == 1', ['list']],
  ['facts.a.b == 1 || facts.a == null', ['a']],
  ['facts.by[facts.name] == 1', ['by', 'name']],
  ['size(facts) > 0', ['']],
  ['cel.bind(x, facts.a, x > 1)', ['a']],
  ['params.a == subject', []],
])('%s reads %j', (source, expected) => {
  const compiled = compile(source, 'bool')
  expect('problem' in compiled ? compiled.problem : compiled.reads.map(pathText).toSorted()).toEqual(expected)
})

test('what was picked by paths can be nested again', () => {
  const name = fc.oneof(fc.constantFrom('a', 'b', 'a.b', '["a"]', '__proto__'), fc.string({ maxLength: 4 }))
  const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 3 }), { maxLength: 5 })
  fc.assert(
    fc.property(paths, fc.dictionary(name, fc.dictionary(name, fc.jsonValue())), (list, facts) => {
      const wide = broadest(list)
      const again = unpick(pick(facts as JsonObject, wide), wide)
      for (const path of wide) expect(valueAt(again, path)).toEqual(valueAt(facts as JsonObject, path))
    }),
  )
})
