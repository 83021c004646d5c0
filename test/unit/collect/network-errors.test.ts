import { expect, test } from 'vitest'
import { networkFailure } from '../../../src/collect/network-errors.ts'
import { CollectionError } from '../../../src/model/errors.ts'

const nodeError = (code: string, message = code) => Object.assign(new Error(message), { code })

test.each([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['UND_ERR_SOCKET', 'closed'],
  ['ETIMEDOUT', 'timeout'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENOTFOUND', 'unresolved'],
  ['EAI_AGAIN', 'unresolved'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'not-tls'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls-handshake'],
  ['EPROTO', 'tls-handshake'],
  ['CERT_HAS_EXPIRED', 'untrusted-certificate'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted-certificate'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'untrusted-certificate'],
  ['HPE_INVALID_CONSTANT', undefined],
  ['UND_ERR_HEADERS_OVERFLOW', 'too-large'],
  ['ERR_INVALID_ARG_TYPE', undefined],
  ['toString', undefined],
])('%s is %s', (code, failure) => {
  expect(networkFailure(nodeError(code), 'host:1')?.failure).toBe(failure)
})

test('what is no error of the network is left alone', () => {
  for (const other of [new TypeError('x'), 'text', null, undefined, { code: 'ECONNREFUSED' }]) {
    expect(networkFailure(other, 'host:1')).toBeUndefined()
  }
})

test('a failure that already is one stays the same', () => {
  const failure = new CollectionError('budget', 'spent')
  expect(networkFailure(failure, 'host:1')).toBe(failure)
})

test('of several addresses that failed, the one that answered at all counts', () => {
  const all = new AggregateError([nodeError('ENETUNREACH'), nodeError('ECONNREFUSED'), nodeError('ETIMEDOUT')])
  expect(networkFailure(all, 'host:1')?.failure).toBe('refused')
  expect(networkFailure(new AggregateError([nodeError('EHOSTUNREACH')]), 'host:1')?.failure).toBe('unreachable')
})

test('a failure names its subject, says what happened, and what to do', () => {
  const failure = networkFailure(
    nodeError('ECONNREFUSED', 'connect ECONNREFUSED 192.0.2.1:443'),
    'api.example.test:443',
  )
  expect(failure).toMatchObject({
    code: 'AFD_COLLECT_REFUSED',
    subject: 'api.example.test:443',
    hint: expect.any(String),
  })
  expect(failure?.message).toContain('192.0.2.1')
})

test('what Node advises its own users to try is no part of the evidence', () => {
  const advice =
    'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca'
  expect(networkFailure(nodeError('DEPTH_ZERO_SELF_SIGNED_CERT', advice), 'host:1')?.message).toMatch(
    /\(self-signed certificate\)$/,
  )
})
