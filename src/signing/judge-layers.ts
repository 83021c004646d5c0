import { instant } from '../model/time.ts'
import { type Certificate, fingerprint, nameText, serialText } from './cms/certificate.ts'
import { type CertificateStanding, judgeLongTerm, type LongTermAnswer, type Stamp } from './cms/long-term.ts'
import { title } from './cms/path.ts'
import { joinRevocation, type RevocationData } from './cms/revocation-status.ts'
import type { TimestampToken } from './cms/timestamp-token.ts'
import type { Layer, Trust } from './layers.ts'
import { Refusal } from './refusal.ts'
import type { CertificateVerdict, DocumentLayer, PdfVerdict, Reason, SignatureVerdict } from './verdict.ts'

type SignatureLayer = Extract<Layer, { kind: 'signature' }>
type StampLayer = Extract<Layer, { kind: 'document-timestamp' }>
type Judged = { readonly signature: SignatureVerdict; readonly reasons: readonly Reason[] }

/** What is to be said of the layers of a document, but for what needs its bytes. */
export type JudgedLayers = Omit<PdfVerdict, 'attachments' | 'revisions' | 'front'> & {
  /** How many bytes there were before the first layer that leaves something open; all of them where none does. */
  readonly undoubted: number
}

/** Judges who signed, when, and what of it can still be shown, over all layers of a document; throws Refusal. */
export async function judgeLayers(layers: readonly Layer[], trust: Trust): Promise<JudgedLayers> {
  const data = layers.findLast(({ kind }) => kind === 'validation-data')
  const held = data?.kind === 'validation-data' ? data.store : nothing
  const judged: Judged[] = []
  const doubts: (readonly Reason[])[] = []
  for (const [i, layer] of layers.entries()) {
    if (layer.kind !== 'signature') {
      doubts.push(distrust(layer))
      continue
    }
    const above = layers.slice(i).filter((each) => each.kind === 'document-timestamp')
    const own = await judgeSignature(layer, above, held, trust, judged.length)
    judged.push(own)
    doubts.push(own.reasons)
  }
  const signatures = judged.map(({ signature }) => signature)
  const [first] = signatures
  const reasons = [...judged.flatMap((each) => each.reasons), ...layers.flatMap(distrust)]
  const doubted = doubts.findIndex((each) => each.length > 0)
  return {
    verdict: reasons.length === 0 ? 'accepted' : 'intact-signer-unproven',
    signatures,
    level: first?.level ?? null,
    signer: first?.signer ?? null,
    signedAt: first?.signedAt ?? null,
    timestamp: first?.timestamp ?? null,
    layers: layers.map(layerVerdict),
    reasons,
    revocation: { ocsps: held.ocsps, crls: held.crls },
    undoubted: (doubted < 0 ? layers.at(-1) : layers[doubted - 1])?.bytes ?? 0,
  }
}

const nothing: RevocationData = { ocsps: [], crls: [] }

async function judgeSignature(
  layer: SignatureLayer,
  above: readonly StampLayer[],
  held: RevocationData,
  trust: Trust,
  number: number,
): Promise<Judged> {
  const { found, signature, bytes } = layer
  const { signer, path, token } = signature
  // Nobody but a trusted issuer may sign a report; a further signer whom nobody vouches for changes nothing of it.
  if (number === 0 && trust.anchors.length > 0 && !path.anchor) {
    throw new Refusal(
      'signer-not-trusted',
      `The signature is that of ${title(signer)}, issued by «${nameText(signer.issuer)}», which none of the given certificates vouches for.`,
    )
  }
  const question = {
    signer: path,
    signatureStamp: token && stampOf(token),
    documentStamps: above.map((stamp) => stampOf(stamp.token)),
    archived: above.at(-1)?.covered ?? null,
    at: trust.at,
  }
  const embedded = await judgeLongTerm({ ...question, data: held })
  const answer = await judgeLongTerm({ ...question, data: joinRevocation([held, trust.revocation]) })
  const reasons = [...unproven(signature, answer)].map((reason) => ({ ...reason, signature: number }))
  const oldest = token ?? above[0]?.token
  return {
    signature: {
      level: embedded.level,
      signer: identityOf(signer),
      anchored: path.anchor !== null,
      timestamp: oldest ? timeOf(oldest) : null,
      signedAt: found.signedAt,
      name: found.name,
      reason: found.reason,
      bytes,
      standings: answer.standings.map((each, i) => standingVerdict(each, embedded.standings[i]?.status === 'good')),
    },
    reasons,
  }
}

const timeOf = ({ info, signer, path }: TimestampToken): PdfVerdict['timestamp'] => ({
  time: instant(info.time),
  authority: nameText(signer.subject),
  anchored: path.anchor !== null,
})

const stampOf = ({ info, path }: TimestampToken): Stamp => ({ time: info.time, path })

/** Why a signature that holds is not accepted; throws Refusal where it cannot have been good. */
function unproven({ signer, path, token }: SignatureLayer['signature'], answer: LongTermAnswer): readonly Reason[] {
  const reasons: Reason[] = []
  if (!path.anchor) {
    reasons.push({
      code: 'no-anchor',
      message: `The document is unaltered since it was signed, but no trusted certificate was given that says whether ${title(signer)} is who it claims to be.`,
    })
  }
  if (token && !token.path.anchor) reasons.push(untrusted(token, 'The timestamp'))
  for (const { code, message } of answer.problems) {
    if (code !== 'timestamp-outlived') throw new Refusal(code, message)
    reasons.push({ code, message })
  }
  return reasons
}

function distrust(layer: Layer): readonly Reason[] {
  if (layer.kind !== 'document-timestamp' || layer.token.path.anchor) return []
  return [untrusted(layer.token, 'The timestamp over the whole document')]
}

function untrusted({ signer }: TimestampToken, what: string): Reason {
  const message = `${what} is that of ${title(signer)}; no trusted certificate was given that vouches for this authority.`
  return { code: 'timestamp-not-trusted', message }
}

function identityOf(signer: Certificate): NonNullable<PdfVerdict['signer']> {
  return {
    subject: nameText(signer.subject),
    issuer: nameText(signer.issuer),
    serial: serialText(signer),
    fingerprint: fingerprint(signer),
    notBefore: instant(signer.notBefore),
    notAfter: instant(signer.notAfter),
  }
}

function standingVerdict(standing: CertificateStanding, embedded: boolean): CertificateVerdict {
  const common = { subject: nameText(standing.certificate.subject), moment: instant(standing.moment) }
  if (standing.status === 'unknown') return { ...common, status: 'unknown', reason: standing.reason }
  const { source, thisUpdate } = standing.statement
  return { ...common, status: 'good', source, issued: instant(thisUpdate), embedded }
}

function layerVerdict(layer: Layer): DocumentLayer {
  const { kind, bytes } = layer
  if (kind !== 'document-timestamp') return { kind, bytes }
  const { info, signer, path } = layer.token
  return { kind, bytes, time: instant(info.time), authority: nameText(signer.subject), anchored: path.anchor !== null }
}
