import { expect, test } from 'vitest'
import { openCase } from '../../../../collectors/tls/inventory/case.ts'
import { versionFacts } from '../../../../collectors/tls/inventory/facts.ts'
import type { Exchange } from '../../../../collectors/tls/transcript.ts'
import { concat, numberBytes } from '../../../../collectors/tls/wire/bytes.ts'
import { clientHelloRecord } from '../../../../collectors/tls/wire/client-hello.ts'
import { alert, message, record, serverHello } from '../../../helpers/tls-replies.ts'

const withRsa = 0xc02f
const withEcdsa = 0xc02b
const [x25519, p256, p384] = [0x1d, 0x17, 0x18]

/** A hello that asks about groups, and the group that the server takes; null where it refuses. */
function asked(suite: number, groups: readonly number[], taken: number | null): Exchange {
  const random = new Uint8Array(32)
  const sent = clientHelloRecord({ protocol: 'TLSv1.2', random, cipherSuites: [withRsa, withEcdsa], groups })
  const received = taken === null ? alert(40) : concat(serverHello('TLSv1.2', suite), keyExchange(taken))
  return { purpose: 'groups', protocol: 'TLSv1.2', attempt: 1, alone: false, sent, received, end: 'answered' }
}

function keyExchange(group: number): Uint8Array {
  return record(22, message(12, [3], numberBytes(group, 2), [1, 4]))
}

function groupsOf(...exchanges: readonly Exchange[]) {
  const { groups, openGroups } = versionFacts(openCase(exchanges), 'TLSv1.2')
  return { groups, p384IsOpen: openGroups.includes(p384) }
}

test('groups that are refused beside an RSA certificate are not there', () => {
  const facts = groupsOf(asked(withRsa, [p256, p384], p256), asked(withRsa, [p384], null))
  expect(facts).toEqual({ groups: [p256], p384IsOpen: false })
})

test('groups that are refused beside an ECDSA certificate may be refused for want of its curve', () => {
  const facts = groupsOf(asked(withEcdsa, [p256, p384], p256), asked(withEcdsa, [p384], null))
  expect(facts).toEqual({ groups: [p256], p384IsOpen: true })
})

test('nobody gets a group that the server passes over for the curve of its certificate', () => {
  const before = [asked(withEcdsa, [p256, p384], p256), asked(withEcdsa, [p384], null)]
  expect(groupsOf(...before, asked(withEcdsa, [p384, p256], p256)).p384IsOpen).toBe(false)
  expect(groupsOf(...before, asked(withEcdsa, [p384, p256], p384)).groups).toEqual([p256, p384])
})

test('being passed over is no refusal while the server may yet take the group without the other one', () => {
  expect(groupsOf(asked(withEcdsa, [p384, x25519], x25519)).p384IsOpen).toBe(true)
})

test('a refusal says nothing about groups where no suite that the server has was offered', () => {
  const other = asked(withRsa, [p384], null)
  const sent = clientHelloRecord({
    protocol: 'TLSv1.2',
    random: new Uint8Array(32),
    cipherSuites: [0xc030],
    groups: [p384],
  })
  expect(groupsOf(asked(withRsa, [p256], p256), { ...other, sent }).p384IsOpen).toBe(true)
})
