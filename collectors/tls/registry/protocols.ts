/** The protocol versions that are looked for, oldest first. */
export const protocols = ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
export type Protocol = (typeof protocols)[number]

/** A version that is spoken in records and ClientHellos, so all but SSLv2. */
export type RecordProtocol = Exclude<Protocol, 'SSLv2'>

/** ProtocolVersion on the wire. */
export const versionNumbers: { readonly [protocol in RecordProtocol]: number } = {
  SSLv3: 0x0300,
  'TLSv1.0': 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
}

/** The protocol of a version number; undefined where it is none of ours. */
export function protocolOf(version: number): RecordProtocol | undefined {
  return (Object.keys(versionNumbers) as RecordProtocol[]).find((name) => versionNumbers[name] === version)
}
