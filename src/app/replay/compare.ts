import { isObject } from '../../assess/fact-path.ts'
import { canonicalJson } from '../../model/digest.ts'
import type { Observation } from '../../model/evidence.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Derived } from '../../model/replay.ts'
import type { Difference } from './outcome.ts'

export type Comparison = {
  readonly differences: readonly Difference[]
  /** By path, each with the reason. */
  readonly open: { readonly [path: string]: string }
}

/** Holds what was recorded against what follows from the bytes; pure. */
export function compareObservation(recorded: Observation, derived: Derived): Comparison {
  const differences: Difference[] = []
  const open: { [path: string]: string } = {}
  for (const [name, why] of Object.entries(derived.open)) open[`facts.${name}`] = why
  const visit = (path: string, was: Json | undefined, is: Json | undefined): void => {
    if (Object.hasOwn(open, path)) return
    if (isObject(was) && isObject(is)) {
      for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
        visit(`${path}${memberText(name)}`, own(was, name), own(is, name))
      }
      return
    }
    if (isArray(was) && isArray(is) && was.length === is.length) {
      for (const [index, element] of was.entries()) visit(`${path}[${index}]`, element, is[index])
      return
    }
    if (same(was, is)) return
    if (isWithheld(was, is)) open[path] = 'a secret was redacted in it when it was recorded'
    else differences.push({ path, ...(was === undefined ? {} : { recorded: was }), ...shown(is) })
  }
  visit('subject', recorded.subject, derived.subject)
  visit('methods', recorded.methods, derived.methods)
  if (derived.collected !== undefined) visit('collected', recorded.collected, derived.collected)
  visit('facts', recorded.facts, derived.facts)
  return { differences, open }
}

function shown(recomputed: Json | undefined): Pick<Difference, 'recomputed'> {
  return recomputed === undefined ? {} : { recomputed }
}

function memberText(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}

const marker = /\[redacted:[a-z-]{1,40}\]/

/** Whether one text is the other with secrets taken out of it, so that neither can be held against the other. */
function isWithheld(one: Json | undefined, other: Json | undefined): boolean {
  if (typeof one !== 'string' || typeof other !== 'string') return false
  return isRedactionOf(one, other) || isRedactionOf(other, one)
}

function isRedactionOf(redacted: string, text: string): boolean {
  const [first = '', ...rest] = redacted.split(marker)
  const last = rest.pop()
  if (last === undefined || !text.startsWith(first) || !text.endsWith(last)) return false
  let from = first.length
  for (const piece of rest) {
    const at = text.indexOf(piece, from)
    if (at < 0) return false
    from = at + piece.length
  }
  return from <= text.length - last.length
}

function same(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true
  return one !== undefined && other !== undefined && canonicalJson(one) === canonicalJson(other)
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function own(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined
}
