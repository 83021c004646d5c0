import { CollectionError, type FailureCode } from '../model/errors.ts'

const codes: Readonly<Record<string, FailureCode>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'closed',
  UND_ERR_CLOSED: 'closed',
  UND_ERR_DESTROYED: 'closed',
  UND_ERR_INFO: 'closed',
  ERR_STREAM_PREMATURE_CLOSE: 'closed',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ENETUNREACH: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  EAI_FAIL: 'unresolved',
  EAI_NODATA: 'unresolved',
  EAI_NONAME: 'unresolved',
  ENODATA: 'unresolved',
  ESERVFAIL: 'unresolved',
  EREFUSED: 'unresolved',
  EBADNAME: 'unresolved',
  EBADRESP: 'unresolved',
  UND_ERR_HEADERS_OVERFLOW: 'too-large',
  HPE_HEADER_OVERFLOW: 'too-large',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too-large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'not-http',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not-tls',
  ERR_SSL_HTTP_REQUEST: 'not-tls',
  ERR_SSL_UNKNOWN_PROTOCOL: 'not-tls',
  ERR_SSL_RECORD_LAYER_FAILURE: 'not-tls',
  EPROTO: 'tls-handshake',
  ERR_TLS_CERT_ALTNAME_INVALID: 'untrusted-certificate',
  HOSTNAME_MISMATCH: 'untrusted-certificate',
  CERT_HAS_EXPIRED: 'untrusted-certificate',
  CERT_NOT_YET_VALID: 'untrusted-certificate',
  CERT_REVOKED: 'untrusted-certificate',
  CERT_REJECTED: 'untrusted-certificate',
  CERT_UNTRUSTED: 'untrusted-certificate',
  CERT_SIGNATURE_FAILURE: 'untrusted-certificate',
  CERT_CHAIN_TOO_LONG: 'untrusted-certificate',
  INVALID_CA: 'untrusted-certificate',
  INVALID_PURPOSE: 'untrusted-certificate',
  PATH_LENGTH_EXCEEDED: 'untrusted-certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted-certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted-certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted-certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted-certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted-certificate',
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 'untrusted-certificate',
}

const sentences: Partial<Record<FailureCode, string>> = {
  refused: 'refused the connection',
  reset: 'reset the connection',
  closed: 'closed the connection before the answer was complete',
  timeout: 'did not answer in time',
  unreachable: 'cannot be reached',
  unresolved: 'has no address in DNS',
  'too-large': 'sent a larger answer than is read',
  'not-http': 'answered with something that is not HTTP',
  'not-tls': 'answered with something that is not TLS',
  'tls-handshake': 'did not complete the TLS handshake',
  'untrusted-certificate': 'presented a certificate that is not trusted',
}

const hints: Partial<Record<FailureCode, string>> = {
  refused: 'Check that the service runs and listens on this port.',
  reset: 'A firewall or the service itself cut the connection; look at its log.',
  timeout: 'Check that a firewall does not drop the packets, or raise limits.timeout of the target.',
  unreachable: 'Check the network between this machine and the target.',
  unresolved: 'Check the spelling of the host name and the DNS servers of this machine.',
  'not-http': 'Check the port; an http:// URL may lead to a TLS port.',
  'not-tls': 'Check the port; an https:// URL may lead to a plain HTTP port.',
  'tls-handshake': 'The server may only offer protocol versions or ciphers that Node refuses.',
}

/** The CollectionError that a network error stands for, or undefined where it is none of the network's. */
export function networkFailure(error: unknown, subject: string): CollectionError | undefined {
  if (error instanceof CollectionError) return error
  const code = failureCode(error)
  if (code === undefined) return undefined
  return new CollectionError(code, `${subject} ${sentences[code] ?? 'failed'} (${explain(error)})`, {
    subject,
    cause: error,
    ...hintFor(code, ownCode(error)),
  })
}

/** OpenSSL's messages are lines of its own log; `reason` is the readable part of them. */
function explain(error: unknown): string {
  if (error instanceof AggregateError) return explain(error.errors.at(-1))
  if (!(error instanceof Error)) return String(error)
  if ('reason' in error && typeof error.reason === 'string' && error.message.includes('error:')) return error.reason
  return error.message === '' ? (ownCode(error) ?? error.name) : withoutAdvice(error.message.trim())
}

/** Node adds to some messages which of its own options to try, which is no help to who reads evidence. */
function withoutAdvice(message: string): string {
  return message.replace(/; if the root CA is installed locally, try running Node\.js with --use-system-ca$/, '')
}

function failureCode(error: unknown): FailureCode | undefined {
  // Every address of a name was tried and failed: what the last one said, unless one of them answered at all.
  if (error instanceof AggregateError) {
    const each = error.errors.map(failureCode)
    return each.find((code) => code === 'refused') ?? each.at(-1)
  }
  const code = ownCode(error)
  // Undici's parser has no code for some kinds of garbage.
  if (error instanceof Error && error.name === 'HTTPParserError' && code !== 'HPE_HEADER_OVERFLOW') return 'not-http'
  if (code === undefined) return undefined
  const message = error instanceof Error ? error.message : ''
  if (code === 'ECONNRESET' && message.includes('before secure TLS connection')) return 'tls-handshake'
  if (Object.hasOwn(codes, code)) return codes[code]
  if (code.startsWith('ERR_SSL_')) return 'tls-handshake'
  return undefined
}

function ownCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function hintFor(code: FailureCode, own: string | undefined): { hint?: string } {
  if (code !== 'untrusted-certificate') return hints[code] === undefined ? {} : { hint: hints[code] }
  if (own === 'CERT_HAS_EXPIRED') return { hint: 'Renew the certificate.' }
  if (own === 'CERT_NOT_YET_VALID') return { hint: 'Check the clocks of the server and of this machine.' }
  if (own === 'ERR_TLS_CERT_ALTNAME_INVALID' || own === 'HOSTNAME_MISMATCH') {
    return { hint: 'Ask for a name that the certificate holds, or issue one that holds this name.' }
  }
  return { hint: 'If an own authority issued it, name its PEM file under trust: in the target.' }
}
