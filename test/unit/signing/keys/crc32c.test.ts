import { expect, test } from 'vitest'
import { crc32c } from '../../../../src/signing/keys/cloud/crc32c.ts'

test.each([
  ['32 bytes of zero', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of one', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['ascending bytes', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['descending bytes', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
])('%s have the checksum of RFC 3720 appendix B.4', (_, bytes, wanted) => expect(crc32c(bytes)).toBe(wanted))
