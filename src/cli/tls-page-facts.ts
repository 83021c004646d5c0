import type { Json, JsonObject } from '../model/json.ts'
import { printable } from './terminal.ts'

/** A fact that is text, safe to print; empty where it is not. */
export function textOf(facts: JsonObject, name: string): string {
  const value = facts[name]
  return typeof value === 'string' ? printable(value) : ''
}

/** The texts of a fact that is a list, safe to print. */
export function textsOf(facts: JsonObject, name: string): readonly string[] {
  const value: Json | undefined = facts[name]
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string').map((each) => printable(each)) : []
}

/** A fact that is a number; undefined where it is not. */
export function numberOf(facts: JsonObject, name: string): number | undefined {
  const value = facts[name]
  return typeof value === 'number' ? value : undefined
}

/** Whether a value is an object of facts. */
export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
