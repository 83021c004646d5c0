import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { textPattern } from '../../../src/model/text-pattern.ts'

const name = 'Jürg O\u2019Neill-Ängström'
const pattern = textPattern([name, 'erika@example.org'])

test.each([
  ['as it is', `to ${name}, today`],
  ['in capitals', name.toUpperCase()],
  ['with decomposed letters', name.normalize('NFD')],
  ['over a line’s end', name.replace(' ', '\r\n  ')],
  ['escaped as JSON', JSON.stringify({ name }).replaceAll(/[^ -~]/g, (c) => `\\u${hex(c.charCodeAt(0), 4)}`)],
  ['escaped as JSON in capitals', 'J\\u00DCRG O\\u2019NEILL-\\u00C4NGSTR\\u00D6M'],
  ['in a URL', `/users?name=${encodeURIComponent(name)}`],
  ['in a form', `name=${encodeURIComponent(name).replaceAll('%20', '+').toLowerCase()}`],
  ['in HTML', name.replaceAll(/[^ -~]/g, (c) => `&#${c.codePointAt(0)};`)],
  ['in HTML with hexadecimal', name.replaceAll(/[^ -~]/g, (c) => `&#x${hex(c.codePointAt(0) ?? 0, 4)};`)],
  ['in mail', 'J=C3=BCrg O=E2=80=99Neill-=C3=84ngstr=C3=B6m'],
  ['in hexadecimal', `dump ${Buffer.from(name).toString('hex')} end`],
  ['an address in a URL', 'login=ERIKA%40example.org&x=1'],
])('a text is found %s', (_, text) => {
  expect(pattern.holds(text)).toBe(true)
})

test('a text is found in base64, wherever it begins', () => {
  for (const before of ['', 'a', 'ab', 'abc']) {
    const text = Buffer.from(`${before}${name} and more`)
    expect(pattern.holds(text.toString('base64'))).toBe(true)
    expect(pattern.holds(text.toString('base64url'))).toBe(true)
  }
})

test('what is not there is not found', () => {
  for (const text of [
    '',
    'Jürg',
    'Jurg O\u2019Neill-Angstrom',
    'erika@exampleXorg',
    'erika.example.org',
    '\ufffd\ud800',
  ]) {
    expect(pattern.holds(text)).toBe(false)
  }
  expect(textPattern(['a.c']).holds('abc')).toBe(false)
})

test('every text finds itself, whatever characters it is made of, and within its reach', () => {
  const text = fc
    .string({ minLength: 3, maxLength: 40, unit: 'binary' })
    .map((each) => each.toWellFormed().replaceAll(/[\p{Cc}\s]+/gu, ' '))
    .filter((each) => each.trim().length >= 3)
  fc.assert(
    fc.property(text, (each) => {
      const { holds, reach } = textPattern([each])
      expect(holds(`before ${each} behind`)).toBe(true)
      expect(holds(JSON.stringify([each]))).toBe(true)
      expect(holds(encodeURIComponent(each))).toBe(true)
      expect(reach).toBeGreaterThanOrEqual(encodeURIComponent(each).length)
    }),
    { numRuns: 50 },
  )
})

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
