import type { Observation } from './evidence.ts'

/** One collection as it was recorded: what its observations say, and the bytes that they rest on. */
export type Recording = {
  /** In the order of the ledger. */
  readonly observations: readonly Observation[]
  /** By name; those that were erased are not there. */
  readonly artefacts: ReadonlyMap<string, Uint8Array>
  /** A recorded HTTP exchange, read again; throws TypeError where the artefact is not there or is none. */
  http(name: string): RecordedExchange
}

/** What an artefact keeps of one HTTP exchange; texts are as they were recorded, redacted. */
export type RecordedExchange = {
  readonly method: string
  /** Path and query, as sent. */
  readonly target: string
  readonly requestHeaders: RecordedHeaders
  /** Null where no response came. */
  readonly response: {
    readonly status: number
    readonly headers: RecordedHeaders
    readonly body: RecordedBody
  } | null
  /** Why no response came, or why it broke off, as a clause; null where it came whole. */
  readonly failure: string | null
}

/** Lower-case names; one element a field line. */
export type RecordedHeaders = { readonly [name: string]: readonly string[] }

/** What is known of a body: its bytes, or its digest alone where it was not kept. */
export type RecordedBody =
  | { readonly kept: 'whole'; readonly bytes: Uint8Array; readonly text: string }
  | { readonly kept: 'digest'; readonly size: number; readonly sha256: string }
  | { readonly kept: 'cut' }

/** An observation as it follows from recorded bytes. */
export type Derived = Pick<Observation, 'kind' | 'subject' | 'methods' | 'facts' | 'evidence'> & {
  /** Where the bytes tell it. */
  readonly collected?: Observation['collected']
  /** Facts that do not follow from what was recorded, by name, each with the reason as a clause. */
  readonly open: { readonly [fact: string]: string }
}

/** An observation that cannot be derived at all, and why, as a clause. */
export type NotDerived = Pick<Observation, 'kind' | 'subject' | 'evidence'> & { readonly why: string }

/**
 * What the exchanges of one observation come to: its facts; why there are none, as a clause; or undefined where they are
 * not such as lead to an observation of its kind.
 */
export type FromExchanges = Pick<Derived, 'subject' | 'facts' | 'open'> | string | undefined

/**
 * Derives each observation from the HTTP exchanges that it names. One that names none is not derived where its kind is
 * among `unanswered`, those that tell of what never answered; of any other kind nothing follows from nothing. Pure.
 */
export function deriveFromExchanges(
  { observations, http }: Recording,
  { methodsOf, unanswered }: { methodsOf(kind: string): Derived['methods']; readonly unanswered: readonly string[] },
  derive: (observation: Observation, exchanges: readonly RecordedExchange[]) => FromExchanges,
): readonly (Derived | NotDerived)[] {
  return observations.flatMap((observation): readonly (Derived | NotDerived)[] => {
    const { kind, subject, evidence } = observation
    if (evidence.length === 0) return unanswered.includes(kind) ? [{ kind, subject, evidence, why: noExchange }] : []
    const exchanges = evidence.map((name) => http(name))
    const derived = derive(observation, exchanges)
    if (derived === undefined) return []
    if (typeof derived === 'string') return [{ kind, subject, evidence, why: derived }]
    return [{ kind, methods: methodsOf(kind), evidence, ...derived }]
  })
}

const noExchange = 'it names no exchange: a connection that does not come about leaves no bytes behind'
