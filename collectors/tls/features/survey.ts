import type { Ask } from '../ask.ts'
import type { VersionFacts } from '../inventory/facts.ts'
import { cipherSuites } from '../registry/cipher-suites.ts'
import { signatureSchemes } from '../registry/signature-schemes.ts'
import { u16s, vector } from '../wire/bytes.ts'
import { certificateExtras, extensionTypes } from '../wire/client-hello.ts'
import { alpnNames, alpnOf } from './alpn.ts'
import { type Known, suitesWhere } from './known.ts'
import { anyCertificateSignature, olderQuestion, tls13Question } from './questions.ts'

/** Asks, each by a hello of its own, what the server makes of every extension and oddity. */
export async function surveyFeatures(ask: Ask, known: Known, serverName: string | undefined): Promise<void> {
  const { older, tls13 } = known
  await Promise.all([
    ...(older ? surveyOlder(ask, older, known, serverName) : []),
    ...(tls13 ? surveyTls13(ask, tls13, serverName) : []),
    ...surveyTolerance(ask, known, serverName),
    surveyAlpn(ask, known, serverName),
  ])
}

function surveyOlder(
  ask: Ask,
  older: VersionFacts,
  { versions }: Known,
  serverName: string | undefined,
): Promise<unknown>[] {
  const { protocol, suites } = older
  const extended = protocol !== 'SSLv3'
  const cbc = suitesWhere(suites, ({ cipher }) => cipher.endsWith('-CBC'))
  const newest = versions.find(({ offered }) => offered === 'yes')
  // The fallback is to a version that the server has, below the newest one.
  const below = versions.find((each) => each.offered === 'yes' && each !== newest)
  return [
    ask(
      olderQuestion('extensions', older, serverName, {
        more: [
          { type: extensionTypes.sessionTicket, data: new Uint8Array() },
          { type: extensionTypes.extendedMasterSecret, data: new Uint8Array() },
          { type: extensionTypes.statusRequest, data: Uint8Array.of(1, 0, 0, 0, 0) },
          { type: heartbeatExtension, data: Uint8Array.of(1) },
        ],
      }),
    ),
    ask(olderQuestion('compression', older, serverName, { compressionMethods: [1, 64, 0] })),
    ...(extended && cbc.length > 0
      ? [
          ask(
            olderQuestion('encrypt-then-mac', older, serverName, {
              cipherSuites: cbc.slice(0, 24),
              more: [{ type: extensionTypes.encryptThenMac, data: new Uint8Array() }],
            }),
          ),
        ]
      : []),
    ...(below
      ? [ask(olderQuestion('fallback', below, serverName, { cipherSuites: [...below.suites.slice(0, 24), 0x5600] }))]
      : []),
    ...surveyDhParameters(ask, versions, serverName),
    ...(protocol === 'TLSv1.2' ? surveySignatures(ask, older, serverName) : []),
  ]
}

/** The parameters of ordinary and of export DHE, in the newest version that has such suites. */
function surveyDhParameters(
  ask: Ask,
  versions: readonly VersionFacts[],
  serverName: string | undefined,
): Promise<unknown>[] {
  return [false, true].flatMap((isExport) => {
    const fits = (number: number): boolean => {
      const suite = cipherSuites.get(number)
      return suite !== undefined && isFiniteField(suite) && suite.export === isExport
    }
    const version = versions.find(({ suites }) => suites.some(fits))
    if (!version) return []
    const suites = version.suites.filter(fits).slice(0, 24)
    return [ask(olderQuestion('dh-parameters', version, serverName, { cipherSuites: suites }))]
  })
}

/** Whether a suite brings Diffie-Hellman parameters of the server's choice. */
export function isFiniteField({
  keyExchange,
  authentication,
}: {
  keyExchange: string
  authentication: string
}): boolean {
  return keyExchange === 'DHE' || (keyExchange === 'DH' && authentication === 'anon')
}

/** Each scheme alone and all side by side, which takes one round; a server that has most of them needs no more this way. */
function surveySignatures(ask: Ask, older: VersionFacts, serverName: string | undefined): Promise<unknown>[] {
  return ['RSA', 'ECDSA'].flatMap((authentication) => {
    const signed = suitesWhere(
      older.suites,
      (suite) => suite.authentication === authentication && ['DHE', 'ECDHE'].includes(suite.keyExchange),
    ).slice(0, 12)
    if (signed.length === 0) return []
    return schemesOf(authentication).map((scheme) =>
      ask(
        olderQuestion('signature', older, serverName, {
          cipherSuites: signed,
          signatureSchemes: [scheme],
          more: [anyCertificateSignature(), ...certificateExtras],
        }),
      ),
    )
  })
}

/** The schemes that a key of a kind can make, those of RFC 8446 that need another kind of key left out. */
function schemesOf(authentication: string): readonly number[] {
  const fits = (scheme: number): boolean => {
    const isRsa =
      (scheme & 0xff) === 1 || (scheme >= 0x0804 && scheme <= 0x0806) || (scheme >= 0x0809 && scheme <= 0x080b)
    const isEc = (scheme >> 8 !== 8 && (scheme & 0xff) === 3) || scheme === 0x0807 || scheme === 0x0808
    return authentication === 'RSA' ? isRsa : isEc
  }
  return signatureSchemes.filter(fits)
}

function surveyTls13(ask: Ask, tls13: VersionFacts, serverName: string | undefined): Promise<unknown>[] {
  return signatureSchemes
    .filter((scheme) => !isForTls12(scheme))
    .map((scheme) =>
      ask(
        tls13Question('signature', tls13, serverName, {
          signatureSchemes: [scheme],
          more: [anyCertificateSignature(), ...certificateExtras],
        }),
      ),
    )
}

/** PKCS #1, SHA-1, SHA-224 and DSA sign no TLS 1.3 handshake (RFC 8446 section 4.2.3). */
function isForTls12(scheme: number): boolean {
  const [hash, signature] = [scheme >> 8, scheme & 0xff]
  return hash < 4 || (hash < 8 && signature !== 3)
}

function surveyTolerance(ask: Ask, { older, tls13 }: Known, serverName: string | undefined): Promise<unknown>[] {
  const grease = { type: 0x0a0a, data: new Uint8Array() }
  const greaseLast = { type: 0x1a1a, data: Uint8Array.of(0) }
  const padding = (bytes: number) => ({ type: paddingExtension, data: new Uint8Array(bytes) })
  return [
    ...(older && older.protocol !== 'SSLv3'
      ? [
          ask(
            olderQuestion('grease', older, serverName, {
              cipherSuites: [0x2a2a, ...older.suites.slice(0, 24)],
              groups: [0x3a3a, ...(older.groups.length > 0 ? older.groups.slice(0, 8) : [0x1d, 0x17, 0x18])],
              more: [grease, greaseLast],
            }),
          ),
          // Between 256 and 511 bytes some servers take the length for the start of SSLv2; above, others hang.
          ...[160, 1_024].map((bytes) =>
            ask(olderQuestion('long-hello', older, serverName, { more: [padding(bytes)] })),
          ),
        ]
      : []),
    ...(older ? [ask(olderQuestion('future-version', older, serverName, { legacyVersion: 0x0305 }))] : []),
    // To a server of older versions TLS 1.3 is one to come, which every current client offers beside TLS 1.2.
    ...(older?.protocol === 'TLSv1.2' && !tls13
      ? [
          ask(
            olderQuestion('future-version', older, serverName, {
              more: [{ type: extensionTypes.supportedVersions, data: vector(1, u16s([0x0304, 0x0303])) }],
              cipherSuites: [0x1301, 0x1302, 0x1303, ...older.suites.slice(0, 21)],
              keyShares: [],
            }),
          ),
        ]
      : []),
    ...(tls13
      ? [
          ask(
            tls13Question('grease', tls13, serverName, {
              versions: [0x4a4a, 0x0304],
              cipherSuites: [0x2a2a, ...tls13.suites],
              more: [grease, greaseLast],
            }),
          ),
          ask(tls13Question('long-hello', tls13, serverName, { more: [padding(1_024)] })),
          ask(tls13Question('future-version', tls13, serverName, { versions: [0x0305, 0x0304] })),
        ]
      : []),
  ]
}

/** Offers all protocols, takes out the one that the server chose, and offers the rest, until it chooses none. */
async function surveyAlpn(ask: Ask, { older, tls13 }: Known, serverName: string | undefined): Promise<void> {
  const question = (alpn: readonly string[]) => {
    // Before TLS 1.3 the choice comes in the clear.
    if (older && older.protocol !== 'SSLv3') return olderQuestion('alpn', older, serverName, { alpn })
    return tls13 ? tls13Question('alpn', tls13, serverName, { alpn }) : null
  }
  for (let left = alpnNames; left.length > 0; ) {
    const next = question(left)
    const chosen = next && alpnOf(await ask(next))
    if (chosen === null || !left.includes(chosen)) return
    left = left.filter((name) => name !== chosen)
  }
}

/** RFC 6520 and RFC 7685. */
const heartbeatExtension = 15
const paddingExtension = 21
