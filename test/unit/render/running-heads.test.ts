import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cssString } from '../../../src/render/running-heads.ts'

test('no text can end a CSS string, its rule or the style element', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      const inner = cssString(text).slice(1, -1)
      expect(inner).not.toMatch(/["'<>{}&\n\r\f]/)
      // Every backslash begins an escape of ours.
      expect(inner.replace(/\\[0-9a-f]{1,6} /g, '')).not.toContain('\\')
    }),
  )
})

test('a CSS string says the text again once its escapes are resolved', () => {
  const text = 'A "B" <c> \\ {d} – é 顧客'
  const resolved = cssString(text)
    .slice(1, -1)
    .replace(/\\([0-9a-f]{1,6}) /g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
  expect(resolved).toBe(text)
})
