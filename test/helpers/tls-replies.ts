import { type RecordProtocol, versionNumbers } from '../../collectors/tls/registry/protocols.ts'
import type { Exchange } from '../../collectors/tls/transcript.ts'
import { concat, numberBytes, vector } from '../../collectors/tls/wire/bytes.ts'
import { clientHelloRecord } from '../../collectors/tls/wire/client-hello.ts'

/** A record of a server. */
export function record(type: number, ...content: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return concat([type, 3, 3], vector(2, ...content))
}

/** A handshake message. */
export function message(type: number, ...body: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return concat([type], vector(3, ...body))
}

/** A ServerHello that chooses a version and a suite; in TLS 1.3 with supported_versions. */
export function serverHello(protocol: RecordProtocol, suite: number): Uint8Array {
  const version = versionNumbers[protocol]
  const legacy = Math.min(version, 0x0303)
  const extensions = protocol === 'TLSv1.3' ? vector(2, [0, 43], vector(2, numberBytes(version, 2))) : []
  const head = concat(numberBytes(legacy, 2), new Uint8Array(32), [0])
  return record(22, message(2, head, numberBytes(suite, 2), [0], extensions))
}

/** An alert; 40 is handshake_failure, 70 protocol_version. */
export function alert(description: number, level = 2): Uint8Array {
  return record(21, [level, description])
}

/** An exchange as the asker keeps it: a hello for one version and these suites, and what came back. */
export function exchangeOf(
  protocol: RecordProtocol,
  suites: readonly number[],
  received: Uint8Array,
  over: Partial<Exchange> = {},
): Exchange {
  const random = new Uint8Array(32)
  const sent = clientHelloRecord({ protocol, random, cipherSuites: suites, groups: [0x1d] })
  return { purpose: 'cipher-suites', protocol, attempt: 1, alone: false, sent, received, end: 'answered', ...over }
}
