import { expect, test } from 'vitest'
import { literalSecrets } from '../../../src/app/literal-secrets.ts'

const signing = (key: string) => literalSecrets({ signing: { key } })

test('a PKCS #11 URI names its token and holds no secret, unless it is none', () => {
  const uri = 'pkcs11:token=Reports;object=report?module-path=/usr/lib/token.so&pin-source=env:PIN'
  expect(signing(uri)).toEqual([])
  expect(signing(uri.replace('pin-source=env:PIN', 'pin-value=24680'))).toEqual([['signing', 'key']])
})
