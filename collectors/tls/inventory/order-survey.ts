import type { RecordProtocol } from '../registry/protocols.ts'
import { openPositions, orderOf } from './order.ts'
import { type Survey, suiteQuestion } from './survey.ts'

/** Asks whose order rules, and the server's order as far as what was asked before leaves it open. */
export async function surveyOrder(survey: Survey, protocol: RecordProtocol): Promise<void> {
  if (survey.facts(protocol).suites.length < 2) return
  const choose = (offer: readonly number[]) => survey.ask(suiteQuestion(survey, protocol, offer, { purpose: 'order' }))
  if (survey.facts(protocol).preference === 'undetermined') {
    const { suites } = survey.facts(protocol)
    const { verdict } = await choose(suites)
    if (verdict.kind !== 'chosen') return
    const { suite } = verdict
    const last = [...suites.filter((each) => each !== suite), suite]
    if (survey.facts(protocol).preference === 'undetermined') await choose(last)
  }
  // Every round settles at least one place, so that the loop ends even where the server contradicts itself.
  for (let round = 0; round < survey.facts(protocol).suites.length; round += 1) {
    const facts = survey.facts(protocol)
    if (facts.preference !== 'server') return
    const order = orderOf(facts.suites, facts.choices)
    const open = openPositions(order, facts.choices)
    if (open.length === 0) return
    await Promise.all(open.map((position) => choose(order.slice(position).reverse())))
  }
}
