import type { NewObservation } from '../../src/collect/contract.ts'
import { CollectionError } from '../../src/model/errors.ts'
import type { Ask } from './ask.ts'
import { type GatewayTarget, urlAt } from './target.ts'

const canary = 'affidavit-canary-5e1f09'

/** Answers of a server that did not come to treat the method at all. */
const overloaded = [429, 502, 503, 504]

/** One `gateway.method` for each path: whether a header of a TRACE request comes back in the body. */
export async function* observeTrace(target: GatewayTarget, ask: Ask): AsyncIterable<NewObservation> {
  for (const path of target.paths) {
    const url = urlAt(target.url, path)
    const { status, echoed, evidence } = await trace(url, ask)
    yield {
      kind: 'gateway.method',
      subject: url,
      methods: ['TEST'],
      evidence,
      facts: { path, method: 'TRACE', status, echoed },
    }
  }
}

async function trace(url: string, ask: Ask) {
  try {
    const exchange = await ask({ method: 'TRACE', url, headers: { 'x-affidavit-canary': canary } }, 'anonymous')
    return {
      status: exchange.status,
      echoed: echoedIn(exchange.text(), exchange.status),
      evidence: [exchange.evidence],
    }
  } catch (error) {
    if (!(error instanceof CollectionError) || !['reset', 'closed', 'not-http', 'timeout'].includes(error.failure)) {
      throw error
    }
    return { status: null, echoed: 'undetermined', evidence: error.evidence }
  }
}

/** Whether a body shows the header of the request; pure. */
export function echoedIn(body: string, status: number): 'yes' | 'no' | 'undetermined' {
  if (body.includes(canary)) return 'yes'
  return overloaded.includes(status) ? 'undetermined' : 'no'
}
