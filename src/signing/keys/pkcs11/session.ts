import { createHash } from 'node:crypto'
import { SigningError } from '../../../model/errors.ts'
import type { ObjectMatch, TokenMatch } from '../../../model/pkcs11-uri.ts'
import { ecdsaSigValue, sha256DigestInfo } from '../../cms/signature-value.ts'
import type { SignatureAlgorithm } from '../../signer.ts'
import { type Cryptoki, ck, type Handle } from './cryptoki.ts'
import { call, resultOf } from './errors.ts'
import { certificatesOn, findPrivateKey, publicKeyNamed, publicKeyOf, read, type Session } from './objects.ts'
import { enter, findToken, login, type Token } from './token.ts'

/** What is asked of a token. */
export type TokenRequest = {
  readonly module: string
  readonly token: TokenMatch
  readonly object: ObjectMatch
  /** Null where a pad asks for it, or nobody needs it. */
  readonly pin: string | null
  readonly job: /** Looks without a PIN. */
    | { readonly kind: 'look' }
    /** Looks whether the key is there and may sign; with the PIN, where there is one. */
    | { readonly kind: 'open' }
    | { readonly kind: 'sign'; readonly bytes: Uint8Array; readonly algorithm: SignatureAlgorithm }
}

export type TokenAnswer =
  | {
      readonly kind: 'key'
      /** SubjectPublicKeyInfo, DER. */
      readonly publicKey: Uint8Array
      readonly certificates: readonly Uint8Array[]
    }
  | { readonly kind: 'signature'; readonly signature: Uint8Array }

/** Does one job in a session of its own, which is closed whatever happens; throws SigningError. */
export function askToken(cryptoki: Cryptoki, request: TokenRequest): TokenAnswer {
  load(cryptoki, request.module)
  try {
    call(() => cryptoki.C_Initialize())
    try {
      const token = findToken(cryptoki, request.token)
      const handle = call(() => cryptoki.C_OpenSession(token.slot, ck.serialSession))
      try {
        return answer({ cryptoki, handle }, token, request)
      } finally {
        // Closing a token's last session logs out.
        quietly(() => cryptoki.C_CloseSession(handle))
      }
    } finally {
      quietly(() => cryptoki.C_Finalize())
    }
  } finally {
    quietly(() => cryptoki.close())
  }
}

function answer(session: Session, token: Token, { job, object, pin }: TokenRequest): TokenAnswer {
  const { cryptoki, handle } = session
  const hasPad = (token.info.flags & ck.tokenFlags.protectedAuthenticationPath) !== 0
  if (job.kind === 'look' || (job.kind === 'open' && pin === null && hasPad)) {
    return { kind: 'key', publicKey: publicKeyNamed(session, object), certificates: certificatesOn(session) }
  }
  login(cryptoki, handle, token, pin)
  const key = findPrivateKey(session, object)
  if (job.kind === 'open') {
    return { kind: 'key', publicKey: publicKeyOf(session, key), certificates: certificatesOn(session) }
  }
  const ways = signingWays(job.algorithm, job.bytes)
  const offered = call(() => cryptoki.C_GetMechanismList(token.slot))
  for (const { mechanism, data } of ways.filter((way) => offered.includes(way.mechanism))) {
    if (!begins(session, mechanism, key)) continue
    if (read(session, key, ck.attributes.alwaysAuthenticate)?.[0] === 1) {
      call(() => enter(cryptoki, handle, ck.contextSpecific, pin))
    }
    // The longest signature is that of RSA with 16384 bits.
    const raw = new Uint8Array(call(() => cryptoki.C_Sign(handle, Buffer.from(data), Buffer.alloc(2048))))
    return { kind: 'signature', signature: job.algorithm === 'rsa-sha256' ? raw : ecdsaSigValue(raw) }
  }
  throw new SigningError('AFD_PKCS11_KEY', `the token does not sign with ${job.algorithm}`, {
    hint: 'Reports are signed with ECDSA on P-256 or P-384, or with RSA; make such a key on the token.',
  })
}

/** Whether the key signs in this way; a key may be restricted to others. */
function begins({ cryptoki, handle }: Session, mechanism: number, key: Handle): boolean {
  try {
    cryptoki.C_SignInit(handle, { mechanism }, key)
    return true
  } catch (error) {
    if (resultOf(error) === ck.results.mechanismInvalid) return false
    return call(() => {
      throw error
    })
  }
}

/** Digests are made here where the token lets us: most tokens are slow at it, and some offer nothing else. */
function signingWays(
  algorithm: SignatureAlgorithm,
  bytes: Uint8Array,
): readonly { readonly mechanism: number; readonly data: Uint8Array }[] {
  const { mechanisms } = ck
  const digest = (hash: 'sha256' | 'sha384') => createHash(hash).update(bytes).digest()
  switch (algorithm) {
    case 'ecdsa-p256-sha256':
      return [
        { mechanism: mechanisms.ecdsa, data: digest('sha256') },
        { mechanism: mechanisms.ecdsaSha256, data: bytes },
      ]
    case 'ecdsa-p384-sha384':
      return [
        { mechanism: mechanisms.ecdsa, data: digest('sha384') },
        { mechanism: mechanisms.ecdsaSha384, data: bytes },
      ]
    case 'rsa-sha256':
      return [
        { mechanism: mechanisms.rsaPkcs, data: sha256DigestInfo(digest('sha256')) },
        { mechanism: mechanisms.sha256RsaPkcs, data: bytes },
      ]
    default:
      return algorithm satisfies never
  }
}

function load(cryptoki: Cryptoki, module: string): void {
  try {
    cryptoki.load(module)
  } catch (cause) {
    throw new SigningError('AFD_PKCS11_MODULE', `${module} is not a PKCS #11 library that can be loaded`, {
      hint: 'module-path names the maker’s library, such as /usr/lib/softhsm/libsofthsm2.so or …/opensc-pkcs11.so.',
      subject: module,
      cause,
    })
  }
}

/** Tidying up must not hide what went wrong before; a token that was pulled out cannot be told anything. */
function quietly(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
}
