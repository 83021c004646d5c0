import type { Context, HttpExchange, HttpRequest } from '../../src/collect/contract.ts'
import type { GatewayTarget } from './target.ts'

/** Who a request comes from: nobody, or the test identity of the target where it has one. */
export type Sender = 'anonymous' | 'client'

/** Sends one request to the gateway; as `client` where nothing is said. */
export type Ask = (request: HttpRequest, sender?: Sender) => Promise<HttpExchange>

/** Longest wait for one answer. */
const answerTimeoutMs = 10_000

/** Prepares requests: bounded in time; what a credential opens is left out of the evidence. */
export async function openAsk(target: GatewayTarget, context: Context): Promise<Ask> {
  const credential = await credentialHeader(target, context)
  return (request, sender = 'client') => {
    const own = { timeoutMs: answerTimeoutMs, ...request }
    if (credential === null || sender === 'anonymous') return context.http(own)
    return context.http({
      class: 'test-identity',
      keepBody: false,
      ...own,
      headers: { ...credential, ...request.headers },
    })
  }
}

async function credentialHeader(
  { credential }: GatewayTarget,
  context: Context,
): Promise<Readonly<Record<string, string>> | null> {
  if (credential === undefined) return null
  if (!context.permits('test-identity')) {
    context.leaveOut('ordinary answers with a credential', 'the target does not permit test-identity')
    return null
  }
  const token = await context.secret(credential.token)
  return { [credential.header]: credential.header === 'authorization' ? `Bearer ${token}` : token }
}
