import { SigningError } from '../../../model/errors.ts'
import { ck } from './cryptoki.ts'

/** The CK_RV that a binding's error carries; null where it is another error. */
export function resultOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') return null
  return /CKR_\w+/.test(error.message) ? error.code : null
}

const { results } = ck
const device: readonly number[] = [
  results.deviceError,
  results.deviceMemory,
  results.deviceRemoved,
  results.sessionClosed,
  results.sessionHandleInvalid,
  results.tokenNotPresent,
  results.tokenNotRecognised,
]
const wrongPin: readonly number[] = [results.pinIncorrect, results.pinInvalid, results.pinLengthRange]

/** Does a call, and says in words what a CK_RV means for whoever holds the token. */
export function call<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    const result = resultOf(error)
    if (result === null) throw error
    throw inWords(result, /CKR_\w+/.exec(String(error))?.[0] ?? '', error)
  }
}

function inWords(result: number, name: string, cause: unknown): SigningError {
  if (device.includes(result)) {
    return new SigningError('AFD_PKCS11_DEVICE', `the token went away or does not answer (${name})`, {
      hint: 'Plug it in and leave it there until the report is signed, then try again.',
      cause,
    })
  }
  if (wrongPin.includes(result)) {
    return new SigningError('AFD_PKCS11_PIN', `the token refuses the PIN (${name})`, {
      hint: 'Check what pin-source names before trying again: tokens count wrong PINs and lock after a few.',
      cause,
    })
  }
  switch (result) {
    case results.pinLocked:
      return locked(cause)
    case results.pinExpired:
    case results.userPinNotInitialised:
      return new SigningError('AFD_PKCS11_PIN', `the token wants a new PIN first (${name})`, {
        hint: 'Set it with the maker’s own tool.',
        cause,
      })
    case results.functionCanceled:
      return new SigningError('AFD_PKCS11_PIN', 'the PIN was not entered', { hint: 'Try again.', cause })
    case results.keyFunctionNotPermitted:
      return new SigningError('AFD_PKCS11_KEY', 'the key may not be used to sign', {
        hint: 'Name another key with object=… or id=…; a key’s permissions are set when it is made.',
        cause,
      })
    default:
      return new SigningError('AFD_PKCS11_FAILED', `the token does not do it (${name || result})`, {
        hint: 'The maker’s documentation says what this means; `pkcs11-tool --test` tries the token by itself.',
        cause,
      })
  }
}

/** The error for a token that takes no PIN any more. */
export function locked(cause?: unknown): SigningError {
  return new SigningError('AFD_PKCS11_PIN', 'the token is locked: too many wrong PINs were tried', {
    hint: 'Unlock it with the maker’s own tool, with its SO-PIN or PUK.',
    cause,
  })
}
