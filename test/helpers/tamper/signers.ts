import { signDetached } from '../../../src/signing/cms/sign.ts'
import { readSignedData, type SignedData, writeSignedData } from '../../../src/signing/cms/signed-data.ts'
import { signedParts } from '../../../src/signing/pdf/signature-field.ts'
import type { Signer } from '../../../src/signing/signer.ts'
import { never, sign } from '../signing.ts'
import { type Loot, type Report, type Tampering, withCms } from './report.ts'

/* The signature itself: somebody else's under the same names, of another file, or with parts changed. */

async function resigned(report: Report, signer: Signer): Promise<Uint8Array> {
  return withCms(report, (await signDetached(signedParts(report.pdf, report), signer, never)).cms)
}

const rewritten =
  (change: (data: SignedData, loot: Loot) => Partial<SignedData>) =>
  (loot: Loot): Uint8Array => {
    const data = readSignedData(loot.report.cms)
    return withCms(loot.report, writeSignedData({ ...data, ...change(data, loot) }))
  }

/** The first occurrence of the bytes of a text in the CMS, the offset of its first digit in the file. */
const flippedDigit = (report: Report, at: number): Uint8Array => {
  const cms = Uint8Array.from(report.cms)
  cms[at] = (cms[at] ?? 0) ^ 1
  return withCms(report, cms)
}

const placeOf = (report: Report, part: Uint8Array): number => Buffer.from(report.cms).indexOf(part)

export const swappedSigners: readonly Tampering[] = [
  {
    name: 'somebody of the same names signed the same bytes',
    code: 'signer-not-trusted',
    make: ({ report, impostor }) => resigned(report, impostor),
  },
  {
    name: 'somebody of the same names signed anew',
    code: 'signer-not-trusted',
    make: async ({ printed, impostor }) => (await sign(printed, { signer: impostor })).pdf,
  },
  {
    name: 'somebody of the same names signed and sent the true root along',
    make: ({ report, grafted }) => resigned(report, grafted),
  },
  {
    name: 'the certificate is that of somebody of the same names',
    make: rewritten((data, { impostor }) => ({
      certificates: impostor.certificateChain.map((bytes) => ({ ...data.signer, bytes })),
    })),
  },
  {
    name: "another report's signature stands in the room",
    code: 'digest-mismatch',
    make: ({ report, other }) => withCms(report, other.cms),
  },
  {
    name: "another report's attributes and signature stand in the room",
    make: rewritten((_, { other }) => {
      const { signedBytes, signature } = readSignedData(other.cms)
      return { signedBytes, signature }
    }),
  },
  {
    name: "another report's signature value stands in the room",
    code: 'signature-invalid',
    make: rewritten((_, { other }) => ({ signature: readSignedData(other.cms).signature, unsigned: new Map() })),
  },
  { name: 'a certificate is missing', make: rewritten(() => ({ certificates: [] })) },
  {
    name: 'a certificate is too many',
    make: rewritten((data, { impostor }) => ({
      certificates: [...data.certificates, ...impostor.certificateChain.map((bytes) => ({ ...data.signer, bytes }))],
    })),
  },
  {
    name: 'an unsigned attribute is added',
    make: rewritten((data) => ({ unsigned: new Map([...data.unsigned, ['1.2.3.4', data.signer.issuer]]) })),
  },
  { name: 'the content is put into the signature', make: rewritten(() => ({ content: Uint8Array.of(1) })) },
]

export const cmsFlips: readonly Tampering[] = [
  {
    name: "one bit of the signer's public key is another",
    make: ({ report }) => flippedDigit(report, placeOf(report, readSignedData(report.cms).signer.publicKey) + 40),
  },
  {
    name: "one bit of the signer's name is another",
    make: ({ report }) => flippedDigit(report, placeOf(report, readSignedData(report.cms).signer.subject.bytes) + 14),
  },
  {
    name: 'one bit of the signature value is another',
    make: ({ report }) => flippedDigit(report, placeOf(report, readSignedData(report.cms).signature) + 20),
  },
  {
    name: 'one bit of the message digest is another',
    make: ({ report }) =>
      flippedDigit(report, placeOf(report, readSignedData(report.cms).signedBytes.subarray(4, 40)) + 60),
  },
  { name: 'one bit of the first length is another', make: ({ report }) => flippedDigit(report, 2) },
  {
    name: 'one bit of the version is another',
    make: ({ report }) => flippedDigit(report, Buffer.from(report.cms).indexOf(Uint8Array.of(2, 1, 1)) + 2),
  },
  {
    name: 'the signature value is in lower case',
    code: 'contents-token',
    make: ({ report }) => {
      const copy = Buffer.from(report.pdf)
      copy.write(report.text.slice(report.gapStart, report.gapEnd).toLowerCase(), report.gapStart, 'latin1')
      return copy
    },
  },
  {
    name: 'a digit stands in the zeros behind the signature',
    code: 'contents-padding',
    make: ({ report }) => {
      const copy = Uint8Array.from(report.pdf)
      copy[report.gapEnd - 2] = 0x31
      return copy
    },
  },
]

const timed = ['B-T', 'B-LT', 'B-LTA'] as const
const tokenType = '1.2.840.113549.1.9.16.2.14'
const inToken = (report: Report, text: Uint8Array, from: number): Uint8Array => {
  const token = readSignedData(report.cms).unsigned.get(tokenType)?.bytes ?? new Uint8Array()
  const start = placeOf(report, token)
  const inside = Buffer.from(token).indexOf(text)
  if (start < 0 || inside < 0) throw new TypeError('not in the timestamp')
  return flippedDigit(report, start + inside + from)
}

export const timestampFlips: readonly Tampering[] = [
  {
    name: 'the timestamp states another minute',
    levels: timed,
    code: 'timestamp-invalid',
    make: ({ report }) => inToken(report, Buffer.from('20260909020000Z'), 11),
  },
  {
    name: 'the timestamp states another year',
    levels: timed,
    make: ({ report }) => inToken(report, Buffer.from('20260909020000Z'), 3),
  },
  {
    name: "the timestamp authority's name is another",
    levels: timed,
    make: ({ report }) => inToken(report, Buffer.from('Test TSA'), 0),
  },
  {
    name: "another report's timestamp stands in its place",
    levels: timed,
    code: 'timestamp-invalid',
    make: rewritten((_, { other }) => ({ unsigned: readSignedData(other.cms).unsigned })),
  },
  {
    name: 'the timestamp is empty',
    levels: timed,
    make: rewritten((data) => ({ unsigned: new Map([[tokenType, data.signer.issuer]]) })),
  },
  {
    name: 'the timestamp stands twice, once under a name of its own',
    levels: timed,
    code: 'cms-attribute',
    make: rewritten((data) => {
      const token = data.unsigned.get(tokenType)
      return token ? { unsigned: new Map([...data.unsigned, ['1.2.840.113549.1.9.16.2.48', token]]) } : {}
    }),
  },
]
