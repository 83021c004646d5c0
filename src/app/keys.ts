import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { verifierKey } from '../ledger/note.ts'
import type { NoteSigner } from '../ledger/store.ts'
import { SigningError } from '../model/errors.ts'
import { type KeyLocation, keyLocationText } from '../model/key-location.ts'
import { instant } from '../model/time.ts'
import { signaturePanel } from '../render/signature-panel.ts'
import { aboutFile, readKeyFile, writeSecretFile } from '../signing/keys/files.ts'
import { makeLocalIdentity } from '../signing/keys/identity.ts'
import { certificateRequest } from '../signing/keys/request.ts'
import { assertNotRevoked } from '../signing/keys/standing.ts'
import { describeCertificate, type KeyDescription, loadLedgerKey } from '../signing/keys.ts'
import { raiseLevel } from '../signing/raise-level.ts'
import { signPdf } from '../signing/sign-pdf.ts'
import type { SignatureAlgorithm } from '../signing/signer.ts'
import { ledgerOrigin } from './origin.ts'
import type { ReportKey } from './ports.ts'
import type { Project } from './project.ts'
import { configuredSources, levelAsked, listsAtHand, signatureReason } from './raising.ts'
import {
  certificatesBeside,
  isPkcs12,
  type KeyRequest,
  openSigner,
  openSigningKey,
  readCertificateFiles,
} from './report-key.ts'
import { readPassphrase } from './secrets.ts'
import { openTimestamper } from './timestamper.ts'

/** A key or certificate file that was made. */
export type MadeFile = { readonly path: string; readonly purpose: string }

/** Opens the key that signs checkpoints; throws SigningError. */
export async function openLedgerKey(project: Project): Promise<NoteSigner> {
  const { ledger, passphrase } = project.config.keys
  const pem = await readKeyFile(resolve(project.directory, ledger))
  const secret = await passphraseOf(passphrase, project.directory)
  const key = await aboutFile(ledger, () => loadLedgerKey(Buffer.from(pem).toString('utf8'), secret))
  return { name: ledgerOrigin(project.config), ...key }
}

/** Opens the key that signs reports, with its time-stamping authorities; throws SigningError. */
export async function openReportKey(project: Project, signal: AbortSignal): Promise<ReportKey> {
  const { signing } = project.config
  const asked = levelAsked(signing)
  const signer = await openSigner(keyRequest(project), project.clock, signal)
  await assertNotRevoked(signer, await listsAtHand(project), project.clock.now())
  const [own] = signer.certificateChain
  const certificate = describeCertificate(own ?? new Uint8Array())
  const timestamper = asked === 'B-B' ? undefined : await openTimestamper(project)
  const timing = timestamper ? { timestamper } : {}
  return {
    description: {
      name: certificate.name,
      ...(certificate.organisation === null ? {} : { organisation: certificate.organisation }),
      algorithm: algorithmNames[signer.algorithm],
      fingerprint: certificate.fingerprint,
    },
    async sign(pdf, { title, attachments, signal }) {
      const modified = project.clock.now()
      const signed = await signPdf(pdf, {
        signer,
        ...timing,
        attachments: attachments.map((file) => ({ ...file, relationship: 'Data', modified })),
        metadata: {
          title,
          author: project.config.organisation.name,
          subject: 'Audit evidence report',
          keywords: ['audit', 'evidence', 'compliance'],
          created: modified,
          language: 'en',
        },
        reason: signatureReason(signing),
        location: signing.location ?? '',
        rectangle: signaturePanel,
        signal,
        clock: project.clock,
      })
      if (signed.timestampError) {
        return { pdf: signed.pdf, level: signed.level, asked, shortfall: signed.timestampError.message, revisions: [] }
      }
      const sources = await configuredSources(project, signal)
      const known = [...signer.certificateChain, ...(timestamper?.anchors ?? [])]
      const raising = { ...sources, ...timing, known, clock: project.clock }
      const { additions, ...raised } = await raiseLevel(signed.pdf, signed.level, asked, raising)
      const points = [{ bytes: signed.pdf.length, level: signed.level }, ...additions]
      const revisions = points.slice(0, -1).map(({ bytes, level }) => ({ bytes, level }))
      return { ...raised, asked, revisions }
    },
  }
}

/** Makes a local authority, a report key certified by it, and a ledger key; never overwrites a file. */
export async function makeKeys(options: {
  readonly folder: string
  readonly organisation: string
  /** `env:NAME` or `file:path`; the keys stand in the open where null. */
  readonly passphrase: string | null
}): Promise<readonly MadeFile[]> {
  const { folder, organisation, passphrase } = options
  const secretText = passphrase === null ? undefined : await readPassphrase(passphrase, process.cwd())
  const identity = makeLocalIdentity({
    organisation,
    from: instant(Date.now()),
    ...(secretText === undefined ? {} : { passphrase: secretText }),
  })
  const files = [
    ['report.key.pem', identity.reportKey, 'signs reports; private'],
    ['report.cert.pem', identity.reportCertificate, 'says whose the report key is'],
    ['ca.cert.pem', identity.rootCertificate, 'the authority; hand it to your auditors'],
    ['ca.key.pem', identity.rootKey, 'renews the report certificate; private, keep it elsewhere'],
    ['ca.crl.pem', identity.rootCrl, 'the list of what the authority revoked, empty so far; hand it to your auditors'],
    ['ledger.key.pem', identity.ledgerKey, 'signs the ledger’s checkpoints; private'],
    ['ledger.pub.pem', identity.ledgerPublicKey, 'verifies them'],
  ] as const
  assertNone(files.map(([name]) => join(folder, name)))
  for (const [name, content] of files) await writeSecretFile(join(folder, name), content)
  return files.map(([name, , purpose]) => ({ path: join(folder, name), purpose }))
}

/**
 * A certification request (PEM) for a key wherever it is kept, to be certified by an authority; throws SigningError.
 * It is the one way to a certificate for a key that never leaves its token or cloud.
 */
export async function requestCertificate(
  request: KeyRequest,
  name: { readonly organisation: string; readonly commonName: string },
  signal: AbortSignal,
): Promise<string> {
  return await certificateRequest(await openSigningKey(request, signal), name, signal)
}

/**
 * Checks a report key that somebody brings (PEM with its certificates, or PKCS#12) and copies it, as it is, into a
 * folder of keys; says what to write under `signing:`. Throws SigningError where it cannot sign reports.
 */
export async function importKey(options: {
  readonly file: string
  readonly certificates: readonly string[]
  readonly folder: string
  readonly passphrase: string | null
}): Promise<{
  readonly description: KeyDescription
  readonly files: readonly MadeFile[]
  readonly lines: readonly string[]
}> {
  const bytes = await readKeyFile(resolve(options.file))
  const location: KeyLocation = { kind: 'file', path: options.file }
  const request = { ...options, location, directory: process.cwd() }
  const signer = await openSigner(request, systemClock, new AbortController().signal)
  const description = describeCertificate(signer.certificateChain[0] ?? new Uint8Array())
  const stem = join(options.folder, `imported-${description.fingerprint.slice(0, 8)}`)
  const key = `${stem}${isPkcs12(options.file) ? '.p12' : '.key.pem'}`
  const chain = `${stem}.cert.pem`
  assertNone([key, chain])
  await writeSecretFile(key, bytes)
  await writeSecretFile(chain, signer.certificateChain.map(certificatePem).join(''))
  return {
    description,
    files: [
      { path: key, purpose: 'signs reports; private' },
      { path: chain, purpose: 'its certificate and issuers' },
    ],
    lines: [
      'signing:',
      `  key: ${yamlText(key)}`,
      `  certificates: [${yamlText(chain)}]`,
      ...(options.passphrase === null ? [] : [`  passphrase: ${yamlText(options.passphrase)}`]),
    ],
  }
}

/** Throws SigningError before the first of several files is written where one of them is there. */
function assertNone(paths: readonly string[]): void {
  const existing = paths.find((path) => existsSync(path))
  if (existing === undefined) return
  throw new SigningError('AFD_KEY_EXISTS', `${existing} exists already; nothing was changed`, {
    hint: 'Move the old keys away first, or name another folder. Reports signed with them still need their certificates.',
    subject: existing,
  })
}

/** A text as it may stand in a list of YAML. */
const yamlText = (text: string): string => (/^[\w./:-]+$/.test(text) ? text : JSON.stringify(text))

/** What a configuration's keys are, without using the one that signs reports: a token is asked without its PIN, a cloud not at all. */
export async function showKeys(
  project: Project,
  signal: AbortSignal,
): Promise<{
  /** Where the report key is kept. */
  readonly location: string
  readonly report: readonly KeyDescription[]
  /** C2SP signed-note verifier key; null where the key cannot be opened without a passphrase that is not there. */
  readonly ledger: string | null
}> {
  const request = keyRequest(project)
  const given = await readCertificateFiles(request)
  const certificates = given.length > 0 ? given : await certificatesBeside(request, signal)
  return {
    location: keyLocationText(request.location),
    report: certificates.map((certificate) => describeCertificate(certificate)),
    ledger: await openLedgerKey(project).then(verifierKey, () => null),
  }
}

const algorithmNames: { readonly [algorithm in SignatureAlgorithm]: string } = {
  'ecdsa-p256-sha256': 'ECDSA P-256 · SHA-256',
  'ecdsa-p384-sha384': 'ECDSA P-384 · SHA-384',
  'rsa-sha256': 'RSA · SHA-256',
}

const systemClock = { now: () => instant(Date.now()) }

/** The report key of a configuration. */
export function keyRequest({ config, directory }: Project): KeyRequest {
  const { key, certificates, passphrase = null } = config.signing
  return { location: key, certificates, passphrase, directory }
}

async function passphraseOf(reference: string | undefined, directory: string): Promise<string | undefined> {
  return reference === undefined ? undefined : await readPassphrase(reference, directory)
}

function certificatePem(der: Uint8Array): string {
  return new X509Certificate(der).toString()
}
