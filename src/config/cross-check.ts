import { parseKeyLocation } from '../model/key-location.ts'
import type { Problem } from './problem.ts'
import type { ConfigFile } from './schema.ts'
import type { Path, Source } from './source.ts'

type Names = {
  readonly systems: readonly string[]
  /** `system/component`. */
  readonly components: readonly string[]
  readonly schedules: readonly string[]
}

/** What a schema cannot see: names that stand twice, names that point nowhere, and intervals that run backwards. */
export function crossProblems(file: ConfigFile, source: Source): readonly Problem[] {
  const names: Names = {
    systems: file.systems.map(({ id }) => id),
    components: file.systems.flatMap((system) => system.components.map(({ id }) => `${system.id}/${id}`)),
    schedules: Object.keys(file.schedules),
  }
  const found = [
    ...systemProblems(file, names),
    ...scopeProblems(file, names),
    ...periodProblems(file),
    ...retentionProblems(file, names),
    ...levelProblems(file),
    ...signingProblems(file),
  ]
  return found.map(({ path, message, hint }) => source.problem(path, message, hint))
}

type Found = { readonly path: Path; readonly message: string; readonly hint?: string }

function systemProblems({ systems }: ConfigFile, names: Names): readonly Found[] {
  return [
    ...twice(
      systems.map(({ id }, s) => ({ name: id, path: ['systems', s, 'id'] })),
      'system',
    ),
    ...systems.flatMap(({ id, components }, s) => [
      ...twice(
        components.map((component, c) => ({
          name: `${id}/${component.id}`,
          path: ['systems', s, 'components', c, 'id'],
        })),
        'component',
      ),
      ...components.flatMap((component, c) =>
        targetProblems(component.targets, `${id}/${component.id}`, ['systems', s, 'components', c, 'targets'], names),
      ),
    ]),
  ]
}

type Targets = ConfigFile['systems'][number]['components'][number]['targets']

function targetProblems(targets: Targets, component: string, path: Path, { schedules }: Names): readonly Found[] {
  const named = targets.map(({ id, collector }, t) => ({ name: `${component}/${id ?? collector}`, path: [...path, t] }))
  return [
    ...twice(named, 'target', 'give each its own id:'),
    ...targets.flatMap(({ schedule }, t) =>
      schedule === undefined ? [] : unknown(schedule, schedules, 'schedule', [...path, t, 'schedule']),
    ),
  ]
}

function scopeProblems({ controls, exceptions }: ConfigFile, { systems, components }: Names): readonly Found[] {
  return [
    ...controls.exclude.flatMap(({ component }, index) =>
      component === undefined || systems.includes(component)
        ? []
        : unknown(component, components, 'component', ['controls', 'exclude', index, 'component']),
    ),
    ...exceptions.flatMap(({ component }, index) =>
      component === undefined ? [] : unknown(component, components, 'component', ['exceptions', index, 'component']),
    ),
    ...exceptions.flatMap(({ approvedOn, expiresOn }, index) =>
      Date.parse(expiresOn) < Date.parse(approvedOn)
        ? [{ path: ['exceptions', index, 'expiresOn'], message: 'the exception expires before it was approved' }]
        : [],
    ),
    ...twice(
      exceptions.flatMap(({ id }, index) =>
        id === undefined ? [] : [{ name: id, path: ['exceptions', index, 'id'] as Path }],
      ),
      'exception',
    ),
  ]
}

function periodProblems({ periods: { every, list } }: ConfigFile): readonly Found[] {
  if (every === undefined && list === undefined) {
    return [{ path: ['periods'], message: 'periods needs "every" (month, quarter, year) or "list"' }]
  }
  const at = (index: number, key: string): Path => ['periods', 'list', index, key]
  return [
    ...twice(
      (list ?? []).map(({ id }, index) => ({ name: id, path: at(index, 'id') })),
      'period',
    ),
    ...(list ?? []).flatMap(({ id, from, to }, index): readonly Found[] => {
      const previous = list?.[index - 1]
      const backwards = Date.parse(from) >= Date.parse(to)
      const overlaps = previous !== undefined && Date.parse(from) < Date.parse(previous.to)
      return [
        ...(backwards ? [{ path: at(index, 'to'), message: `the period "${id}" ends before it begins` }] : []),
        ...(overlaps
          ? [{ path: at(index, 'from'), message: `the period "${id}" begins before "${previous.id}" ends` }]
          : []),
      ]
    }),
  ]
}

function retentionProblems({ systems, retention }: ConfigFile, names: Names): readonly Found[] {
  const { policies, holds, schedule } = retention
  const classes = [...new Set(systems.flatMap(({ data }) => data))]
  const scope = (component: string | undefined, path: Path) =>
    component === undefined
      ? []
      : unknown(
          component,
          [...names.systems, ...names.components],
          'system or component',
          path,
          'systems and components',
        ).map((found) => ({
          ...found,
          hint: `${found.hint}; one that is retired stays declared, with targets: [], as long as its evidence is kept`,
        }))
  return [
    ...twice(
      policies.map(({ id }, index) => ({ name: id, path: ['retention', 'policies', index, 'id'] })),
      'retention policy',
    ),
    ...twice(
      holds.map(({ id }, index) => ({ name: id, path: ['retention', 'holds', index, 'id'] })),
      'legal hold',
    ),
    ...policies.flatMap(({ data, component }, index) => [
      ...(data === undefined
        ? []
        : unknown(data, classes, 'data class', ['retention', 'policies', index, 'data'], 'data classes')),
      ...scope(component, ['retention', 'policies', index, 'component']),
    ]),
    ...holds.flatMap(({ component, collected, from, until }, index) => [
      ...scope(component, ['retention', 'holds', index, 'component']),
      ...backwards(collected?.from, collected?.to, ['retention', 'holds', index, 'collected', 'to'], 'the interval'),
      ...backwards(from, until, ['retention', 'holds', index, 'until'], 'the hold'),
    ]),
    ...(schedule === undefined ? [] : unknown(schedule, names.schedules, 'schedule', ['retention', 'schedule'])),
  ]
}

function backwards(from: string | undefined, to: string | undefined, path: Path, what: string): readonly Found[] {
  if (from === undefined || to === undefined || Date.parse(from) <= Date.parse(to)) return []
  return [{ path, message: `${what} ends before it begins` }]
}

function levelProblems({ signing: { level, timestamp } }: ConfigFile): readonly Found[] {
  if (level === undefined || level === 'B-B' || timestamp) return []
  const message = `signing.level: ${level} needs a time-stamping authority`
  return [{ path: ['signing', 'level'], message, hint: 'name one under signing.timestamp.urls, or ask for B-B' }]
}

function signingProblems({ signing }: ConfigFile): readonly Found[] {
  const { location } = parseKeyLocation(signing.key)
  if (location?.kind === 'pkcs11' && location.uri.pin !== null && signing.passphrase !== undefined) {
    return [
      {
        path: ['signing', 'passphrase'],
        message: 'the PIN has two references',
        hint: 'keep pin-source in key, or this',
      },
    ]
  }
  if (!location || location.kind === 'file' || location.kind === 'pkcs11') return []
  const hint = 'name the certificate that was issued for this key; docs/keys.md says how to get one'
  return [
    ...(signing.certificates?.length
      ? []
      : [{ path: ['signing', 'key'], message: 'a key in a cloud needs its certificates beside it', hint }]),
    ...(signing.passphrase === undefined
      ? []
      : [{ path: ['signing', 'passphrase'], message: 'a key in a cloud has no passphrase' }]),
  ]
}

function twice(
  items: readonly { readonly name: string; readonly path: Path }[],
  what: string,
  hint?: string,
): readonly Found[] {
  return items
    .filter(({ name }, index) => items.findIndex((other) => other.name === name) < index)
    .map(({ name, path }) => ({
      path,
      message: `the ${what} "${name}" stands here twice`,
      ...(hint === undefined ? {} : { hint }),
    }))
}

function unknown(
  name: string,
  known: readonly string[],
  what: string,
  path: Path,
  many = `${what}s`,
): readonly (Found & { readonly hint: string })[] {
  if (known.includes(name)) return []
  const hint = known.length > 0 ? `known ${many}: ${known.join(', ')}` : `no ${many} are declared`
  return [{ path, message: `there is no ${what} "${name}"`, hint }]
}
