import { methods, type Observation } from '../model/evidence.ts'
import type { Json } from '../model/json.ts'
import { type Clock, instant } from '../model/time.ts'
import type { Collector, NewObservation } from './contract.ts'

const deepest = 32

/** What is wrong with what a collector yielded, as one sentence, or undefined where it keeps the contract. */
export function observationProblem(
  observation: NewObservation,
  collector: Pick<Collector, 'id' | 'emits'>,
  isRecorded: (name: string) => boolean,
): string | undefined {
  const { kind, subject, facts, evidence = [], collected } = observation
  if (!collector.emits.includes(kind))
    return `${collector.id} yielded ${String(kind)}, which it does not declare in emits`
  if (typeof subject !== 'string' || subject === '') return `${kind} has no subject`
  if (observation.methods.length === 0 || !observation.methods.every((method) => methods.includes(method))) {
    return `${kind} does not say by which methods it was found`
  }
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) return `the facts of ${kind} are no object`
  const problem = jsonProblem(facts, 'facts', 0)
  if (problem !== undefined) return `${kind}: ${problem}`
  const unknown = evidence.find((name) => !isRecorded(name))
  if (unknown !== undefined) return `${kind} rests on ${unknown}, which was not recorded`
  if (collected !== undefined && !isInstant(collected)) return `${kind}: collected is no instant`
  return undefined
}

/** An observation with its defaults filled in. */
export function completed(observation: NewObservation, clock: Clock): Observation {
  return {
    kind: observation.kind,
    subject: observation.subject,
    methods: [...observation.methods],
    collected: observation.collected ?? clock.now(),
    // A copy: what the collector does to its objects later changes nothing.
    facts: structuredClone(observation.facts),
    evidence: [...(observation.evidence ?? [])],
  }
}

/** The same JSON value with every text in it, names included, replaced. */
export function mapTexts(value: Json, replace: (text: string) => string): Json {
  if (typeof value === 'string') return replace(value)
  if (typeof value !== 'object' || value === null) return value
  if (isArray(value)) return value.map((element) => mapTexts(element, replace))
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [replace(name), mapTexts(member, replace)]))
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function jsonProblem(value: unknown, path: string, depth: number): string | undefined {
  if (depth > deepest) return `${path} is nested too deeply`
  if (value === null || typeof value === 'boolean') return undefined
  if (typeof value === 'string') return value.isWellFormed() ? undefined : `${path} is no well-formed Unicode text`
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : `${path} is ${value}, which JSON cannot say`
  if (typeof value !== 'object') return `${path} is ${typeof value}, which JSON cannot say`
  if (Array.isArray(value)) {
    return first(value.keys(), (index) => jsonProblem(value[index], `${path}[${index}]`, depth + 1))
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `${path} is no plain object`
  return first(Object.entries(value), ([name, member]) => jsonProblem(member, `${path}.${name}`, depth + 1))
}

function first<T>(values: Iterable<T>, problem: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const found = problem(value)
    if (found !== undefined) return found
  }
  return undefined
}

function isInstant(text: string): boolean {
  try {
    return instant(text) === text
  } catch {
    return false
  }
}
