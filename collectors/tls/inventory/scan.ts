import { randomBytes } from 'node:crypto'
import type { Ask, Question } from '../ask.ts'
import { readEvidence, speaksTls } from '../evidence.ts'
import type { MakeHello } from '../hellos.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import type { Exchange } from '../transcript.ts'
import { sslv2ClientHello } from '../wire/sslv2.ts'
import { openCase } from './case.ts'
import { type VersionFacts, versionFacts } from './facts.ts'
import { type Newer, surveyOlder } from './older-survey.ts'
import { hasHello, type Survey } from './survey.ts'
import { surveyTls12 } from './tls12-survey.ts'
import { surveyTls13 } from './tls13-survey.ts'

/** Asks until the exchanges show everything about every version, or the time is over. */
export async function takeInventory(ask: Ask, hello: MakeHello, exchanges: readonly Exchange[]): Promise<void> {
  const survey: Survey = {
    ask,
    hello,
    facts: factsSoFar(exchanges),
    speaks: () => exchanges.some((each) => speaksTls(readEvidence(each))),
  }
  const surveys: Newer[] = [{ protocol: 'TLSv1.2', over: surveyTls12(survey) }]
  for (const protocol of ['TLSv1.1', 'TLSv1.0', 'SSLv3'] as const) {
    surveys.push({ protocol, over: surveyOlder(survey, protocol, [...surveys]) })
  }
  await Promise.all([surveyTls13(survey), ...surveys.map(({ over }) => over), ask(sslv2Question())])
}

/** What the exchanges show at the moment of asking; worked out anew only where there are more of them. */
function factsSoFar(exchanges: readonly Exchange[]): Survey['facts'] {
  let count = -1
  let all = openCase([])
  let known = new Map<RecordProtocol, VersionFacts>()
  return (protocol) => {
    if (exchanges.length !== count) {
      count = exchanges.length
      all = openCase(exchanges)
      known = new Map()
    }
    const facts = known.get(protocol) ?? versionFacts(all, protocol)
    known.set(protocol, facts)
    return facts
  }
}

function sslv2Question(): Question {
  return { purpose: 'sslv2', protocol: null, bytes: sslv2ClientHello(randomBytes(16)), enough: hasHello }
}
