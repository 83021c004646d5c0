import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import { SigningError } from '../../../model/errors.ts'
import type { Pkcs11Uri } from '../../../model/pkcs11-uri.ts'
import type { SigningKey } from '../../signer.ts'
import { algorithmOf, readPublicKey } from '../algorithm.ts'
import { untilAborted } from '../until-aborted.ts'
import type { ProcessReply, ProcessRequest } from './process.ts'
import type { TokenAnswer, TokenRequest } from './session.ts'

export type Pkcs11Options = {
  readonly uri: Pkcs11Uri
  /** Where the package pkcs11js lies: a file URL. */
  readonly binding: string
  /** The PIN itself; null where a pad asks for it, or there is none. */
  readonly pin: string | null
  readonly signal: AbortSignal
  /** Of one job, a person's touch or entry at a pad included; 60 s where absent. */
  readonly timeoutMs?: number
}

/**
 * A key on a token, and the certificates beside it. Every job has a session and a process of its own, so that nothing
 * stays open. Throws SigningError: `AFD_PKCS11_MODULE`, `_TOKEN`, `_PIN`, `_KEY`, `_DEVICE`, `_TIMEOUT`, `_FAILED`.
 */
export async function openPkcs11Key(options: Pkcs11Options): Promise<SigningKey> {
  const { publicKey, certificates } = await keyOf(options, 'open')
  const algorithm = algorithmOf(readPublicKey(publicKey))
  return {
    publicKey,
    certificates,
    async sign(bytes, signal) {
      const answer = await ask({ ...options, signal }, { kind: 'sign', bytes, algorithm })
      if (answer.kind !== 'signature') throw new TypeError('a token answers a request to sign with a key')
      return answer.signature
    },
  }
}

/** What a token shows of a key without its PIN; throws SigningError. */
export async function lookAtPkcs11Key(
  options: Omit<Pkcs11Options, 'pin'>,
): Promise<Pick<SigningKey, 'publicKey' | 'certificates'>> {
  return await keyOf({ ...options, pin: null }, 'look')
}

async function keyOf(options: Pkcs11Options, kind: 'look' | 'open'): Promise<Extract<TokenAnswer, { kind: 'key' }>> {
  const answer = await ask(options, { kind })
  if (answer.kind !== 'key') throw new TypeError('a token answers a look with a signature')
  return answer
}

/** What each library was asked last: a token does one thing at a time, and not every library keeps processes apart. */
const last = new Map<string, Promise<unknown>>()

async function ask(options: Pkcs11Options, job: TokenRequest['job']): Promise<TokenAnswer> {
  const { module } = options.uri
  const before = last.get(module) ?? Promise.resolve()
  const asked = untilAborted(before, options.signal).then(() => askNow(options, job))
  last.set(module, Promise.allSettled([before, asked]))
  return await asked
}

async function askNow(options: Pkcs11Options, job: TokenRequest['job']): Promise<TokenAnswer> {
  const { uri, binding, pin, signal, timeoutMs = 60_000 } = options
  signal.throwIfAborted()
  const child = fork(join(import.meta.dirname, `process${extname(import.meta.filename)}`), {
    serialization: 'advanced',
    execArgv: [],
    // Makers' libraries print what they like.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    const request: ProcessRequest = { module: uri.module, token: uri.token, object: uri.object, pin, binding, job }
    const reply = await replyTo(child, request, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
    if ('answer' in reply) return reply.answer
    if ('bug' in reply) throw new Error(reply.bug)
    throw new SigningError(reply.code, reply.message, {
      subject: uri.module,
      ...(reply.hint ? { hint: reply.hint } : {}),
    })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && error.name === 'AbortError') throw tooLate(uri, timeoutMs)
    throw error
  } finally {
    child.kill('SIGKILL')
  }
}

async function replyTo(child: ChildProcess, request: ProcessRequest, signal: AbortSignal): Promise<ProcessReply> {
  const done = new AbortController()
  const either = AbortSignal.any([signal, done.signal])
  try {
    const message = once(child, 'message', { signal: either })
    const exit = once(child, 'exit', { signal: either })
    // Whichever comes second is of no interest any more.
    message.catch(() => {})
    exit.catch(() => {})
    child.send(request)
    const [first] = await Promise.race([message, exit.then(([code, name]) => [died(request.module, name ?? code)])])
    if (first instanceof Error) throw first
    return first as ProcessReply
  } finally {
    done.abort()
  }
}

function died(module: string, how: string | number): SigningError {
  return new SigningError('AFD_PKCS11_MODULE', `the PKCS #11 library ${module} broke off (${how})`, {
    hint: 'Try it with `pkcs11-tool --module … --test`; its maker’s logs say more.',
    subject: module,
  })
}

function tooLate({ module }: Pkcs11Uri, timeoutMs: number): SigningError {
  return new SigningError('AFD_PKCS11_TIMEOUT', `the token has not answered within ${timeoutMs / 1000} s`, {
    hint: 'It may wait for a touch or for a PIN at its pad; try again and stand beside it.',
    subject: module,
  })
}
