import { type webcrypto, X509Certificate } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

/*
 * A time-stamp authority (RFC 3161) made with PKI.js, so that what it says owes nothing to the code under test.
 */

export type AuthorityFaults = {
  /** Answers with another nonce, digest or status than it should, or not at all. */
  readonly fault?:
    | 'other-nonce'
    | 'no-nonce'
    | 'other-digest'
    | 'rejection'
    | 'status-500'
    | 'status-404'
    | 'garbage'
    | 'silence'
    | 'dripping'
    | 'oversized'
    | 'broken-signature'
    | 'no-signing-certificate'
  /** How many requests meet the fault before it goes away; all where absent. */
  readonly times?: number
  /** What the authority's certificate may do. */
  readonly usage?: 'time-stamping' | 'not-critical' | 'any-signing' | 'more-than-time-stamping' | 'unstated'
  readonly keyType?: 'ec' | 'rsa'
  readonly notAfter?: Date
  /** Certificates that have nothing to do with it are sent along. */
  readonly stray?: boolean
  readonly time?: Date
  /** The policy that its tokens name; 1.2.3.4.1 where absent. */
  readonly policy?: string
}

export type Authority = AsyncDisposable & {
  readonly url: string
  /** PEM. */
  readonly rootCertificate: string
  readonly requests: () => number
  /** What its root revoked: nothing. DER, good for ten years. */
  readonly crl: Uint8Array
}

const crypto = new pkijs.CryptoEngine({ name: 'node', crypto: globalThis.crypto })

/** Starts an authority on 127.0.0.1. */
export async function startAuthority(faults: AuthorityFaults = {}): Promise<Authority> {
  const root = await makeCertificate({ name: 'Test TSA root', authority: true, ...faults, keyType: 'ec' })
  const leaf = await makeCertificate({ name: 'Test TSA', issuer: root, ...faults })
  const stray = await makeCertificate({ name: 'Somebody else', authority: true, keyType: 'ec' })
  const sent = [leaf.certificate, root.certificate, ...(faults.stray ? [stray.certificate] : [])]
  let requests = 0
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', async () => {
      requests++
      const fault = faults.times !== undefined && requests > faults.times ? undefined : faults.fault
      if (fault === 'silence') return
      const status = fault === 'status-500' ? 500 : fault === 'status-404' ? 404 : 200
      response.writeHead(status, { 'content-type': 'application/timestamp-reply' })
      if (fault === 'garbage') return response.end('<html>captive portal</html>')
      if (fault === 'dripping') {
        const drip = setInterval(() => response.write('.'), 20)
        return void response.on('close', () => clearInterval(drip))
      }
      if (fault === 'oversized') return response.end(Buffer.alloc(1 << 20))
      response.end(status === 200 ? await reply(Buffer.concat(parts), { leaf, sent, fault, faults }) : '')
    })
  })
  await listen(server)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`,
    rootCertificate: new X509Certificate(Buffer.from(root.certificate.toSchema(true).toBER())).toString(),
    requests: () => requests,
    crl: await emptyCrl(root),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((done) => server.listen(0, '127.0.0.1', done))
}

const purposes = {
  'time-stamping': ['1.3.6.1.5.5.7.3.8'],
  'not-critical': ['1.3.6.1.5.5.7.3.8'],
  'any-signing': ['1.3.6.1.5.5.7.3.4'],
  'more-than-time-stamping': ['1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.4'],
} as const

type Made = {
  readonly certificate: pkijs.Certificate
  readonly keys: webcrypto.CryptoKeyPair
  readonly hash: 'SHA-256'
}

type CertificateOptions = {
  readonly name: string
  readonly authority?: boolean
  readonly issuer?: Made
  readonly keyType?: 'ec' | 'rsa'
  readonly usage?: AuthorityFaults['usage']
  readonly notAfter?: Date
}

async function makeCertificate(options: CertificateOptions): Promise<Made> {
  const { name, authority = false, issuer, keyType = 'ec', usage = 'time-stamping' } = options
  const keys = (await globalThis.crypto.subtle.generateKey(
    keyType === 'ec'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : {
          name: 'RSASSA-PKCS1-v1_5',
          hash: 'SHA-256',
          modulusLength: 2048,
          publicExponent: Uint8Array.of(1, 0, 1),
        },
    true,
    ['sign', 'verify'],
  )) as webcrypto.CryptoKeyPair
  const certificate = new pkijs.Certificate()
  certificate.version = 2
  certificate.serialNumber = new asn1js.Integer({ value: 1 + Math.floor(Math.random() * 1_000_000) })
  const nameOf = (text: string) =>
    new pkijs.RelativeDistinguishedNames({
      typesAndValues: [
        new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1js.Utf8String({ value: text }) }),
      ],
    })
  certificate.subject = nameOf(name)
  certificate.issuer = issuer ? issuer.certificate.subject : nameOf(name)
  certificate.notBefore.value = new Date('2026-01-01T00:00:00Z')
  certificate.notAfter.value = options.notAfter && !authority ? options.notAfter : new Date('2036-01-01T00:00:00Z')
  const extension = (extnID: string, critical: boolean, value: asn1js.BaseBlock) =>
    new pkijs.Extension({ extnID, critical, extnValue: value.toBER() })
  certificate.extensions = authority
    ? [extension('2.5.29.19', true, new pkijs.BasicConstraints({ cA: true }).toSchema())]
    : usage === 'unstated'
      ? []
      : [
          extension(
            '2.5.29.37',
            usage !== 'not-critical' && usage !== 'any-signing',
            new pkijs.ExtKeyUsage({ keyPurposes: [...purposes[usage]] }).toSchema(),
          ),
        ]
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, crypto)
  await certificate.sign(issuer ? issuer.keys.privateKey : keys.privateKey, 'SHA-256', crypto)
  return { certificate, keys, hash: 'SHA-256' }
}

async function emptyCrl({ certificate, keys }: Made): Promise<Uint8Array> {
  const list = new pkijs.CertificateRevocationList()
  list.version = 1
  list.issuer = certificate.subject
  list.thisUpdate = new pkijs.Time({ type: 0, value: new Date('2026-01-02T00:00:00Z') })
  list.nextUpdate = new pkijs.Time({ type: 0, value: new Date('2036-01-01T00:00:00Z') })
  await list.sign(keys.privateKey, 'SHA-256', crypto)
  return new Uint8Array(list.toSchema(true).toBER())
}

type ReplyOptions = {
  readonly leaf: Made
  readonly sent: readonly pkijs.Certificate[]
  readonly fault: AuthorityFaults['fault']
  readonly faults: AuthorityFaults
}

async function reply(query: Uint8Array, { leaf, sent, fault, faults }: ReplyOptions): Promise<Buffer> {
  if (fault === 'rejection') {
    return Buffer.from(new pkijs.TimeStampResp({ status: new pkijs.PKIStatusInfo({ status: 2 }) }).toSchema().toBER())
  }
  const request = pkijs.TimeStampReq.fromBER(Uint8Array.from(query).buffer)
  const imprint = request.messageImprint
  if (fault === 'other-digest') imprint.hashedMessage = new asn1js.OctetString({ valueHex: new Uint8Array(32).buffer })
  const nonce = fault === 'other-nonce' ? new asn1js.Integer({ value: 42 }) : request.nonce
  const info = new pkijs.TSTInfo({
    version: 1,
    policy: faults.policy ?? '1.2.3.4.1',
    messageImprint: imprint,
    serialNumber: new asn1js.Integer({ value: 7 }),
    genTime: faults.time ?? new Date('2026-09-09T02:00:00Z'),
    accuracy: new pkijs.Accuracy({ seconds: 1 }),
    ...(nonce && fault !== 'no-nonce' ? { nonce } : {}),
  })
  const content = info.toSchema().toBER()
  const digest = async (bytes: ArrayBuffer) => globalThis.crypto.subtle.digest('SHA-256', bytes)
  const attributes = [
    new pkijs.Attribute({
      type: '1.2.840.113549.1.9.3',
      values: [new asn1js.ObjectIdentifier({ value: '1.2.840.113549.1.9.16.1.4' })],
    }),
    new pkijs.Attribute({
      type: '1.2.840.113549.1.9.4',
      values: [new asn1js.OctetString({ valueHex: await digest(content) })],
    }),
  ]
  if (fault !== 'no-signing-certificate') {
    const hash = new asn1js.OctetString({ valueHex: await digest(leaf.certificate.toSchema(true).toBER()) })
    const ids = new asn1js.Sequence({ value: [new asn1js.Sequence({ value: [hash] })] })
    attributes.push(
      new pkijs.Attribute({
        type: '1.2.840.113549.1.9.16.2.47',
        values: [new asn1js.Sequence({ value: [ids] })],
      }),
    )
  }
  const data = new pkijs.SignedData({
    version: 3,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: '1.2.840.113549.1.9.16.1.4' }),
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({
          issuer: leaf.certificate.issuer,
          serialNumber: leaf.certificate.serialNumber,
        }),
        signedAttrs: new pkijs.SignedAndUnsignedAttributes({ type: 0, attributes }),
      }),
    ],
    certificates: [...sent],
  })
  // Given to the constructor, it would be cut into BER chunks.
  data.encapContentInfo.eContent = new asn1js.OctetString({ valueHex: content })
  await data.sign(leaf.keys.privateKey, 0, 'SHA-256', undefined, crypto)
  const token = new pkijs.ContentInfo({ contentType: '1.2.840.113549.1.7.2', content: data.toSchema(true) })
  const response = new pkijs.TimeStampResp({
    status: new pkijs.PKIStatusInfo({ status: 0 }),
    timeStampToken: token,
  })
  const bytes = Buffer.from(response.toSchema().toBER())
  const last = bytes.length - 1
  if (fault === 'broken-signature') bytes[last] = (bytes[last] ?? 0) ^ 1
  return bytes
}
