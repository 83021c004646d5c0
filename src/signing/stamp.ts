import { SigningError } from '../model/errors.ts'
import type { StampRevocation } from '../model/stamp-revocation.ts'
import { type Instant, instant } from '../model/time.ts'
import { nameText, readCertificate } from './cms/certificate.ts'
import { DerError, fields, readDer, readSmallInteger, tags } from './cms/der.ts'
import { derInteger, derSequence } from './cms/der-write.ts'
import { digest } from './cms/primitives.ts'
import type { RevocationData } from './cms/revocation-status.ts'
import { stampRevocation } from './cms/stamp-revocation.ts'
import {
  canonicalToken,
  type TimestampToken,
  TokenError,
  verifyCanonicalToken,
  verifyToken,
} from './cms/timestamp-token.ts'
import { readCertificates } from './keys/pem.ts'
import type { Timestamper } from './signer.ts'

/*
 * RFC 3161 time stamps that stand beside what they are about, in a file or in the ledger. Nothing here needs Node, so that
 * the page that verifies reports has it as well.
 */

/** What a time stamp states. */
export type StampStatement = {
  readonly time: Instant
  /** How far the time may be off, in milliseconds; null where the authority does not say. */
  readonly accuracyMs: number | null
  readonly authority: string
  /** Dotted object identifier of the policy it was made under. */
  readonly policy: string
  /** Whether a certificate that was given vouches for the authority. */
  readonly anchored: boolean
  /** When the first of the certificates behind it ran out, where one has: who got hold of its key could make it now. */
  readonly ended?: Instant
  readonly revocation: StampRevocation
}

/** What else is known where a token is judged. */
export type StampCircumstances = {
  /** Until when the token is known to have been there; the present where absent. */
  readonly at?: Instant | undefined
  /** Revocation lists and OCSP responses; none where absent. */
  readonly revocation?: RevocationData | undefined
}

const nothingAtHand: RevocationData = { ocsps: [], crls: [] }

/**
 * Has the bytes timestamped; the token (DER) comes back in the one form in which every byte of it is vouched for. Throws
 * SigningError with a code that begins `AFD_TIMESTAMP`.
 */
export async function stampBytes(
  data: Uint8Array,
  timestamper: Timestamper,
  signal: AbortSignal,
): Promise<StampStatement & { readonly token: Uint8Array }> {
  const imprint = digest('sha256', data)
  const anchors = (timestamper.anchors ?? []).map(readCertificate)
  const received = await timestamper.timestamp(imprint, signal)
  return await believing(timestamper.title, async () => {
    const token = await canonicalToken(await verifyToken(received, imprint, anchors), anchors)
    return { ...(await statementOf(await verifyCanonicalToken(token, imprint, anchors), {})), token }
  })
}

/**
 * What a token (DER) states of the bytes, if it holds and is in the form that `stampBytes` gives; `trust` are
 * certificates (PEM or DER) of which one may vouch for the authority. Throws SigningError `AFD_TIMESTAMP_TOKEN`.
 */
export async function verifyStamp(
  token: Uint8Array,
  data: Uint8Array,
  trust: readonly (string | Uint8Array)[],
  circumstances: StampCircumstances = {},
): Promise<StampStatement> {
  const anchors = trust.flatMap(readCertificates).map(readCertificate)
  return await believing('the time-stamp authority', async () =>
    statementOf(await verifyCanonicalToken(token, digest('sha256', data), anchors), circumstances),
  )
}

/** A token as the TimeStampResp (RFC 3161 section 2.4.2) in which authorities send it and `openssl ts -verify` reads it. */
export function writeReply(token: Uint8Array): Uint8Array {
  return derSequence(derSequence(derInteger(0)), token)
}

/** The token of what `writeReply` wrote; throws SigningError `AFD_TIMESTAMP_TOKEN` for anything else. */
export function readReply(reply: Uint8Array): Uint8Array {
  try {
    const part = fields(readDer(reply), 'timeStampResp')
    const status = fields(part.any('status'), 'pkiStatusInfo')
    const granted = readSmallInteger(status.any('status'), 'status') === 0
    status.end()
    const token = part.take(tags.sequence, 'timeStampToken').bytes
    part.end()
    if (granted) return token
  } catch (error) {
    if (!(error instanceof DerError)) throw error
  }
  throw new SigningError('AFD_TIMESTAMP_TOKEN', 'not a time-stamp reply with a token')
}

async function statementOf(
  { info, signer, path }: TimestampToken,
  { at = instant(Date.now()), revocation = nothingAtHand }: StampCircumstances,
): Promise<StampStatement> {
  const ended = instant(Math.min(...path.trusted.map(({ notAfter }) => notAfter)))
  return {
    time: instant(info.time),
    accuracyMs: info.accuracyMs,
    authority: nameText(signer.subject),
    policy: info.policy,
    anchored: path.anchor !== null,
    ...(ended < at ? { ended } : {}),
    revocation: await stampRevocation(path, revocation, info.time),
  }
}

async function believing<Result>(whose: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DerError || error instanceof TokenError)) throw error
    throw new SigningError('AFD_TIMESTAMP_TOKEN', `the token of ${whose} is not to be believed: ${error.message}`, {
      hint: 'Name another time-stamp authority.',
      cause: error,
    })
  }
}
