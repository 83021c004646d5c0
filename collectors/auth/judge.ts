import type { Answer } from './ask.ts'
import { isObject, parseJson } from './json-value.ts'

/** What one negative probe is judged by. */
export type Evidence = {
  readonly probe: Answer
  /** The positive control, the same request with the valid credential; null where none could be made. */
  readonly before: Answer | null
  readonly after: Answer | null
  /** What a path that does not exist is answered, asked like the probe; null where it was not asked. */
  readonly stray: Answer | null
  /** Status of a good control; null for any 2xx. */
  readonly expect: number | null
  /** Why no control could be made, as a clause; null where one was made. */
  readonly noControl: string | null
}

export type Judgement = {
  readonly refused: 'yes' | 'no' | 'undetermined'
  readonly sameBody: 'yes' | 'no' | 'undetermined'
  /** A clause without a full stop. */
  readonly reason: string
}

type Answered = Extract<Answer, { kind: 'answer' }>

/** Answers that say nothing about the credential: rate limits, time-outs and failures of the server. */
export const inconclusive = (status: number): boolean =>
  status >= 500 || status === 429 || status === 408 || status === 425

/** Decides whether a request was refused, by what the same request got with the valid credential. */
export function judge(evidence: Evidence): Judgement {
  const { probe, before, after } = evidence
  if (probe.kind === 'failure') return undetermined(`no answer: ${probe.reason}`)
  const { status } = probe
  if (status === 429) return undetermined('answered 429: the rate limit came first')
  if (inconclusive(status)) return undetermined(`answered ${status}, which says nothing about the credential`)
  const good = controlProblem(before, evidence) === undefined && before?.kind === 'answer' ? before : null
  const sameBody = good === null ? 'undetermined' : sameBytes(probe, good) ? 'yes' : 'no'
  const decided = (refused: Judgement['refused'], reason: string): Judgement => ({ refused, sameBody, reason })

  if (good !== null && status === good.status && sameBody === 'yes') {
    return decided('no', `answered ${status} with the same body as the valid credential`)
  }
  if (status >= 200 && status < 300) {
    return good === null ? withoutControl(probe, evidence) : besideControl(probe, good, evidence.stray, decided)
  }
  const problem = controlProblem(before, evidence) ?? controlProblem(after, evidence, ' afterwards')
  if (before === null) {
    // RFC 9110 section 15.5.2: such a 401 says that a credential is wanted, whatever a valid one would get.
    if (probe.challenge) return decided('yes', `answered 401 with a challenge, though ${problem}`)
    return decided('undetermined', `answered ${status}, but ${problem}`)
  }
  if (problem !== undefined || good === null) return decided('undetermined', `answered ${status}, but ${problem}`)
  return decided('yes', `answered ${status} where the valid credential is answered ${good.status}`)
}

/** 2xx, beside a control that got its answer: the bodies decide. */
function besideControl(
  probe: Answered,
  control: Answered,
  stray: Answer | null,
  decided: (refused: Judgement['refused'], reason: string) => Judgement,
): Judgement {
  const { status } = probe
  if (isErrorBody(probe) && !isErrorBody(control)) {
    return decided('yes', `answered ${status} with an error body, unlike the valid credential`)
  }
  if (isLike(probe, stray)) {
    return decided('yes', `answered ${status} like a path that does not exist, unlike the valid credential`)
  }
  if (sameShape(probe, control)) {
    return decided('no', `answered ${status} with a body of the same shape as the valid credential`)
  }
  return decided('undetermined', `answered ${status} with a body unlike the valid credential’s and unlike an error`)
}

/** 2xx without a good control: what was served speaks for itself, or does not. */
function withoutControl(probe: Answered, evidence: Evidence): Judgement {
  const { status } = probe
  const problem = controlProblem(evidence.before, evidence)
  if (isLike(probe, evidence.stray))
    return undetermined(`answered ${status} like a path that does not exist, and ${problem}`)
  if (isErrorBody(probe)) return undetermined(`answered ${status} with what looks like an error, and ${problem}`)
  if (probe.body.length === 0 && status !== 204) return undetermined(`answered ${status} with nothing, and ${problem}`)
  return {
    refused: 'no',
    sameBody: 'undetermined',
    reason: `answered ${status} with a body of its own, though ${problem}`,
  }
}

/** Why a control proves nothing, as a clause, or undefined where it is good. */
function controlProblem(control: Answer | null, evidence: Evidence, when = ''): string | undefined {
  const { expect, stray, noControl } = evidence
  if (control === null) return `no valid credential stood beside it (${noControl ?? 'none was sent'})`
  if (control.kind === 'failure') return `the valid credential got no answer${when}: ${control.reason}`
  const { status } = control
  const wanted = expect === null ? status >= 200 && status < 300 : status === expect
  if (!wanted) return `the valid credential was answered ${status}${when}`
  if (expect === null && isErrorBody(control)) return `the valid credential got ${status} with an error body${when}`
  if (isLike(control, stray)) return `every path is answered like this one${when}, so that nothing can be compared`
  return undefined
}

function isLike(answer: Answered, stray: Answer | null): boolean {
  if (stray?.kind !== 'answer' || stray.status < 200 || stray.status > 299) return false
  return answer.status === stray.status && (sameBytes(answer, stray) || sameText(answer, stray))
}

function sameBytes(one: Answered, other: Answered): boolean {
  return Buffer.compare(one.body, other.body) === 0
}

/** Pages that differ in what changes from request to request: numbers, nonces, the path itself. */
function sameText(one: Answered, other: Answered): boolean {
  if (!/^text\/html/i.test(one.contentType ?? '')) return false
  const plain = (text: string) => text.replace(/(?:nonce|token|csrf)[^\s>]*/gi, '').replace(/[0-9a-f-]{8,}/gi, '')
  return plain(one.text) === plain(other.text)
}

/** JSON of the same kind: lists, or objects with the same members. */
function sameShape(one: Answered, other: Answered): boolean {
  const [first, second] = [parseJson(one.text), parseJson(other.text)]
  if (Array.isArray(first)) return Array.isArray(second)
  if (!isObject(first) || !isObject(second)) return false
  const names = (value: object) => Object.keys(value).sort().join('\n')
  return names(first) === names(second)
}

const errorMembers = ['error', 'errors', 'error_description', 'fault', 'exception'] as const

/** An error in the body of an answer: a JSON error or problem document, or a login page. */
export function isErrorBody({ text, contentType }: Pick<Answered, 'text' | 'contentType'>): boolean {
  if (/problem\+(?:json|xml)/i.test(contentType ?? '')) return true
  const value = parseJson(text)
  if (isObject(value)) {
    if (errorMembers.some((name) => value[name] !== undefined && value[name] !== null && value[name] !== false))
      return true
    const status = Number(value.status ?? value.statusCode ?? value.code)
    return value.success === false || value.ok === false || (status >= 400 && status < 600)
  }
  if (value !== undefined) return false
  return /type=["']?password/i.test(text) || (text.length < 2_000 && deniedWords.test(text))
}

const deniedWords =
  /\b(?:unauthori[sz]ed|forbidden|access denied|not authenticated|authentication required|log ?in|sign ?in)\b/i

function undetermined(reason: string): Judgement {
  return { refused: 'undetermined', sameBody: 'undetermined', reason }
}
