import type { Json, JsonObject } from './json.ts'

/** The five control objectives: what is protected. */
export const objectives = [
  'confidentiality',
  'integrity',
  'authentication-authorisation',
  'availability',
  'non-repudiation',
] as const
export type Objective = (typeof objectives)[number]

/** The five risk areas that controls answer. */
export const riskAreas = [
  'injection',
  'broken-authentication',
  'data-exposure',
  'denial-of-service',
  'man-in-the-middle',
] as const
export type RiskArea = (typeof riskAreas)[number]

export const levels = ['low', 'medium', 'high'] as const
export type Level = (typeof levels)[number]

/** A rule over observations: data, not code. Expressions are CEL over `facts`, `subject`, `params`, `collected`. */
export type Rule = {
  /** The observation kind that it speaks about. */
  readonly kind: string
  /** Which observations of that kind; all where absent. */
  readonly where?: string
  /** True where the facts say that they could not be determined; the outcome is then `not-measured`. */
  readonly undetermined?: string
  /** What must hold. */
  readonly expect: string
  /** Of every observation, or of at least one. */
  readonly quantifier: 'every' | 'some'
  /** What it means that no observation matches `where`. */
  readonly absent: 'not-measured' | 'not-applicable' | 'satisfied' | 'not-satisfied'
  /** CEL that makes a plain sentence of an observation that fails `expect`. */
  readonly failure: string
  /** CEL that makes a plain sentence of an observation that meets `expect`. */
  readonly success: string
}

/** An example of a rule: facts and the outcome that they must lead to. */
export type ControlExample = {
  readonly title: string
  readonly observations: readonly { readonly kind: string; readonly subject: string; readonly facts: JsonObject }[]
  readonly parameters: JsonObject
  readonly outcome: 'satisfied' | 'not-satisfied' | 'error' | 'not-measured' | 'not-applicable'
}

/** A measurable statement under an objective. */
export type Control = {
  /** `TLS-01`. */
  readonly id: string
  readonly title: string
  readonly objective: Objective
  /** What must be true, as a sentence that can be measured. */
  readonly statement: string
  readonly severity: Level
  readonly risk: { readonly area: RiskArea; readonly likelihood: Level; readonly impact: Level; readonly why: string }
  readonly parameters: { readonly [name: string]: { readonly default: Json; readonly description: string } }
  readonly rule: Rule
  readonly remediation: string
  /** Framework id (`soc2`, `iso27001`, `pcidss`, `nist80053`, `owasp-api`, `asvs`) to its requirement ids. */
  readonly references: { readonly [framework: string]: readonly string[] }
  /**
   * Commands that show the same thing. Filled in: `{facts.path}`, `{params.name}`, `{subject}`, and, read from the subject
   * where no fact is called so, `{host}`, `{port}`, `{url}`, `{method}`; assess/reperform.ts quotes them for a shell.
   * `{--option:name}` is an option that is left out where nothing is known by the name.
   */
  readonly reperform: readonly string[]
  readonly examples: readonly ControlExample[]
  /** The file that it comes from, for messages: `controls/tls.yaml:12`. */
  readonly source: string
}

/** A closed set of controls, as used for one assessment. */
export type Catalogue = {
  readonly controls: readonly Control[]
}

/** A framework's full name, as printed in reports. */
export const frameworks: { readonly [id: string]: string } = {
  soc2: 'SOC 2',
  iso27001: 'ISO/IEC 27001:2022',
  pcidss: 'PCI DSS 4.0.1',
  nist80053: 'NIST SP 800-53 r5',
  'owasp-api': 'OWASP API Security 2023',
  asvs: 'OWASP ASVS 5.0',
}
