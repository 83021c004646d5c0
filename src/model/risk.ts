import type { Level } from './control.ts'

const order: readonly Level[] = ['low', 'medium', 'high']

/** The level of a risk from its likelihood and impact: the cell of the 3 × 3 matrix. */
export function riskLevel(likelihood: Level, impact: Level): Level {
  const score = order.indexOf(likelihood) + order.indexOf(impact)
  if (score >= 3) return 'high'
  if (score === 2) return 'medium'
  return 'low'
}
