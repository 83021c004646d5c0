import { SigningError } from '../../../model/errors.ts'
import type { Cryptoki } from './cryptoki.ts'
import { askToken, type TokenAnswer, type TokenRequest } from './session.ts'

/*
 * The process in which a token maker's library runs: its calls block for as long as they like, and a fault of its own
 * ends this process and no other. It takes one request, answers it and ends.
 */

/** `binding` is the file of the package pkcs11js. */
export type ProcessRequest = TokenRequest & { readonly binding: string }

export type ProcessReply =
  | { readonly answer: TokenAnswer }
  /** A SigningError's parts. */
  | { readonly code: string; readonly message: string; readonly hint?: string | undefined }
  /** The stack of an error that nobody expected. */
  | { readonly bug: string }

process.once('message', async (request: ProcessRequest) => {
  process.send?.(await reply(request), () => process.disconnect())
})

async function reply({ binding, ...request }: ProcessRequest): Promise<ProcessReply> {
  try {
    return { answer: askToken(await open(binding), request) }
  } catch (error) {
    if (!(error instanceof SigningError)) return { bug: String(error instanceof Error ? error.stack : error) }
    const { code, message, hint } = error
    return { code, message, hint }
  }
}

async function open(binding: string): Promise<Cryptoki> {
  try {
    const { default: found } = (await import(binding)) as { readonly default: { readonly PKCS11: new () => Cryptoki } }
    return new found.PKCS11()
  } catch (cause) {
    throw new SigningError('AFD_KEY_PACKAGE', 'the package pkcs11js is installed but cannot be loaded', {
      hint: 'It is built when it is installed, which takes a C++ compiler, make and Python: npm rebuild pkcs11js',
      cause,
    })
  }
}
