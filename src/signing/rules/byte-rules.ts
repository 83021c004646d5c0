import { fromLatin1 } from '../bytes.ts'
import type { Rule } from './rule.ts'

/** Rules over the bytes of a file, which need nothing in it to be readable. */
export const byteRules: readonly Rule<Uint8Array>[] = [
  {
    id: 'header',
    clauses: { 'PDF/A-3b': '6.1.2', 'PDF/UA-1': '6.1' },
    says: 'The file begins with %PDF-1.0 to %PDF-1.7 and one end of line.',
    check(bytes, look) {
      look.saw()
      if (!/^%PDF-1\.[0-7](?:\r\n|\r|\n)/.test(start(bytes))) look.fault(null, 'there is no such header')
    },
  },
  {
    id: 'binary-comment',
    clauses: { 'PDF/A-3b': '6.1.2' },
    says: 'A comment of at least four bytes above 127 follows the header.',
    check(bytes, look) {
      look.saw()
      if (!/^%PDF-\d\.\d(?:\r\n|\r|\n)%[\x80-\xff]{4}/.test(start(bytes))) look.fault(null, 'there is no such comment')
    },
  },
  {
    id: 'end-of-file',
    clauses: { 'PDF/A-3b': '6.1.3' },
    says: 'Nothing but one end of line follows the last %%EOF.',
    check(bytes, look) {
      look.saw()
      if (!/%%EOF(?:\r\n|\r|\n)?$/.test(fromLatin1(bytes.subarray(-32)))) look.fault(null, 'there is something else')
    },
  },
  {
    id: 'not-encrypted',
    clauses: { 'PDF/A-3b': '6.1.3' },
    says: 'The trailer has no /Encrypt.',
    check(bytes, look) {
      look.saw()
      const tail = fromLatin1(bytes.subarray(-65_536))
      if (/\/Encrypt\b/.test(tail.slice(tail.lastIndexOf('trailer')))) look.fault(null, 'the file is encrypted')
    },
  },
]

const start = (bytes: Uint8Array) => fromLatin1(bytes.subarray(0, 64))
