import { createRedactor } from '../collect/redact.ts'
import type { Path } from '../config/source.ts'
import { parsePkcs11Uri } from '../model/pkcs11-uri.ts'
import { secretReferencePattern } from '../model/secret.ts'

/**
 * Where a document holds what looks like a secret itself, by its own shape or by the name that it stands under. A PKCS #11
 * URI names its token (`token=…`) and holds no secret: one with a PIN in it is none that can be parsed.
 */
export function literalSecrets(document: unknown): readonly Path[] {
  const { text } = createRedactor()
  const isSecret = (name: string, value: string): boolean => {
    const member = JSON.stringify({ [name]: value })
    return text(value) !== value || text(member) !== member
  }
  const within = (value: unknown, path: Path): readonly Path[] => {
    if (typeof value === 'string') {
      if (secretReferencePattern.test(value) || parsePkcs11Uri(value).uri) return []
      return isSecret(String(path.at(-1)), value) ? [path] : []
    }
    if (typeof value !== 'object' || value === null) return []
    if (Array.isArray(value)) return value.flatMap((each, index) => within(each, [...path, index]))
    return Object.entries(value).flatMap(([name, each]) => within(each, [...path, name]))
  }
  return within(document, [])
}
