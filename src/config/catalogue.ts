import * as z from 'zod'
import { type Control, frameworks, levels, objectives, riskAreas } from '../model/control.ts'
import { outcomes } from '../model/finding.ts'
import type { Json } from '../model/json.ts'
import { InvalidFileError, type Problem } from './problem.ts'
import { parseYaml, type Source, zodProblems } from './source.ts'

const text = z.string().trim().min(1, 'must not be empty')
const facts = z.record(z.string(), z.json())

const controlSchema = z.strictObject({
  id: z.string().regex(/^[A-Z][A-Z0-9]{0,15}-[A-Z0-9.]{1,16}$/, 'a control id looks like TLS-01'),
  title: text,
  objective: z.enum(objectives),
  statement: text,
  severity: z.enum(levels),
  risk: z.strictObject({ area: z.enum(riskAreas), likelihood: z.enum(levels), impact: z.enum(levels), why: text }),
  parameters: z.record(z.string(), z.strictObject({ default: z.json(), description: text })).default({}),
  rule: z.strictObject({
    kind: text,
    where: text.optional(),
    undetermined: text.optional(),
    expect: text,
    quantifier: z.enum(['every', 'some']).default('every'),
    absent: z.enum(['not-measured', 'not-applicable', 'satisfied', 'not-satisfied']).default('not-measured'),
    failure: text,
    success: text,
  }),
  remediation: text,
  references: z
    .partialRecord(z.enum(Object.keys(frameworks) as [string, ...string[]]), z.array(z.string()).min(1))
    .default({}),
  reperform: z.array(text).default([]),
  examples: z
    .array(
      z.strictObject({
        title: text,
        observations: z.array(z.strictObject({ kind: text, subject: text, facts })),
        parameters: z.record(z.string(), z.json()).default({}),
        outcome: z.enum(outcomes),
      }),
    )
    .min(2, 'a control has at least one passing and one failing example'),
})
const catalogueSchema = z.strictObject({ controls: z.array(controlSchema) })

/** The controls of one catalogue file, with the problems that a control's id can be traced to. */
export type CatalogueFile = {
  readonly controls: readonly Control[]
  /** The problem at a path below a control, for instance `['rule', 'expect']`. */
  problem(control: string, path: readonly PropertyKey[], message: string, hint?: string): Problem
}

/** Parses a YAML catalogue; throws InvalidFileError that holds every problem with its line and column. */
export function parseCatalogue(content: string, file: string): CatalogueFile {
  const source = parseYaml(content, file)
  const result = catalogueSchema.safeParse(source.value ?? {})
  if (!result.success) {
    throw new InvalidFileError('AFD_CATALOGUE_INVALID', zodProblems(source, result.error, catalogueJsonSchema()))
  }
  const { controls } = result.data
  const twice = controls.flatMap((control, index) =>
    controls.findIndex(({ id }) => id === control.id) < index
      ? [source.problem(['controls', index, 'id'], `the control "${control.id}" stands here twice`)]
      : [],
  )
  if (twice.length > 0) throw new InvalidFileError('AFD_CATALOGUE_INVALID', twice)
  return {
    controls: controls.map((control, index) => ({ ...control, source: placeOf(source, index) }) as Control),
    problem: (control, path, message, hint) =>
      source.problem(['controls', controls.findIndex(({ id }) => id === control), ...path], message, hint),
  }
}

/** The JSON Schema (2020-12) of a catalogue file, for editors. */
export function catalogueJsonSchema(): Json {
  return z.toJSONSchema(catalogueSchema, { io: 'input', unrepresentable: 'any' }) as unknown as Json
}

function placeOf(source: Source, index: number): string {
  const { file, line } = source.problem(['controls', index], '')
  return `${file}:${line}`
}
