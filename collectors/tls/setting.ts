import * as z from 'zod'
import { type Instant, instant } from '../../src/model/time.ts'
import type { ChainContext } from './certificate/facts.ts'
import { type Certificate, parseCertificate } from './certificate/parse.ts'
import type { ShownChain } from './certificate/shown.ts'
import { mozillaStore, type TrustStore, trustStore } from './certificate/trust.ts'
import { starttlsProtocols } from './starttls/protocols.ts'

/** What the facts of a collection rest on besides the bytes of the conversation. */
export type Setting = {
  readonly subject: string
  readonly starttls: (typeof starttlsProtocols)[number] | null
  /** Every address of the host, the one that was asked and the others. */
  readonly addresses: readonly string[]
  /** Why the list of logs that was named could not be used; or null. */
  readonly logsProblem: string | null
  readonly chains: Omit<ChainContext, 'answers' | 'logs'> & { readonly publicRoots: TrustStore }
}

/** The artefact that keeps a setting. */
export const settingName = 'tls-setting.json'

/**
 * Those of Mozilla's roots that bear on the chains shown: the ones that a shown certificate names as its issuer, or is.
 * No path to another root can be built from them.
 */
export function rootsFor(shown: readonly ShownChain[]): TrustStore {
  const named = shown.flatMap(({ chain }) =>
    chain.map(parseCertificate).flatMap((each) => ('problem' in each ? [] : [each.subject, each.issuer])),
  )
  const roots = mozillaStore()
  return new Map([...new Set(named)].flatMap((name) => (roots.has(name) ? [[name, roots.get(name) ?? []]] : [])))
}

/** A setting as the text of an artefact, certificates in hexadecimal. */
export function writeSetting({ subject, starttls, addresses, logsProblem, chains }: Setting): string {
  const { host, at, anchors, anchorsMissing, publicRoots } = chains
  const written: Written = {
    version: 2,
    subject,
    starttls,
    addresses: [...addresses],
    host,
    at,
    anchorsMissing,
    logsProblem,
    anchors: hexOf(anchors),
    publicRoots: hexOf(publicRoots),
  }
  return JSON.stringify(written)
}

const Certificates = z.array(z.string().regex(/^(?:[0-9a-f]{2})+$/))

const Written = z.strictObject({
  version: z.literal(2),
  subject: z.string(),
  starttls: z.enum(starttlsProtocols).nullable(),
  addresses: z.array(z.string()),
  host: z.string(),
  at: z.string().transform((text): Instant => instant(text)),
  anchorsMissing: z.string().nullable(),
  logsProblem: z.string().nullable(),
  anchors: Certificates,
  publicRoots: Certificates,
})
type Written = z.infer<typeof Written>

/** Reads what `writeSetting` wrote; throws an Error for anything else. */
export function readSetting(text: string): Setting {
  const { subject, starttls, addresses, host, at, anchorsMissing, logsProblem, ...stores } = Written.parse(
    JSON.parse(text),
  )
  const [anchors, publicRoots] = [storeOf(stores.anchors), storeOf(stores.publicRoots)]
  return { subject, starttls, addresses, logsProblem, chains: { host, at, anchors, anchorsMissing, publicRoots } }
}

function hexOf(store: TrustStore): string[] {
  return [...store.values()].flat().map(({ der }) => Buffer.from(der).toString('hex'))
}

function storeOf(certificates: readonly string[]): TrustStore {
  return trustStore(
    certificates.flatMap((hex): Certificate[] => {
      const certificate = parseCertificate(Buffer.from(hex, 'hex'))
      return 'problem' in certificate ? [] : [certificate]
    }),
  )
}
