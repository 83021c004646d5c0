import { SigningError } from '../../../model/errors.ts'
import type { TokenMatch } from '../../../model/pkcs11-uri.ts'
import { type Cryptoki, ck, type Handle, type TokenInfo } from './cryptoki.ts'
import { call, locked, resultOf } from './errors.ts'

export type Token = { readonly slot: Handle; readonly info: TokenInfo }

/** The one token that fits; throws SigningError `AFD_PKCS11_TOKEN` that lists those which are there. */
export function findToken(cryptoki: Cryptoki, match: TokenMatch): Token {
  const tokens = call(() => cryptoki.C_GetSlotList(true)).flatMap((slot) => tokenIn(cryptoki, slot))
  const fitting = tokens.filter((token) => fits(token, match))
  const [token] = fitting
  if (token && fitting.length === 1) return token
  const list = tokens.length === 0 ? 'there is none' : `there are: ${tokens.map(tokenText).join('; ')}`
  throw new SigningError(
    'AFD_PKCS11_TOKEN',
    fitting.length === 0
      ? `no token fits what the PKCS #11 URI says; ${list}`
      : `several tokens fit what the PKCS #11 URI says; ${list}`,
    { hint: 'Name one with token=… or serial=… in the URI, and see that it is plugged in.' },
  )
}

/** A slot whose token was just taken out, or was never set up, has none. */
function tokenIn(cryptoki: Cryptoki, slot: Handle): readonly Token[] {
  try {
    const info = cryptoki.C_GetTokenInfo(slot)
    return info.flags & ck.tokenFlags.initialised ? [{ slot, info }] : []
  } catch (error) {
    if (resultOf(error) === null) throw error
    return []
  }
}

function fits({ slot, info }: Token, match: TokenMatch): boolean {
  const same = (wanted: string | undefined, found: string) => wanted === undefined || wanted === trimmed(found)
  return (
    same(match.label, info.label) &&
    same(match.serial, info.serialNumber) &&
    same(match.manufacturer, info.manufacturerID) &&
    same(match.model, info.model) &&
    (match.slot === undefined || BigInt(match.slot) === slotNumber(slot))
  )
}

/** CK_ULONG is as wide as the platform makes it, in its byte order. */
function slotNumber(slot: Handle): bigint {
  const bytes = Buffer.from(slot)
  return bytes.length === 8 ? bytes.readBigUInt64LE() : BigInt(bytes.readUInt32LE())
}

function tokenText({ info }: Token): string {
  return `"${trimmed(info.label)}" (serial ${trimmed(info.serialNumber)})`
}

/** Texts of PKCS #11 are padded with blanks, and with zero bytes by some makers. */
export const trimmed = (text: string): string => text.replace(/[ \0]+$/, '')

/**
 * Logs in once. A PIN is never tried a second time, and not at all where one try is left: a schedule must not lock a
 * token. Throws SigningError `AFD_PKCS11_PIN`.
 */
export function login(cryptoki: Cryptoki, session: Handle, { info }: Token, pin: string | null): void {
  const has = (flag: number) => (info.flags & flag) !== 0
  if (!has(ck.tokenFlags.loginRequired)) return
  if (has(ck.tokenFlags.locked)) throw locked()
  if (pin === null && !has(ck.tokenFlags.protectedAuthenticationPath)) {
    throw new SigningError('AFD_PKCS11_PIN', `the token "${trimmed(info.label)}" asks for a PIN, and none is named`, {
      hint: 'Name where it is: pin-source=env:NAME or pin-source=file:path in the PKCS #11 URI.',
    })
  }
  if (pin !== null && has(ck.tokenFlags.finalTry)) {
    throw new SigningError('AFD_PKCS11_PIN', 'the token would lock with one more wrong PIN, so that none was tried', {
      hint: 'Check what pin-source names, and log in once with the maker’s own tool; that sets the counter back.',
    })
  }
  call(() => enter(cryptoki, session, ck.user, pin))
}

/** Gives the PIN, or has it asked on the token's own pad where there is none. */
export function enter(cryptoki: Cryptoki, session: Handle, user: number, pin: string | null): void {
  try {
    if (pin === null) cryptoki.C_Login(session, user)
    else cryptoki.C_Login(session, user, pin)
  } catch (error) {
    if (resultOf(error) !== ck.results.userAlreadyLoggedIn) throw error
  }
}
