import { expect, test } from 'vitest'
import { keyTypes } from '../../../src/signing/keys/identity.ts'
import { readCrlFile } from '../../../src/signing/keys/own-crl.ts'
import { raiseLevel } from '../../../src/signing/raise-level.ts'
import { rfc3161Timestamper } from '../../../src/signing/timestamp.ts'
import { verifyPdf } from '../../../src/signing/verify-pdf.ts'
import { clock, identityOf, never, sign, signingTime, tinyPdf, withByte } from '../../helpers/signing.ts'
import { atHand } from '../../helpers/tamper/loot.ts'
import { startAuthority } from '../../helpers/time-stamp-authority.ts'

/*
 * Each byte is changed in turn. Inside a signature or timestamp each digit becomes the next one, too, so that what is tried
 * there is always hexadecimal; the zeros behind it are all alike and one in 64 stands for the others.
 */
async function unnoticedIn(pdf: Uint8Array, from: number, verify: (bytes: Uint8Array) => Promise<string>) {
  const text = Buffer.from(pdf).toString('latin1')
  const gap = text.indexOf('/Contents <', from) + '/Contents <'.length
  const end = gap < from ? gap : text.indexOf('>', gap)
  const zeros = gap + text.slice(gap, end).replace(/0+$/, '').length
  const unnoticed: string[] = []
  for (let at = from; at < pdf.length; at++) {
    const isPadding = at > zeros + 64 && at < end - 1
    if (isPadding && at % 64 !== 0) continue
    const byte = pdf[at] ?? 0
    const values = [byte ^ 0x01]
    if (at >= gap && at < end) values.push(byte ^ 0x20, nextDigit(byte))
    for (const value of values) {
      if ((await verify(withByte(pdf, at, value))) !== 'refused') unnoticed.push(`byte ${at}: ${value} for ${byte}`)
    }
  }
  return unnoticed
}

test.each(keyTypes)('every byte of a document signed with %s and timestamped matters', async (keyType) => {
  await using authority = await startAuthority({ keyType: keyType === 'rsa3072' ? 'rsa' : 'ec', stray: true })
  const timestamper = rfc3161Timestamper({ url: authority.url })
  const { pdf, level } = await sign(tinyPdf(), { keyType, timestamper })
  expect(level).toBe('B-T')
  const anchors = [identityOf(keyType).rootCertificate, authority.rootCertificate]
  const verify = async (bytes: Uint8Array) => (await verifyPdf(bytes, { anchors, at: signingTime })).verdict
  expect(await verify(pdf)).toBe('accepted')
  expect(await unnoticedIn(pdf, 0, verify)).toEqual([])
})

/* Nobody signs revocation data: that each byte of them matters is for the verifier to see to. */
test.each(['B-LT', 'B-LTA'] as const)('every byte that raises a document to %s matters', async (level) => {
  await using authority = await startAuthority()
  const timestamper = rfc3161Timestamper({ url: authority.url })
  const signed = await sign(tinyPdf(), { timestamper })
  const crls = atHand([readCrlFile(identityOf('p256').rootCrl), authority.crl])
  const ask = () => Promise.reject(new Error('nobody is to be asked'))
  const raising = { ask, crls, known: [], clock, signal: never, timestamper }
  const { pdf } = await raiseLevel(signed.pdf, 'B-T', level, raising)
  const anchors = [identityOf('p256').rootCertificate, authority.rootCertificate]
  const verify = async (bytes: Uint8Array) => (await verifyPdf(bytes, { anchors, at: signingTime })).verdict
  expect(await verify(pdf)).toBe('accepted')
  expect(await unnoticedIn(pdf, signed.pdf.length, verify)).toEqual([])
})

function nextDigit(byte: number): number {
  const digits = '0123456789ABCDEF'
  return digits.charCodeAt((digits.indexOf(String.fromCharCode(byte)) + 1) % 16)
}
