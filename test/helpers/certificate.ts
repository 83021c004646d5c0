import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

const crypto = new pkijs.CryptoEngine({ name: 'node', crypto: globalThis.crypto })

/** A self-signed certificate for names and IPv4 addresses, and its key, as PEM; valid for a day. */
export async function certificateFor(names: readonly string[]): Promise<{ certificate: string; key: string }> {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const certificate = new pkijs.Certificate()
  certificate.version = 2
  certificate.serialNumber = new asn1js.Integer({ value: Math.ceil(Math.random() * 1e9) })
  const commonName = new asn1js.Utf8String({ value: names[0] ?? '' })
  for (const name of [certificate.issuer, certificate.subject]) {
    name.typesAndValues.push(new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: commonName }))
  }
  certificate.notBefore.value = new Date(Date.now() - 60_000)
  certificate.notAfter.value = new Date(Date.now() + 86_400_000)
  const alternatives = new pkijs.GeneralNames({ names: names.map(generalName) })
  certificate.extensions = [
    new pkijs.Extension({ extnID: '2.5.29.17', extnValue: alternatives.toSchema().toBER(), parsedValue: alternatives }),
  ]
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, crypto)
  await certificate.sign(keys.privateKey, 'SHA-256', crypto)
  return {
    certificate: pem('CERTIFICATE', certificate.toSchema().toBER()),
    key: pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
  }
}

function generalName(name: string): pkijs.GeneralName {
  if (!isIP(name)) return new pkijs.GeneralName({ type: 2, value: name })
  const bytes = Uint8Array.from(name.split('.').map(Number))
  return new pkijs.GeneralName({ type: 7, value: new asn1js.OctetString({ valueHex: bytes.buffer }) })
}

function pem(label: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
