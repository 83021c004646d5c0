import { constants, createPrivateKey, privateEncrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer as createPlainServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { p256, p384 } from '@noble/curves/nist.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { sha256DigestInfo } from '../../../src/signing/cms/signature-value.ts'

/*
 * Stand-ins for clouds' key services on 127.0.0.1: they check who asks as the cloud does, hold requests and their own
 * answers against what the makers publish, and sign with a key that the test gives them. They show that our requests
 * and the makers' clients agree with the published interface; no cloud was asked.
 */

export type KmsRequest = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
export type KmsAnswer = { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }

type Respond = (request: KmsRequest) => KmsAnswer | Promise<KmsAnswer>

export type Kms = AsyncDisposable & {
  readonly port: number
  /** All that were asked, in order. */
  readonly requests: readonly KmsRequest[]
  /** Answers the next requests in place of the service; `hang` leaves one without any. */
  next(...answers: readonly (KmsAnswer | 'hang')[]): void
}

/** A service that answers on 127.0.0.1, with TLS where a certificate is given. A fault in a request is an answer 418. */
export async function startKms(respond: Respond, tls?: { readonly key: string; readonly cert: string }): Promise<Kms> {
  const requests: KmsRequest[] = []
  const planned: (KmsAnswer | 'hang')[] = []
  const server: Server = tls ? createTlsServer(tls) : createPlainServer()
  server.on('request', async (incoming, outgoing) => {
    const parts: Uint8Array[] = []
    for await (const part of incoming) parts.push(part)
    const { method = '', url = '', headers } = incoming
    const request = { method, path: url, headers, body: Buffer.concat(parts).toString('utf8') }
    requests.push(request)
    const answer = planned.shift() ?? (await answerOf(respond, request))
    if (answer === 'hang') return
    outgoing.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    outgoing.end(JSON.stringify(answer.body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    next: (...answers) => planned.push(...answers),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function answerOf(respond: Respond, request: KmsRequest): Promise<KmsAnswer> {
  try {
    return await respond(request)
  } catch (error) {
    return { status: 418, body: { message: String(error) } }
  }
}

const published = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/kms/published.json'), 'utf8'))
const ajv = new Ajv2020({ allowUnionTypes: true })
formats.default(ajv)
ajv.addSchema(published, 'published')

/** The value, if it is as the maker publishes it; throws otherwise. */
export function conforming<Value>(name: string, value: Value): Value {
  const check = ajv.getSchema(`published#/$defs/${name}`)
  if (!check) throw new Error(`there is no schema ${name}`)
  if (check(value)) return value
  throw new Error(`${name}: ${ajv.errorsText(check.errors)}`)
}

/** A signature over a digest, as key services make it: ECDSA as DER or as r and s, RSA with PKCS #1 v1.5. */
export function signDigest(keyPem: string, digest: Uint8Array, form: 'der' | 'compact' = 'der'): Buffer {
  const key = createPrivateKey(keyPem)
  if (key.asymmetricKeyType === 'rsa') {
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(sha256DigestInfo(digest)))
  }
  // node:crypto signs no digests.
  const curve = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? p384 : p256
  const secret = Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url')
  return Buffer.from(curve.sign(digest, secret, { prehash: false, format: form }))
}
