import type { ResolvedException } from '../../src/model/finding.ts'
import type { Chip, Exceptions, Heading } from '../../src/render/document.ts'
import type { Context } from './context.ts'

/** Who accepted which finding, why, and until when. */
export function exceptions(context: Context, heading: Heading): Exceptions {
  const { assessment, dates } = context
  const list = assessment.exceptions.toSorted((a, b) => a.id.localeCompare(b.id))
  return {
    heading,
    list: list.map((exception) => ({
      id: exception.id,
      state: stateChip(exception, dates.day(exception.expiresOn)),
      control: exception.control,
      title: context.control(exception.control)?.title ?? 'a control that the catalogue does not have',
      component: exception.component === null ? 'every component' : context.component(exception.component),
      reason: exception.reason,
      compensating: exception.compensatingControl ?? 'none',
      approver: exception.approver,
      approved: dates.day(exception.approvedOn),
      expires: dates.day(exception.expiresOn),
    })),
  }
}

function stateChip({ state }: ResolvedException, expires: string): Chip {
  switch (state) {
    case 'active':
      return { tone: 'warn', text: 'in force' }
    case 'expired':
      return { tone: 'none', text: `expired ${expires}, counts as none` }
    case 'not-yet':
      return { tone: 'none', text: 'not in force yet' }
    case 'unused':
      return { tone: 'none', text: 'accepts nothing' }
    default:
      return state satisfies never
  }
}
