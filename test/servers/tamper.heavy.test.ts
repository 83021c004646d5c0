import { signatureLevels } from '../../src/model/signature-level.ts'
import { keyTypes } from '../../src/signing/keys/identity.ts'
import { tamperSuite } from '../helpers/tamper/suite.ts'

/* The default suite tries P-256; this one every kind of key at every level, signed by one person and by two. */
for (const keyType of keyTypes) {
  for (const level of signatureLevels) {
    tamperSuite(keyType, level)
    tamperSuite(keyType, level, { approved: true })
  }
}
