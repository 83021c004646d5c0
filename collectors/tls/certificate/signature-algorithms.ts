import { type Der, derTags, readDer, readOid } from './der.ts'

const names: { readonly [oid: string]: string } = {
  '1.2.840.113549.1.1.2': 'md2WithRSAEncryption',
  '1.2.840.113549.1.1.3': 'md4WithRSAEncryption',
  '1.2.840.113549.1.1.4': 'md5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.10': 'rsassaPss',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.113549.1.1.14': 'sha224WithRSAEncryption',
  '1.2.840.10040.4.3': 'dsa-with-SHA1',
  '2.16.840.1.101.3.4.3.1': 'dsa-with-SHA224',
  '2.16.840.1.101.3.4.3.2': 'dsa-with-SHA256',
  '1.2.840.10045.4.1': 'ecdsa-with-SHA1',
  '1.2.840.10045.4.3.1': 'ecdsa-with-SHA224',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
  '2.16.840.1.101.3.4.3.17': 'ML-DSA-44',
  '2.16.840.1.101.3.4.3.18': 'ML-DSA-65',
  '2.16.840.1.101.3.4.3.19': 'ML-DSA-87',
}

const hashes: { readonly [oid: string]: string } = {
  '1.3.14.3.2.26': 'SHA1',
  '2.16.840.1.101.3.4.2.4': 'SHA224',
  '2.16.840.1.101.3.4.2.1': 'SHA256',
  '2.16.840.1.101.3.4.2.2': 'SHA384',
  '2.16.840.1.101.3.4.2.3': 'SHA512',
}

/** The name of a signature algorithm, with the hash of RSASSA-PSS (RFC 4055: SHA-1 where none is named); or its OID. */
export function signatureAlgorithmName(oid: string, parameters: Der | undefined): string {
  const name = names[oid] ?? oid
  return name === 'rsassaPss' ? `rsassaPss-with-${pssHash(parameters)}` : name
}

function pssHash(parameters: Der | undefined): string {
  if (parameters?.tag !== derTags.sequence) return 'SHA1'
  const hash = readDer(parameters.content).find(({ tag }) => tag === 0xa0)
  const oid = hash && readDer(readDer(hash.content)[0]?.content ?? new Uint8Array())[0]
  return oid ? (hashes[readOid(oid.content)] ?? readOid(oid.content)) : 'SHA1'
}

/** Whether collisions of the algorithm's hash are known: MD2, MD4, MD5, SHA-1. */
export function isWeakSignature(name: string): boolean {
  return /md[245]|sha-?1(?!\d)/i.test(name)
}
