import { webcrypto } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { makeFolder } from '../../src/disk/make-folder.ts'
import { certificatePem, ecKeys, makeCertificate } from './authority.ts'
import { listen, stop } from './socket.ts'

/** A time-stamping authority (RFC 3161) on 127.0.0.1, with a root of its own. */
export type TimeStampAuthority = AsyncDisposable & {
  readonly url: string
  /** PEM file of its root. */
  readonly rootFile: string
  /** PEM file of what the root revoked: nothing. */
  readonly crlFile: string
}

type Issuer = {
  readonly root: pkijs.Certificate
  /** DER. */
  readonly crl: ArrayBuffer
  readonly own: pkijs.Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

const day = 86_400_000
/** Of an enterprise number for examples, RFC 5612. */
const policy = '1.3.6.1.4.1.32473.1'
const tstInfo = '1.2.840.113549.1.9.16.1.4'
const mostBytes = 4096

/** Starts an authority that stamps whatever it is sent, with the time of this machine; its root lies in `folder`. */
export async function startTimeStampAuthority(folder: string): Promise<TimeStampAuthority> {
  makeFolder(folder, 0o700)
  const issuer = await makeIssuer()
  const rootFile = join(folder, 'tsa.pem')
  writeFileSync(rootFile, certificatePem(issuer.root), { mode: 0o644 })
  const crlFile = join(folder, 'tsa.crl.pem')
  const lines =
    Buffer.from(issuer.crl)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  writeFileSync(crlFile, `-----BEGIN X509 CRL-----\n${lines.join('\n')}\n-----END X509 CRL-----\n`, { mode: 0o644 })
  const server = createServer(async (request, response) => {
    try {
      const query = await bodyOf(request)
      const answer = query ? await answerTo(query, issuer) : rejection()
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(Buffer.from(answer))
    } catch {
      response.writeHead(400).end()
    }
  })
  const port = await listen(server)
  return { url: `http://127.0.0.1:${port}/`, rootFile, crlFile, [Symbol.asyncDispose]: () => stop(server) }
}

async function makeIssuer(): Promise<Issuer> {
  const now = Date.now()
  const span = { from: now - day, to: now + 3650 * day }
  const [rootKeys, keys] = [await ecKeys(), await ecKeys()]
  const name = 'Demonstration Time-Stamping Root'
  const root = await makeCertificate({
    ...{ subject: name, issuer: name, keys: rootKeys, signer: rootKeys, ca: true },
    ...span,
  })
  const own = await makeCertificate({
    ...{ subject: 'Demonstration Time-Stamping Authority', issuer: name, keys, signer: rootKeys, ca: false },
    ...span,
    timeStamping: true,
  })
  return { root, crl: await emptyCrl(root, rootKeys, span), own, keys }
}

async function emptyCrl(
  root: pkijs.Certificate,
  { privateKey }: webcrypto.CryptoKeyPair,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<ArrayBuffer> {
  const whole = (at: number) => new Date(Math.floor(at / 1000) * 1000)
  const list = new pkijs.CertificateRevocationList({
    version: 1,
    issuer: root.subject,
    thisUpdate: new pkijs.Time({ type: 0, value: whole(from) }),
    nextUpdate: new pkijs.Time({ type: 0, value: whole(to) }),
  })
  await list.sign(privateKey, 'SHA-256')
  return list.toSchema(true).toBER()
}

/** Undefined where the request is not one for a time stamp. */
async function bodyOf(request: IncomingMessage): Promise<ArrayBuffer | undefined> {
  if (request.method !== 'POST' || request.headers['content-type'] !== 'application/timestamp-query') return undefined
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > mostBytes) return undefined
    parts.push(part)
  }
  return Uint8Array.from(Buffer.concat(parts)).buffer
}

function rejection(): ArrayBuffer {
  return new pkijs.TimeStampResp({ status: new pkijs.PKIStatusInfo({ status: 2 }) }).toSchema().toBER()
}

async function answerTo(query: ArrayBuffer, issuer: Issuer): Promise<ArrayBuffer> {
  const { messageImprint, nonce, reqPolicy } = pkijs.TimeStampReq.fromBER(query)
  const isSha256 = messageImprint.hashAlgorithm.algorithmId === '2.16.840.1.101.3.4.2.1'
  if (!isSha256 || (reqPolicy !== undefined && reqPolicy !== policy)) return rejection()
  const content = new pkijs.TSTInfo({
    version: 1,
    policy,
    messageImprint,
    serialNumber: new asn1js.Integer({ valueHex: serialNumber() }),
    // Whole seconds: DER has no zeros at the end of a fraction.
    genTime: new Date(Math.floor(Date.now() / 1000) * 1000),
    accuracy: new pkijs.Accuracy({ seconds: 1 }),
    ...(nonce ? { nonce } : {}),
  })
    .toSchema()
    .toBER()
  return new pkijs.TimeStampResp({
    status: new pkijs.PKIStatusInfo({ status: 0 }),
    timeStampToken: await sign(content, issuer),
  })
    .toSchema()
    .toBER()
}

async function sign(content: ArrayBuffer, { root, own, keys }: Issuer): Promise<pkijs.ContentInfo> {
  const certificateDigest = await sha256(own.toSchema(true).toBER())
  const data = new pkijs.SignedData({
    version: 3,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: tstInfo }),
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({ issuer: own.issuer, serialNumber: own.serialNumber }),
        signedAttrs: new pkijs.SignedAndUnsignedAttributes({
          type: 0,
          attributes: [
            attribute('1.2.840.113549.1.9.3', new asn1js.ObjectIdentifier({ value: tstInfo })),
            attribute('1.2.840.113549.1.9.4', new asn1js.OctetString({ valueHex: await sha256(content) })),
            // signing-certificate-v2, RFC 5035: SHA-256 where no algorithm is named.
            attribute(
              '1.2.840.113549.1.9.16.2.47',
              sequence(sequence(sequence(new asn1js.OctetString({ valueHex: certificateDigest })))),
            ),
          ],
        }),
      }),
    ],
    certificates: [own, root],
  })
  // Given to the constructor, it would be cut into BER chunks.
  data.encapContentInfo.eContent = new asn1js.OctetString({ valueHex: content })
  await data.sign(keys.privateKey, 0, 'SHA-256')
  return new pkijs.ContentInfo({ contentType: '1.2.840.113549.1.7.2', content: data.toSchema(true) })
}

function attribute(type: string, value: asn1js.BaseBlock): pkijs.Attribute {
  return new pkijs.Attribute({ type, values: [value] })
}

function sequence(value: asn1js.BaseBlock): asn1js.Sequence {
  return new asn1js.Sequence({ value: [value] })
}

async function sha256(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  return await webcrypto.subtle.digest('SHA-256', bytes)
}

function serialNumber(): ArrayBuffer {
  const serial = webcrypto.getRandomValues(new Uint8Array(16))
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial.buffer
}
