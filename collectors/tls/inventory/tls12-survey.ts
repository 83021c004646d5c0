import { needsCurve, usesGroup } from '../registry/cipher-suites.ts'
import { settleOpenGroups, surveyGroups, unseen } from './group-survey.ts'
import { byKind, offersOf } from './offers.ts'
import { surveyOrder } from './order-survey.ts'
import {
  commonTls12Groups,
  eliminateLeftOver,
  eliminateUnusual,
  endsForGroups,
  lookAtStretches,
  refusedTogether,
  settleOpenSuites,
  takeApart,
  takeOne,
} from './suite-survey.ts'
import type { Survey } from './survey.ts'

const protocol = 'TLSv1.2'

/** Surveys TLS 1.2, which nearly every server has, so that all of its offers go out at once. */
export async function surveyTls12(survey: Survey): Promise<void> {
  const { stretches, broken, doubtful, unusual } = offersOf(protocol)
  const rare = [...unusual, ...doubtful].filter((suite) => !needsCurve(suite))
  const [rareOnes, looks] = await Promise.all([
    takeOne(survey, protocol, rare),
    lookAtStretches(survey, protocol, stretches),
  ])
  const isWanted = (suite: number): boolean => rareOnes.chosen || !doubtful.includes(suite)
  const parts = [...looks.map(({ left }) => left), broken].map((part) => part.filter(isWanted))
  // Groups that the ends of the stretches will show need no connections of their own.
  const shownByEnds = unseen(survey, protocol, commonTls12Groups).slice(0, endsForGroups(survey, protocol, parts))
  const groups = surveyGroups(survey, protocol, (group) => !shownByEnds.includes(group))
  const [leftOver] = await Promise.all([
    takeApart(survey, protocol, parts, shownByEnds),
    eliminateRare(survey, unusual, rareOnes.left),
  ])
  const others = [...refusedTogether(stretches, looks), ...unusual.filter(needsCurve), ...broken.filter(needsCurve)]
  const { length } = survey.facts(protocol).suites
  await Promise.all([
    settleSuites(survey, [...leftOver, ...others]),
    surveyOrder(survey, protocol),
    groups.then(() => settleGroups(survey)),
  ])
  if (survey.facts(protocol).suites.length === length) return
  // The suites that came last may be the only ones with groups.
  await Promise.all([surveyOrder(survey, protocol), settleGroups(survey)])
}

/** Unusual suites stay together as long as none of them was taken. */
async function eliminateRare(survey: Survey, unusual: readonly number[], left: readonly number[]): Promise<void> {
  const asked = unusual.filter((suite) => !needsCurve(suite))
  const open = asked.filter((suite) => left.includes(suite))
  const parts = open.length < asked.length ? byKind(open) : [open]
  await Promise.all(parts.map((part) => eliminateUnusual(survey, protocol, part)))
}

async function settleSuites(survey: Survey, leftOver: readonly number[]): Promise<void> {
  if (!survey.speaks()) return
  await eliminateLeftOver(survey, protocol, leftOver)
  await settleOpenSuites(survey, protocol)
}

async function settleGroups(survey: Survey): Promise<void> {
  const { suites, openGroups } = survey.facts(protocol)
  if (!suites.some(usesGroup)) return
  await surveyGroups(survey, protocol, (group) => openGroups.includes(group))
  await settleOpenGroups(survey, protocol)
}
