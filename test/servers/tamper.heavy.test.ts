import { keyTypes } from '../../src/signing/keys/identity.ts'
import { tamperSuite } from '../helpers/tamper/suite.ts'

/* The default suite tries P-256; this one every kind of key at every level. */
for (const keyType of keyTypes) {
  tamperSuite(keyType, 'B-B')
  tamperSuite(keyType, 'B-T')
}
