import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { checkControl } from '../assess/rule.ts'
import type { Collector } from '../collect/contract.ts'
import { type CatalogueFile, parseCatalogue } from '../config/catalogue.ts'
import { type Config, parseConfig } from '../config/config.ts'
import { InvalidFileError, type Problem } from '../config/problem.ts'
import { label } from '../config/source.ts'
import type { Catalogue } from '../model/control.ts'
import { digestOf, type Sha256 } from '../model/digest.ts'
import { ConfigError } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import type { Clock } from '../model/time.ts'
import { builtInCatalogueFiles, packageRoot } from './assets.ts'
import { literalSecrets } from './literal-secrets.ts'

/** A configuration with all that it names, ready to work with. */
export type Project = {
  /** Absolute path of affidavit.yaml. */
  readonly file: string
  /** Where its relative paths start. */
  readonly directory: string
  readonly config: Config
  readonly catalogue: Catalogue
  /** Over the controls that apply, wherever their files lie. */
  readonly catalogueDigest: Sha256
  readonly collectors: ReadonlyMap<string, Collector>
  readonly clock: Clock
}

/** Reads affidavit.yaml and its catalogues; throws ConfigError, with every problem of a file at once. */
export async function loadProject(
  file: string,
  parts: { readonly collectors: ReadonlyMap<string, Collector>; readonly clock: Clock },
): Promise<Project> {
  const path = resolve(file)
  const text = await readText(path, 'configuration', 'make one with: affidavit init')
  const config = parseConfig(text, display(path), [...parts.collectors.values()])
  const absent = absentCatalogues(config, dirname(path))
  if (absent.length > 0) throw new InvalidFileError('AFD_CONFIG_INVALID', absent)
  const catalogue = await loadCatalogue(config, dirname(path))
  const problems = [...secretProblems(config), ...controlProblems(config, catalogue)]
  if (problems.length > 0) throw new InvalidFileError('AFD_CONFIG_INVALID', problems)
  return {
    file: path,
    directory: dirname(path),
    config,
    catalogue,
    catalogueDigest: catalogueDigest(catalogue),
    ...parts,
  }
}

/** The built-in controls and those of the configuration's own files; throws InvalidFileError. */
export async function loadCatalogue(config: Pick<Config, 'controls'>, directory: string): Promise<Catalogue> {
  const own = config.controls.catalogues.map((file) => resolve(directory, file))
  const files = [...(config.controls.builtIn ? await builtInCatalogueFiles() : []), ...own]
  const parsed = await Promise.all(files.map((path) => readCatalogue(path, directory)))
  const controls = parsed.flatMap((file) => file.controls)
  const problems = parsed.flatMap((file) => [...ruleProblems(file), ...duplicates(file, controls)])
  if (problems.length > 0) throw new InvalidFileError('AFD_CATALOGUE_INVALID', problems)
  return { controls }
}

function absentCatalogues({ controls, source }: Config, directory: string): readonly Problem[] {
  const hint = 'correct its path; it starts where affidavit.yaml is'
  return controls.catalogues.flatMap((file, index) =>
    existsSync(resolve(directory, file))
      ? []
      : [source.problem(['controls', 'catalogues', index], `there is no catalogue at ${file}`, hint)],
  )
}

/** Reads one catalogue file; its controls name it relative to the project's directory, where one is given. */
export async function readCatalogue(path: string, directory?: string): Promise<CatalogueFile> {
  const hint = directory === undefined ? 'check its path' : 'correct its path under controls.catalogues'
  const text = await readText(path, 'catalogue', hint)
  return parseCatalogue(text, display(path, directory))
}

/** What the rules of a catalogue file have wrong, at the expression’s place. */
export function ruleProblems(file: CatalogueFile): readonly Problem[] {
  return file.controls.flatMap((control) =>
    checkControl(control).map(({ where, message }) =>
      file.problem(control.id, where.split('.'), `${control.id}: ${message}`, ruleHint),
    ),
  )
}

const ruleHint = `an expression in CEL: facts are facts.name, and text has quotes of its own, as in '"TLS 1.0 is offered"'`

function duplicates(file: CatalogueFile, all: Catalogue['controls']): readonly Problem[] {
  return file.controls
    .filter((control) => all.find(({ id }) => id === control.id) !== control)
    .map(({ id }) =>
      file.problem(id, ['id'], `the control "${id}" exists already`, 'give your own controls their own prefix'),
    )
}

/** The configuration is evidence, kept and handed on: so no secret may stand in it. */
function secretProblems(config: Config): readonly Problem[] {
  return literalSecrets(config.document).map((where) =>
    config.source.problem(where, `${label(where)} looks like a secret`, secretHint),
  )
}

const secretHint =
  'the configuration becomes evidence: give a secret by reference where one is asked for, env:NAME or file:path, and keep it out of everything else'

/** Control ids and parameters in the configuration that no catalogue has. */
function controlProblems(config: Config, { controls }: Catalogue): readonly Problem[] {
  const known = new Map(controls.map((control) => [control.id, control]))
  const unknown = (id: string, path: readonly PropertyKey[]) =>
    known.has(id)
      ? []
      : [config.source.problem(path, `there is no control "${id}"`, 'see them with: affidavit controls list')]
  const parameters = (given: Config['controls']['parameters'], path: readonly PropertyKey[]) =>
    Object.entries(given).flatMap(([id, values]) => [
      ...unknown(id, [...path, id]),
      ...Object.keys(values)
        .filter((name) => known.has(id) && !(name in (known.get(id)?.parameters ?? {})))
        .map((name) => {
          const names = Object.keys(known.get(id)?.parameters ?? {})
          const hint = names.length > 0 ? `it has: ${names.join(', ')}` : 'it has none'
          return config.source.problem([...path, id, name], `${id} has no parameter "${name}"`, hint)
        }),
    ])
  return [
    ...config.controls.exclude.flatMap(({ control }, index) =>
      unknown(control, ['controls', 'exclude', index, 'control']),
    ),
    ...config.exceptions.flatMap(({ control }, index) => unknown(control, ['exceptions', index, 'control'])),
    ...parameters(config.controls.parameters, ['controls', 'parameters']),
    ...[...config.systemParameters.values()].flatMap((given, index) =>
      parameters(given, ['systems', index, 'parameters']),
    ),
  ]
}

/** Where a control's file lies does not matter to its digest. */
export function catalogueDigest(catalogue: Catalogue): Sha256 {
  return digestOf(catalogue.controls.map(({ source: _, ...control }) => control) as unknown as Json)
}

async function readText(path: string, what: string, hint: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const message = missing ? `there is no ${what} at ${display(path)}` : `${display(path)} cannot be read`
    throw new ConfigError('AFD_CONFIG_UNREADABLE', message, {
      hint: missing ? hint : 'check that it is a file and its permissions',
      subject: path,
      cause,
    })
  }
}

/**
 * A path that says no more of this machine than a reader needs: `controls/tls.yaml` for a catalogue of the package,
 * relative to the project's directory within that, the name alone in the working folder.
 */
function display(path: string, directory?: string): string {
  if (within(join(packageRoot, 'controls'), path)) return relative(packageRoot, path).split(sep).join('/')
  if (directory !== undefined && within(directory, path)) return relative(directory, path).split(sep).join('/')
  return dirname(path) === process.cwd() ? basename(path) : path
}

function within(folder: string, path: string): boolean {
  return path.startsWith(`${resolve(folder)}${sep}`)
}
