import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileRule } from '../../../src/assess/compiled-rule.ts'
import { placeholders, reperform } from '../../../src/assess/reperform.ts'
import { checkControl, judge, parametersOf } from '../../../src/assess/rule.ts'
import { parseCatalogue } from '../../../src/config/catalogue.ts'
import { type ControlExample, objectives, riskAreas } from '../../../src/model/control.ts'
import { requirements } from './requirements.ts'

const root = resolve(import.meta.dirname, '../../..')
const folder = join(root, 'controls')
const controls = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => parseCatalogue(readFileSync(join(folder, name), 'utf8'), `controls/${name}`).controls)
const documented = documentedFacts(readFileSync(join(root, 'docs/observations.md'), 'utf8'))

test('the catalogue holds at least forty controls, each with an id and a title of its own', () => {
  expect(controls.length).toBeGreaterThanOrEqual(40)
  expect(new Set(controls.map(({ id }) => id)).size).toBe(controls.length)
  expect(new Set(controls.map(({ title }) => title)).size).toBe(controls.length)
})

test('commands ask for the server name that a target was asked under', () => {
  const commands = controls.filter(({ rule }) => rule.kind.startsWith('tls.')).flatMap((control) => control.reperform)
  const filled = commands.map((command) =>
    reperform(command, { subject: '192.0.2.7:8443#api.test', facts: {}, params: {} }),
  )
  const handshakes = filled.filter((command) => command.startsWith('openssl s_client'))
  expect(handshakes.length).toBeGreaterThan(10)
  for (const command of handshakes) expect(command).toContain('-connect 192.0.2.7:8443 -servername api.test ')
})

test('every objective and every risk area is answered', () => {
  expect(new Set(controls.map(({ objective }) => objective))).toEqual(new Set(objectives))
  expect(new Set(controls.map(({ risk }) => risk.area))).toEqual(new Set(riskAreas))
})

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  test('is sound in its expressions and commands', () => {
    expect(checkControl(control)).toEqual([])
  })

  test('reads only facts that collectors are documented to report', () => {
    const known = documented.get(control.rule.kind) ?? new Set()
    const rule = compileRule(control)
    const parts = [rule.where, rule.undetermined, rule.expect, rule.failure, rule.success]
    const read = parts.flatMap((part) => part?.reads ?? []).map((path) => path[0] ?? '')
    const named = control.reperform.flatMap(placeholders).filter((name) => name.startsWith('facts.'))
    const all = [...read, ...named.map((name) => name.slice('facts.'.length))]
    expect(all.filter((name) => !known.has(name))).toEqual([])
    expect(all.length).toBeGreaterThan(0)
  })

  test('shows facts as collectors report them in its examples', () => {
    for (const { kind, facts } of control.examples.flatMap(({ observations }) => observations)) {
      expect(kind).toBe(control.rule.kind)
      expect(Object.keys(facts).filter((name) => !documented.get(kind)?.has(name))).toEqual([])
    }
  })

  test('names requirements that exist', () => {
    expect(Object.keys(control.references).length).toBeGreaterThan(0)
    const unknown = Object.entries(control.references).flatMap(([framework, ids]) =>
      ids.filter((id) => !requirements[framework]?.includes(id)).map((id) => `${framework} ${id}`),
    )
    expect(unknown).toEqual([])
  })

  test('has a passing and a failing example, and an undetermined one where its rule knows of that', () => {
    const outcomes = control.examples.map(({ outcome }) => outcome)
    expect(outcomes).toContain('satisfied')
    expect(outcomes).toContain('not-satisfied')
    if (control.rule.undetermined !== undefined) expect(outcomes).toContain('not-measured')
  })

  test.each(control.examples.map((example) => [example.title, example] as const))('example: %s', (_title, example) => {
    const verdict = judge(control, example.observations, example.parameters)
    expect({ outcome: verdict.outcome, reason: verdict.reason }).toMatchObject({ outcome: example.outcome })
    // The fallback sentence of a rule whose own sentence failed quotes the title.
    expect(verdict.reason).not.toContain(`"${control.title}"`)
  })

  test('has commands that are filled in completely for every failing example', () => {
    expect(control.reperform.length).toBeGreaterThan(0)
    for (const example of control.examples.filter(({ outcome }) => outcome === 'not-satisfied')) {
      for (const command of commandsFor(example)) expect(placeholders(command)).toEqual([])
    }
  })

  function commandsFor(example: ControlExample): readonly string[] {
    const verdict = judge(control, example.observations, example.parameters)
    const decided = verdict.decisions[0]
    const observation = example.observations.find(
      ({ subject, facts }) =>
        subject === decided?.subject &&
        Object.entries(decided.facts).every(([path, value]) => !(path in facts) || facts[path] === value),
    )
    const { subject, facts } = observation ?? { subject: '', facts: {} }
    const params = parametersOf(control, example.parameters)
    return control.reperform.map((command) => reperform(command, { subject, facts, params }))
  }
})

/** The names of facts by kind, as docs/observations.md lists them: tables under a kind, or a sentence that names them. */
function documentedFacts(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const kinds = new Map<string, Set<string>>()
  let names = new Set<string>()
  for (const line of text.split('\n')) {
    const kind = /^`((?:tls|auth|gateway|log)\.[a-z-]+)`/.exec(line)?.[1]
    if (kind !== undefined) {
      names = new Set()
      kinds.set(kind, names)
      const sentence = /[Ff]acts (`.*)$/.exec(line)?.[1]?.replace(/\([^)]*\)/g, '') ?? ''
      for (const name of backquoted(sentence)) names.add(name)
    }
    const cell = /^\| (`[^|]*`) *\|/.exec(line)?.[1]
    for (const name of backquoted(cell ?? '')) names.add(name)
  }
  return kinds
}

function backquoted(text: string): readonly string[] {
  return [...text.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '')
}
