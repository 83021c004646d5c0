import type { Collector, Context, NewObservation } from '../../src/collect/contract.ts'
import type { CollectionError } from '../../src/model/errors.ts'
import { type Credential, obtainCredential } from './credential.ts'
import { discover, type Metadata } from './discovery.ts'
import { askStrays, examine } from './enforcement.ts'
import { type KeySet, readKeySet } from './jwks.ts'
import { isSignedBy, readJwt } from './jwt.ts'
import { operationsIn } from './openapi.ts'
import { planOperations } from './operations.ts'
import { replayAuth } from './replay.ts'
import { type ApiTarget, AuthTarget, carry, endpointsOf, shorthand } from './target.ts'

/** What an identity provider publishes and issues, and what an API makes of missing and broken credentials. */
export const authCollector: Collector<AuthTarget> = {
  id: 'auth',
  version: 1,
  title: 'Identity provider metadata, keys and tokens; enforcement of credentials by an API',
  emits: ['auth.discovery', 'auth.jwks', 'auth.token', 'auth.enforcement'],
  target: AuthTarget,
  defaults: {
    timeoutMs: 300_000,
    concurrency: 2,
    connections: 500,
    requests: 2_000,
    bytes: 64 * 1024 * 1024,
  },
  shorthandForm: 'an issuer, as in https://login.example.com/realms/staff',
  shorthand,
  subject: (target) => target.issuer ?? target.api?.baseUrl ?? '',
  reach: (target) => ({
    endpoints: endpointsOf(target),
    paths: target.api?.openapi === undefined ? [] : [target.api.openapi],
  }),
  collect,
  replay: replayAuth,
}

async function* collect(target: AuthTarget, context: Context): AsyncIterable<NewObservation> {
  let metadata: Metadata | null = null
  let keySet: KeySet | null = null
  let unreached: CollectionError | null = null
  if (target.issuer !== undefined) {
    const discovered = await discover(context, target.issuer)
    yield discovered.observation
    metadata = discovered.metadata
    unreached = discovered.unreached
    if (typeof metadata?.jwks_uri === 'string') {
      const read = await readKeySet(context, target.issuer, metadata.jwks_uri)
      yield read.observation
      keySet = read.keySet
    } else {
      context.leaveOut('auth.jwks', metadata === null ? 'no metadata came' : 'the metadata names no jwks_uri')
    }
  }
  const credential = await obtainCredential(context, target, metadata)
  if (credential.observation !== null) yield credential.observation
  if (target.api !== undefined) yield* examineApi(context, target, target.api, credential, keySet)
  // Where an API was looked at beside it, that still counts: a failed collection would take it back.
  else if (unreached !== null) throw unreached
}

async function* examineApi(
  context: Context,
  target: AuthTarget,
  api: ApiTarget,
  credential: Credential,
  keySet: KeySet | null,
): AsyncIterable<NewObservation> {
  const declared = api.openapi === undefined ? [] : operationsIn(await readText(context, api.openapi), api.openapi)
  const { operations, leftOut } = planOperations(api, declared)
  for (const { probe, reason } of leftOut) context.leaveOut(probe, reason)
  const expired = await expiredToken(context, target, credential.token, keySet)
  const credentials = {
    valid: credential.token,
    reason: credential.reason,
    expired,
    carry: (token: string) => carry(api.credential, token),
  }
  if (credential.token !== null && readJwt(credential.token) === undefined) {
    context.leaveOut('forged tokens', 'the valid credential is opaque, so that nothing can be forged from it')
  }
  const strays = await askStrays(context, api.baseUrl, credentials)
  for (const operation of operations) yield* await examine(context, operation, credentials, strays)
}

async function readText(context: Context, file: string): Promise<string> {
  return new TextDecoder().decode(await context.files.read(file, { maxBytes: 16 * 1024 * 1024 }))
}

/** The expired token of a target, where its refusal would show that the expiry is checked, and nothing else. */
async function expiredToken(
  context: Context,
  { expiredToken: reference }: AuthTarget,
  valid: string | null,
  keySet: KeySet | null,
): Promise<string | null> {
  const without = (reason: string): null => {
    context.leaveOut('expired tokens', reason)
    return null
  }
  if (reference === undefined) return without('the target names no expiredToken')
  if (!context.permits('test-identity')) return without('the target permits passive probes only')
  const token = await context.secret(reference)
  const jwt = readJwt(token)
  if (jwt === undefined) return token
  const { exp } = jwt.payload
  if (typeof exp !== 'number') return without('the expiredToken has no exp claim')
  if (exp * 1000 > Date.parse(context.clock.now())) return without('the expiredToken has not expired yet')
  const sameKey = valid !== null && readJwt(valid)?.header.kid === jwt.header.kid
  if (keySet === null ? sameKey : await isSignedBy(token, keySet)) return token
  return without('the expiredToken is not signed with a key that the issuer still uses')
}
