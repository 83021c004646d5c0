import { secretReferencePattern, secretReferenceRule } from './secret.ts'

/** What a `pkcs11:` URI (RFC 7512) says of a key; what it leaves open is not compared. */
export type Pkcs11Uri = {
  /** Absolute path of the token maker's PKCS #11 library. */
  readonly module: string
  readonly token: TokenMatch
  readonly object: ObjectMatch
  /** `env:NAME` or `file:path`; null where the URI names no PIN. */
  readonly pin: string | null
}

export type TokenMatch = {
  readonly label?: string
  readonly serial?: string
  readonly manufacturer?: string
  readonly model?: string
  readonly slot?: string
}

export type ObjectMatch = {
  readonly label?: string
  /** CKA_ID, lower-case hexadecimal. */
  readonly id?: string
}

export type ParsedPkcs11Uri =
  | { readonly uri: Pkcs11Uri; readonly problem?: never }
  /** Never quotes the URI: somebody may have written a PIN into it. */
  | { readonly problem: string; readonly uri?: never }

/** RFC 7512 section 2.3, as far as it can say where a private key is. */
const known = {
  path: ['token', 'serial', 'manufacturer', 'model', 'slot-id', 'object', 'id', 'type'],
  query: ['module-path', 'pin-source'],
} as const

/** Reads a PKCS #11 URI that names a private key. A PIN in it is refused: secrets are given by reference. */
export function parsePkcs11Uri(text: string): ParsedPkcs11Uri {
  const [, path = '', query = ''] = /^pkcs11:([^?]*)(?:\?(.*))?$/is.exec(text) ?? []
  const inPath = attributes(path, ';')
  const inQuery = attributes(query, '&')
  const found = { ...inPath, ...inQuery }
  if ('pin-value' in found)
    return { problem: `pin-value is refused: ${secretReferenceRule}; write pin-source=env:NAME` }
  const stray =
    Object.keys(inPath).find((name) => !known.path.some((other) => other === name)) ??
    Object.keys(inQuery).find((name) => !known.query.some((other) => other === name))
  if (stray !== undefined) {
    const place = [...known.path, ...known.query].some((name) => name === stray) ? ' in that place' : ''
    return {
      problem: `"${stray}" is not understood${place}: a PKCS #11 URI is pkcs11:token=…;object=…?module-path=…&pin-source=…`,
    }
  }
  const broken = Object.entries(found).find(([, value]) => value === undefined)
  if (broken) return { problem: `"${broken[0]}" has no value, stands twice, or is wrongly percent-encoded` }
  if (found.type !== undefined && utf8Text(found.type) !== 'private') return { problem: 'type can only be private' }
  const module = found['module-path'] === undefined ? undefined : utf8Text(found['module-path'])
  if (module === undefined || !/^(?:\/|[A-Za-z]:[\\/])/.test(module)) {
    return { problem: 'module-path is missing or not absolute: it is where the maker’s PKCS #11 library lies' }
  }
  const pin = found['pin-source'] === undefined ? null : utf8Text(found['pin-source'])
  if (pin !== null && !secretReferencePattern.test(pin)) return { problem: `pin-source: ${secretReferenceRule}` }
  const slot = found['slot-id'] === undefined ? undefined : utf8Text(found['slot-id'])
  if (slot !== undefined && !/^\d{1,20}$/.test(slot)) return { problem: 'slot-id is a number' }
  return {
    uri: {
      module,
      token: {
        ...named('label', found.token),
        ...named('serial', found.serial),
        ...named('manufacturer', found.manufacturer),
        ...named('model', found.model),
        ...(slot === undefined ? {} : { slot }),
      },
      object: {
        ...named('label', found.object),
        ...(found.id === undefined ? {} : { id: Buffer.from(found.id).toString('hex') }),
      },
      pin,
    },
  }
}

type Attributes = { readonly [name: string]: Uint8Array | undefined }

/** `name=value` pairs with their bytes; undefined where a value is absent, given twice or cannot be decoded. */
function attributes(text: string, separator: string): Attributes {
  const found: Record<string, Uint8Array | undefined> = {}
  for (const pair of text.split(separator)) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = (at < 0 ? pair : pair.slice(0, at)).trim().toLowerCase()
    found[name] = at < 0 || name in found ? undefined : decode(pair.slice(at + 1))
  }
  return found
}

function decode(text: string): Uint8Array | undefined {
  if (text === '' || /%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  const bytes = [...text.matchAll(/%([0-9A-Fa-f]{2})|([^%]+)/g)].map(([, code, plain = '']) =>
    code === undefined ? Buffer.from(plain, 'utf8') : Buffer.from(code, 'hex'),
  )
  return Buffer.concat(bytes)
}

const utf8Text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

function named<Name extends string>(name: Name, value: Uint8Array | undefined): { readonly [name in Name]?: string } {
  return value === undefined ? {} : ({ [name]: utf8Text(value) } as { readonly [key in Name]?: string })
}
