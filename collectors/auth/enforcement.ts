import { randomUUID } from 'node:crypto'
import type { Context, NewObservation } from '../../src/collect/contract.ts'
import type { SafetyClass } from '../../src/model/plan.ts'
import { type Answer, ask } from './ask.ts'
import { type Forgery, forge, forgeries } from './forge.ts'
import { type Judgement, judge } from './judge.ts'
import { type Operation, trimmed } from './operations.ts'

/** What every operation is asked without, or with in place of the valid credential. */
export const probes = ['no-credential', 'garbage-token', ...forgeries, 'expired'] as const
export type Probe = (typeof probes)[number]

/** The credentials at hand for one API. */
export type Credentials = {
  /** Null where there is none; then no control can be made and nothing forged. */
  readonly valid: string | null
  /** Why there is no valid one, as a clause. */
  readonly reason: string | null
  readonly expired: string | null
  /** The header field that carries one. */
  readonly carry: (token: string) => Readonly<Record<string, string>>
}

/** What paths that do not exist are answered, without and with the valid credential: finds an API that says 200 to all. */
export type Strays = { readonly anonymous: Answer; readonly authorised: Answer | null }

/** Looks like no token of any format, so that no verifier can take it for one. */
const garbage = 'affidavit.not-a-token'

/** Asks for a path that nobody can have made. */
export async function askStrays(context: Context, baseUrl: string, { valid, carry }: Credentials): Promise<Strays> {
  const url = `${trimmed(baseUrl)}/affidavit-${randomUUID()}`
  const anonymous = await ask(context, { url, keepBody: false })
  if (valid === null) return { anonymous, authorised: null }
  const authorised = await ask(context, { url, headers: carry(valid), class: 'test-identity', keepBody: false })
  return { anonymous, authorised }
}

/** Probes one operation, the positive control before and after, and reports each probe. */
export async function examine(
  context: Context,
  operation: Operation,
  credentials: Credentials,
  strays: Strays,
): Promise<readonly NewObservation[]> {
  const safe = operation.method === 'GET' || operation.method === 'HEAD'
  if (!safe && !context.permits('staging')) {
    const reason = `${operation.method} may change data, and the target does not permit: staging`
    context.leaveOut(operation.label, reason, 'auth.enforcement')
    return []
  }
  const classFor = (least: SafetyClass): SafetyClass => (safe ? least : 'staging')
  const send = (token: string | null, safety: SafetyClass) =>
    ask(context, {
      method: operation.method,
      url: operation.url,
      headers: { ...operation.headers, ...(token === null ? {} : credentials.carry(token)) },
      class: classFor(safety),
      // What an operation answers is the organisation's data; its length and digest are evidence enough.
      keepBody: false,
    })
  const { valid } = credentials
  // A request that changes data is not made with a credential that works.
  const control = async () => (safe && valid !== null ? await send(valid, 'test-identity') : null)

  const noControl = safe ? credentials.reason : `${operation.method} may change data`
  const before = await control()
  const soFar: Controls = { before, after: before, strays, operation, noControl }
  const tried: Tried[] = []
  const anonymous = await send(null, 'passive')
  tried.push({ probe: 'no-credential', answers: [anonymous] })
  const open = judgeOne(anonymous, soFar).refused === 'no'
  if (open) {
    context.leaveOut(`${operation.label} with broken tokens`, 'it answers without any credential')
  } else if (anonymous.kind === 'failure' && (before === null || before.kind === 'failure')) {
    context.leaveOut(`${operation.label} with broken tokens`, `it gave no answer: ${anonymous.reason}`)
  } else if (context.permits('test-identity')) {
    for (const [probe, tokens] of brokenTokens(credentials)) {
      const answers: Answer[] = []
      for (const token of tokens) {
        // By its kind, so that the recorded exchange says what was sent in place of the token.
        context.conceal(token, probe)
        const answer = await send(token, 'test-identity')
        answers.push(answer)
        if (judgeOne(answer, soFar).refused === 'no') break
      }
      if (answers.length > 0) tried.push({ probe, answers })
    }
  }
  return report(tried, { ...soFar, after: await control() })
}

type Tried = { readonly probe: Probe; readonly answers: readonly Answer[] }
type Controls = {
  readonly before: Answer | null
  readonly after: Answer | null
  readonly strays: Strays
  readonly operation: Operation
  readonly noControl: string | null
}

function brokenTokens({ valid, expired }: Credentials): readonly (readonly [Probe, readonly string[]])[] {
  const forged = forgeries.map((forgery) => [forgery, valid === null ? [] : forge(valid, forgery)] as const)
  return [['garbage-token', [garbage]], ...forged, ['expired', expired === null ? [] : [expired]]]
}

function judgeOne(probe: Answer, { before, after, strays, operation, noControl }: Controls): Judgement {
  const stray = before === null ? strays.anonymous : (strays.authorised ?? strays.anonymous)
  return judge({ probe, before, after, stray, expect: operation.expect, noControl })
}

function report(tried: readonly Tried[], controls: Controls): readonly NewObservation[] {
  const judged = tried.map(({ probe, answers }) => {
    const verdicts = answers.map((answer) => ({ answer, judgement: judgeOne(answer, controls) }))
    const { answer, judgement } = decisive(verdicts)
    return { probe, answers, answer, judgement }
  })
  const root = rootCause(judged.map(({ probe, judgement }) => ({ probe, refused: judgement.refused })))
  const { before, after, operation } = controls
  return judged.map(({ probe, answers, answer, judgement }) => ({
    kind: 'auth.enforcement',
    subject: operation.subject,
    methods: ['TEST'],
    facts: {
      operation: operation.label,
      probe,
      refused: judgement.refused,
      reason:
        judgement.refused === 'no' && root !== null && isForgery(probe)
          ? `${judgement.reason}; ${root}`
          : judgement.reason,
      status: statusOf(answer),
      controlBefore: statusOf(before),
      controlAfter: statusOf(after),
      sameBody: judgement.sameBody,
      challenge: answer?.kind === 'answer' && answer.challenge ? 'yes' : 'no',
    },
    evidence: [before, ...answers, after].flatMap((each) => each?.evidence ?? []),
  }))
}

type Verdict = { readonly answer: Answer; readonly judgement: Judgement }

/** Of several spellings of one probe: one that was accepted, else one that could not be decided, else the first. */
function decisive(verdicts: readonly Verdict[]): { readonly answer: Answer | null; readonly judgement: Judgement } {
  const of = (refused: Judgement['refused']) => verdicts.find(({ judgement }) => judgement.refused === refused)
  const nothing: Judgement = { refused: 'undetermined', sameBody: 'undetermined', reason: 'it was not sent' }
  return of('no') ?? of('undetermined') ?? verdicts[0] ?? { answer: null, judgement: nothing }
}

/** One cause for several symptoms: whoever accepts two forgeries that share nothing but a wrong signature looks at none. */
export function rootCause(
  verdicts: readonly { readonly probe: Probe; readonly refused: Judgement['refused'] }[],
): string | null {
  const accepted = verdicts.filter(({ refused }) => refused === 'no').map(({ probe }) => probe)
  if (accepted.includes('garbage-token')) return 'the token is not looked at: even a text that is no token is accepted'
  const forged = accepted.filter(isForgery)
  if (!forged.includes('wrong-key') || forged.length < 2) return null
  return `the signature is not checked at all (${forged.join(', ')} were accepted: one cause)`
}

function isForgery(probe: Probe): probe is Forgery {
  return forgeries.some((forgery) => forgery === probe)
}

function statusOf(answer: Answer | null): number | null {
  return answer?.kind === 'answer' ? answer.status : null
}
