import { sameBytes } from '../bytes.ts'
import { Refusal } from '../refusal.ts'
import { type Certificate, isSelfIssued, readCertificate } from './certificate.ts'
import { readCrl } from './crl.ts'
import { DerError } from './der.ts'
import { readOcsp } from './ocsp.ts'
import { buildPath, type Path, title } from './path.ts'
import { RevocationError } from './revocation.ts'
import type { RevocationData } from './revocation-status.ts'

/** A signature or timestamp by the name that validation data have for it, and its chains. */
export type Subject = { readonly key: string; readonly paths: readonly Path[] }

type Data = RevocationData & { readonly certificates: readonly Uint8Array[] }
type Store = Data & { readonly related: ReadonlyMap<string, Data> }

/** A certificate of which revocation data may speak. */
type Link = { readonly certificate: Certificate; readonly issuer: Certificate }

/**
 * Sees that validation data are those of the signatures and timestamps that they were added to, and whole: each
 * certificate stands in one of their chains, each OCSP response and CRL speaks of one and is nothing but what its
 * signature covers, and no entry lacks any. Nobody signs them, so that nothing in them may be left to chance. Throws Refusal.
 */
export async function checkValidationData(
  store: Store,
  before: Store | null,
  subjects: readonly Subject[],
  anchors: readonly Certificate[],
): Promise<void> {
  const pool = store.certificates.map(readOne)
  const known = new Map<string, readonly Certificate[]>()
  const vouched: Certificate[] = [...anchors]
  for (const { key, paths } of subjects) {
    const chains = await Promise.all(paths.map((path) => completed(path, pool)))
    known.set(
      key,
      chains.flatMap(({ certificates }) => certificates),
    )
    vouched.push(...paths.flatMap(({ certificates }) => certificates), ...chains.flatMap(vouchedIn))
  }
  const stray = pool.find(({ bytes }) => !vouched.some((each) => sameBytes(each.bytes, bytes)))
  if (stray) throw refusal(`the certificate ${title(stray)} belongs to no signature`)
  const links = linksIn([...known.values()].flat())
  await checkSpoken(store, links)
  for (const [key, data] of store.related) {
    const chain = known.get(key)
    if (!chain) throw refusal('they name a signature that the document does not have')
    const missing = chain.find(({ bytes }) => !data.certificates.some((each) => sameBytes(each, bytes)))
    if (missing) throw refusal(`the certificate ${title(missing)} is missing in them`)
    await checkWhole(data, linksIn(chain))
  }
  if (before && [...store.related.keys()].every((key) => before.related.has(key))) throw refusal('they bring nothing')
  if (store.related.size === 0) throw refusal('they are empty')
}

function readOne(bytes: Uint8Array): Certificate {
  try {
    return readCertificate(bytes)
  } catch (error) {
    if (error instanceof DerError) throw refusal(`a certificate cannot be read: ${error.message}`)
    throw error
  }
}

async function completed({ certificates: own }: Path, more: readonly Certificate[]): Promise<Path> {
  const [leaf] = own
  if (!leaf) throw new TypeError('a path has at least its leaf')
  return await buildPath(leaf, [...own, ...more], [])
}

/** Those of a chain whose own signature was checked: all but the last, which is checked where it issued itself. */
function vouchedIn({ certificates, problems }: Path): readonly Certificate[] {
  const top = certificates.at(-1)
  if (problems.length > 0 || !top) return []
  return isSelfIssued(top) ? certificates : certificates.slice(0, -1)
}

function linksIn(certificates: readonly Certificate[]): readonly Link[] {
  return certificates.flatMap((certificate, i) => {
    const issuer = certificates[i + 1]
    return issuer && !isSelfIssued(certificate) ? [{ certificate, issuer }] : []
  })
}

async function checkSpoken({ ocsps, crls }: RevocationData, links: readonly Link[]): Promise<void> {
  for (const bytes of ocsps) {
    if (!(await speaksOfAny(links, (link) => isOcspOf(bytes, link)))) {
      throw refusal(
        'an OCSP response speaks of no certificate of the document, or holds more than its signature covers',
      )
    }
  }
  for (const bytes of crls) {
    if (!(await speaksOfAny(links, (link) => isCrlOf(bytes, link)))) {
      throw refusal('a CRL is none of an issuer of the document')
    }
  }
}

async function checkWhole({ ocsps, crls }: RevocationData, links: readonly Link[]): Promise<void> {
  for (const link of links) {
    const isSaid =
      (await speaksOfAny(ocsps, (bytes) => isOcspOf(bytes, link))) ||
      (await speaksOfAny(crls, (bytes) => isCrlOf(bytes, link)))
    if (!isSaid) throw refusal(`nothing in them says whether ${title(link.certificate)} was revoked`)
  }
}

async function speaksOfAny<Item>(items: readonly Item[], speaks: (item: Item) => Promise<boolean>): Promise<boolean> {
  for (const item of items) if (await speaks(item)) return true
  return false
}

const isOcspOf = (bytes: Uint8Array, { certificate, issuer }: Link): Promise<boolean> =>
  holds(async () => sameBytes((await readOcsp(bytes, certificate, issuer)).canonical, bytes))

const isCrlOf = (bytes: Uint8Array, { certificate, issuer }: Link): Promise<boolean> =>
  holds(async () => (await readCrl(bytes, certificate, issuer)) !== null)

async function holds(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RevocationError) return false
    throw error
  }
}

const refusal = (why: string): Refusal =>
  new Refusal('validation-data', `The validation data that were added to the document are not its own: ${why}.`)
