import type { ConfigFile } from './schema.ts'
import type { Path, Problem, Source } from './source.ts'

/** What a schema cannot see: names that stand twice, and names that point nowhere. */
export function crossProblems(file: ConfigFile, source: Source): readonly Problem[] {
  const problems: Problem[] = []
  const say = (path: Path, message: string, hint?: string) => problems.push(source.problem(path, message, hint))

  const systems = new Set<string>()
  const components = new Set<string>()
  for (const [s, system] of file.systems.entries()) {
    if (systems.has(system.id)) say(['systems', s, 'id'], `the system "${system.id}" stands here twice`)
    systems.add(system.id)
    for (const [c, component] of system.components.entries()) {
      const ref = `${system.id}/${component.id}`
      const path = ['systems', s, 'components', c]
      if (components.has(ref)) say([...path, 'id'], `the component "${ref}" stands here twice`)
      components.add(ref)
      const targets = new Set<string>()
      for (const [t, target] of component.targets.entries()) {
        const id = target.id ?? target.collector
        if (targets.has(id)) {
          say([...path, 'targets', t], `the target "${ref}/${id}" stands here twice`, 'give each its own id:')
        }
        targets.add(id)
        if (target.schedule !== undefined && !(target.schedule in file.schedules)) {
          say(
            [...path, 'targets', t, 'schedule'],
            `there is no schedule "${target.schedule}"`,
            namesHint('schedules', Object.keys(file.schedules)),
          )
        }
      }
    }
  }

  for (const [index, exclude] of file.controls.exclude.entries()) {
    if (exclude.component && !components.has(exclude.component) && !systems.has(exclude.component)) {
      say(
        ['controls', 'exclude', index, 'component'],
        `there is no component "${exclude.component}"`,
        namesHint('components', [...components]),
      )
    }
  }
  const ids = new Set<string>()
  for (const [index, exception] of file.exceptions.entries()) {
    if (exception.component && !components.has(exception.component)) {
      say(
        ['exceptions', index, 'component'],
        `there is no component "${exception.component}"`,
        namesHint('components', [...components]),
      )
    }
    if (Date.parse(exception.expiresOn) < Date.parse(exception.approvedOn)) {
      say(['exceptions', index, 'expiresOn'], 'the exception expires before it was approved')
    }
    if (exception.id !== undefined && ids.has(exception.id)) {
      say(['exceptions', index, 'id'], `the exception "${exception.id}" stands here twice`)
    }
    if (exception.id !== undefined) ids.add(exception.id)
  }

  const list = file.periods.list ?? []
  if (file.periods.every === undefined && file.periods.list === undefined) {
    say(['periods'], 'periods needs "every" (month, quarter, year) or "list"')
  }
  for (const [index, period] of list.entries()) {
    const previous = list[index - 1]
    if (Date.parse(period.from) >= Date.parse(period.to)) {
      say(['periods', 'list', index, 'to'], `the period "${period.id}" ends before it begins`)
    }
    if (previous && Date.parse(period.from) < Date.parse(previous.to)) {
      say(['periods', 'list', index, 'from'], `the period "${period.id}" begins before "${previous.id}" ends`)
    }
    if (list.findIndex(({ id }) => id === period.id) < index) {
      say(['periods', 'list', index, 'id'], `the period "${period.id}" stands here twice`)
    }
  }
  return problems
}

function namesHint(what: string, names: readonly string[]): string {
  return names.length > 0 ? `known ${what}: ${names.join(', ')}` : `no ${what} are declared`
}
