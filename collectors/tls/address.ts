import { isIP, type Socket } from 'node:net'
import type { Context, Endpoint } from '../../src/collect/contract.ts'
import { CollectionError } from '../../src/model/errors.ts'

/** Connections to one address of a host, the same one for a whole collection. */
export type Route = {
  /** An open socket; a CollectionError of the address, or, where none of several took a connection yet, of one that was tried. */
  connect(): Promise<Socket>
  /** The address that all connections go to; null until it is the only one, or the first that took a connection. */
  readonly address: string | null
  /** Every address of the host, in the order in which they are tried; none before the DNS answered. */
  readonly addresses: readonly string[]
}

/** How long an address is waited for before the next one is tried, at most and at least. */
const [mostPatienceMs, leastPatienceMs] = [2_000, 250]

/**
 * A route to the first address that takes a TCP connection. From then on the others are not asked, whatever this one
 * does: what several machines answer is not one server. `timeoutMs` is what one exchange may take.
 */
export function routeTo(endpoint: Endpoint, { connect, resolve }: Ports, timeoutMs: number): Route {
  let addresses: readonly string[] = []
  let address: string | null = null
  let choosing: Promise<string> | undefined
  /** The connection by which the address was chosen, for the first who wants one. */
  let spare: Socket | undefined

  async function choose(): Promise<string> {
    addresses = inOrder(await resolve.addresses(endpoint.host))
    const patienceMs = Math.max(leastPatienceMs, Math.min(mostPatienceMs, timeoutMs / (2 * addresses.length)))
    const failures: CollectionError[] = []
    for (const [index, each] of addresses.entries()) {
      // There is nobody to turn to after the last one.
      const waiting = index === addresses.length - 1 ? undefined : AbortSignal.timeout(patienceMs)
      try {
        if (addresses.length > 1)
          spare = await connect(endpoint, { address: each, ...(waiting && { signal: waiting }) })
        address = each
        return each
      } catch (error) {
        const failure = waiting?.aborted ? late(each) : error
        if (!(failure instanceof CollectionError) || !leadsOn.includes(failure.failure)) throw failure
        failures.push(failure)
      }
    }
    // One that answers says more than a silence.
    throw failures.find(({ failure }) => failure === 'refused') ?? failures.at(-1)
  }

  return {
    async connect() {
      choosing ??= choose().catch((error: unknown) => {
        choosing = undefined
        throw error
      })
      const chosen = await choosing
      const open = spare
      spare = undefined
      return open ?? connect(endpoint, { address: chosen })
    },
    get address() {
      return address
    },
    get addresses() {
      return addresses
    },
  }
}

type Ports = Pick<Context, 'connect' | 'resolve'>

/** What an address may answer a connection that says nothing about the others. */
const leadsOn: readonly string[] = ['refused', 'reset', 'timeout', 'unreachable']

function late(address: string): CollectionError {
  return new CollectionError('timeout', `${address} took no connection in time`)
}

/**
 * The kinds of addresses as this machine prefers them, those of a kind by their text: DNS servers turn their answers
 * round, and the same machine is to be looked at night after night.
 */
function inOrder(addresses: readonly string[]): readonly string[] {
  const byKind = Map.groupBy(new Set(addresses), (address) => isIP(address))
  return [...byKind.values()].flatMap((kind) => kind.toSorted())
}

/** Which of several addresses a sentence is about, as the end of it; empty where there is but one. */
export function placeOf({ address, addresses }: Pick<Route, 'address' | 'addresses'>): string {
  const others = addresses.filter((each) => each !== address)
  if (address === null) return others.length > 1 ? `, at each of its addresses: ${others.join(', ')}` : ''
  return others.length > 0 ? `, at ${address}; not asked: ${others.join(', ')}` : ''
}
