import type { LegalHold, RetentionPolicy } from '../../src/model/retention.ts'
import type { Population } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import { entryNumber } from './evidence.ts'
import { grouped } from './wording.ts'

/** Which raw bytes were erased, when and under which policy, what nobody may erase, and what will be; null without any of it. */
export function retention(context: Context): Population['retention'] {
  const { erasures, holds, policies } = context.issue.retention
  const { dates } = context
  if (erasures.length + holds.length + policies.length === 0) return null
  return {
    erasures: erasures.map(({ entry, at, policy, basis, reason, artefacts }) => ({
      number: entryNumber(entry),
      when: dates.moment(at),
      policy: policy ?? 'on demand',
      artefacts: grouped(artefacts),
      why: reason === null ? basis : `${reason} (${basis})`,
    })),
    holds: holds.map((hold) => ({
      id: hold.id,
      scope: holdScope(context, hold),
      since: dates.day(hold.from),
      until: hold.until === null ? 'it is lifted' : dates.day(hold.until),
      reason: hold.reason,
      approver: hold.approver,
    })),
    policies: policies.map((policy) => ({
      id: policy.id,
      scope: policyScope(context, policy),
      keep: termText(policy.keep),
      basis: policy.basis,
    })),
  }
}

function holdScope(context: Context, { component, collected }: LegalHold): string {
  const what = component === null ? 'all raw bytes' : placeOf(context, component)
  if (collected === null) return what
  return `${what}, collected ${context.dates.period({ id: '', ...collected })}`
}

function policyScope(context: Context, { data, collector, mediaType, component }: RetentionPolicy): string {
  const parts = [
    ...(data === null ? [] : [`systems with ${data} data`]),
    ...(component === null ? [] : [placeOf(context, component)]),
    ...(collector === null ? [] : [`collector ${collector}`]),
    ...(mediaType === null ? [] : [mediaType]),
  ]
  return parts.join(', ') || 'all that was collected'
}

function placeOf(context: Context, place: string): string {
  return place.includes('/') ? context.component(place) : context.system(place)
}

function termText({ count, unit }: RetentionPolicy['keep']): string {
  return `${grouped(count)} ${count === 1 ? unit.slice(0, -1) : unit}`
}
