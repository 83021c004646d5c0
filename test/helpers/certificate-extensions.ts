import { der, oid } from './tls-certificates.ts'

type Extension = readonly [type: string, value: Uint8Array]

/** authorityInfoAccess with OCSP responders. */
export function ocspAt(...urls: readonly string[]): Extension {
  const access = urls.map((url) => der(0x30, oid('1.3.6.1.5.5.7.48.1'), der(0x86, Buffer.from(url))))
  return ['1.3.6.1.5.5.7.1.1', der(0x30, ...access)]
}

/** cRLDistributionPoints. */
export function crlAt(...urls: readonly string[]): Extension {
  const points = urls.map((url) => der(0x30, der(0xa0, der(0xa0, der(0x86, Buffer.from(url))))))
  return ['2.5.29.31', der(0x30, ...points)]
}

/** The TLS feature extension that asks for status_request, RFC 7633. */
export const mustStaple: Extension = ['1.3.6.1.5.5.7.1.24', der(0x30, der(2, [5]))]

/** certificatePolicies. */
export function policies(...oids: readonly string[]): Extension {
  return ['2.5.29.32', der(0x30, ...oids.map((each) => der(0x30, oid(each))))]
}

/** keyUsage with digitalSignature and keyEncipherment. */
export const serverKeyUsage: Extension = ['2.5.29.15', der(3, [5, 0b1010_0000])]

/** nameConstraints over DNS suffixes and address blocks (address and mask). */
export function nameConstraints(sides: {
  readonly permitted?: readonly (string | Uint8Array)[]
  readonly excluded?: readonly (string | Uint8Array)[]
}): Extension {
  const subtrees = (list: readonly (string | Uint8Array)[]) =>
    list.map((base) => der(0x30, typeof base === 'string' ? der(0x82, Buffer.from(base)) : der(0x87, base)))
  const { permitted = [], excluded = [] } = sides
  return [
    '2.5.29.30',
    der(
      0x30,
      ...(permitted.length > 0 ? [der(0xa0, ...subtrees(permitted))] : []),
      ...(excluded.length > 0 ? [der(0xa1, ...subtrees(excluded))] : []),
    ),
  ]
}

/** A SignedCertificateTimestampList, RFC 6962 section 3.3, of logs (one byte each, repeated) at moments. */
export function timestampList(...timestamps: readonly { readonly log: number; readonly at: Date }[]): Uint8Array {
  const list = timestamps.map(({ log, at }) => {
    const time = Buffer.alloc(8)
    time.writeBigUInt64BE(BigInt(at.getTime()))
    const body = Buffer.concat([Buffer.of(0), Buffer.alloc(32, log), time, Buffer.of(0, 0, 4, 3, 0, 2, 1, 2)])
    return Buffer.concat([Buffer.of(0, body.length), body])
  })
  const all = Buffer.concat(list)
  return Buffer.concat([Buffer.of(all.length >> 8, all.length & 255), all])
}
