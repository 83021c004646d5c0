import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, parse, resolve } from 'node:path'
import { ConfigError, SigningError } from '../model/errors.ts'
import { isLower, type SignatureLevel, signatureLevels } from '../model/signature-level.ts'
import { type Clock, instant } from '../model/time.ts'
import { readCertificates } from '../signing/keys/pem.ts'
import { type Addition, raiseLevel } from '../signing/raise-level.ts'
import type { Timestamper } from '../signing/signer.ts'
import { firstOf, rfc3161Timestamper } from '../signing/timestamp.ts'
import type { PdfVerdict } from '../signing/verdict.ts'
import { verifyPdf } from '../signing/verify-pdf.ts'
import { type Anchors, readAnchors, type Trusting, unreadable } from './anchors.ts'
import type { Ports } from './ports.ts'
import type { Project } from './project.ts'
import { configuredSources, levelAsked, revocationSources } from './raising.ts'
import { openTimestamper } from './timestamper.ts'
import { assertFree, type RaisedRecord, writeRaised } from './write-raised.ts'

export type RaiseReportOptions = Trusting & {
  readonly file: string
  /** The level to reach. Where absent: the configuration's where the report has less, otherwise B-LTA. */
  readonly to?: SignatureLevel | undefined
  /** Time-stamping authorities, asked in turn; those of the configuration where none is given. */
  readonly timestamp: readonly string[]
  /** Revocation lists in files, and the only hosts that may be asked for others. */
  readonly crls: readonly string[]
  readonly hosts: readonly string[]
  /** Where the raised report goes; `<name>-timestamped.pdf` beside the report where absent. */
  readonly output?: string | undefined
  /** A configuration, and with it perhaps a store that issued the report. */
  readonly project: Project | null
  readonly signal: AbortSignal
}

export type RaisedReport = RaisedRecord & {
  readonly path: string
  readonly before: SignatureLevel
  readonly level: SignatureLevel
  readonly asked: SignatureLevel
  readonly additions: readonly Addition['kind'][]
  /** Why the level is lower than the one asked for, or was not renewed; null where it was reached. */
  readonly shortfall: string | null
}

const systemClock: Clock = { now: () => instant(Date.now()) }

/**
 * Timestamps a report that was issued, adds the revocation data of its certificates, or renews its last timestamp, and
 * writes the result as a new file; the report itself stays. The configuration's store, where it issued the report, records
 * the new file. Throws SigningError where nothing could be added, ConfigError for files that cannot be read or written.
 */
export async function raiseReport(
  options: RaiseReportOptions,
  ports: Pick<Ports, 'openLedger' | 'ledgerKey'>,
): Promise<RaisedReport> {
  const { project } = options
  const path = resolve(options.output ?? beside(options.file))
  assertFree(path)
  const pdf = await readFile(options.file).catch(unreadable(options.file, 'report'))
  const anchors = await readAnchors(options)
  const before = await soundOf(pdf, anchors)
  const asked = options.to ?? levelFor(before.level, project)
  const timestamper = await authorityFor(options, anchors, before.level, asked)
  const raised = await raiseLevel(pdf, before.level, asked, {
    ...(await sourcesOf(options)),
    ...(timestamper ? { timestamper } : {}),
    known: [...anchors.anchors, ...anchors.timestampAnchors].flatMap(readCertificates),
    clock: project?.clock ?? systemClock,
  })
  if (raised.additions.length === 0) throw notRaised(options.file, before.level, asked, raised.shortfall)
  const { level } = await soundOf(raised.pdf, anchors).catch((error: SigningError) => {
    throw notRaised(options.file, before.level, asked, `what was added does not hold: ${error.message}`)
  })
  const { recorded, unrecorded } = await writeRaised(
    path,
    { ...raised, level },
    {
      pdf,
      attachments: before.verdict.attachments,
      project,
      ports,
    },
  )
  const additions = raised.additions.map(({ kind }) => kind)
  return { path, before: before.level, level, asked, additions, shortfall: raised.shortfall, recorded, unrecorded }
}

type Sound = { readonly level: SignatureLevel; readonly verdict: PdfVerdict }

/** The level that all signatures have, of a report that is not refused. */
async function soundOf(pdf: Uint8Array, anchors: Anchors): Promise<Sound> {
  const verdict = await verifyPdf(pdf, anchors)
  const [first, ...others] = verdict.signatures.map(({ level }) => level)
  if (verdict.verdict !== 'refused' && first) {
    return { verdict, level: others.reduce((least, each) => (isLower(each, least) ? each : least), first) }
  }
  const why = verdict.reasons[0]?.message ?? 'it is refused'
  throw new SigningError('AFD_PDF_REFUSED', `the report is not soundly signed: ${why}`, {
    hint: 'See what is wrong with it: affidavit verify. Timestamp the report as it was issued.',
  })
}

function levelFor(level: SignatureLevel, project: Project | null): SignatureLevel {
  const configured = project ? levelAsked(project.config.signing) : 'B-LTA'
  return isLower(level, configured) ? configured : 'B-LTA'
}

async function authorityFor(
  { timestamp, project, to }: RaiseReportOptions,
  { timestampAnchors }: Anchors,
  level: SignatureLevel,
  asked: SignatureLevel,
): Promise<Timestamper | undefined> {
  if (to !== undefined && !isLower(level, to) && to !== 'B-LTA') {
    throw new ConfigError('AFD_LEVEL_REACHED', `the report is at level ${level} already`, {
      hint: `ask for more: --to ${signatureLevels.at(-1)}`,
    })
  }
  if (timestamp.length > 0) return firstOf(timestamp.map((url) => rfc3161Timestamper({ url, trust: timestampAnchors })))
  const configured = project ? await openTimestamper(project) : undefined
  if (configured || (level !== 'B-B' && asked === 'B-LT')) return configured
  throw new ConfigError('AFD_TIMESTAMP_NOBODY', 'no time-stamping authority is named', {
    hint: 'name one with --timestamp https://..., or under signing.timestamp in the configuration',
  })
}

async function sourcesOf({ project, crls, hosts, signal }: RaiseReportOptions) {
  const given = crls.length + hosts.length > 0
  if (project && !given) return await configuredSources(project, signal)
  const only = hosts.length > 0 ? hosts : undefined
  return await revocationSources({ hosts: only, crls, clock: project?.clock ?? systemClock, signal })
}

function notRaised(file: string, level: SignatureLevel, asked: SignatureLevel, shortfall: string | null): SigningError {
  const wanted = level === asked ? `renewed at ${asked}` : `raised from ${level} to ${asked}`
  return new SigningError(
    'AFD_LEVEL_NOT_RAISED',
    `${file} could not be ${wanted}: ${shortfall ?? 'nothing is missing'}`,
    {
      hint: 'Nothing was written. Try again later, or name another authority or list.',
      subject: file,
    },
  )
}

/** `<name>-timestamped.pdf`, or the next number of it that is free: a renewal stands beside what it renews. */
function beside(file: string): string {
  const { dir, name } = parse(file)
  const stem = join(dir, `${name.replace(/-timestamped(?:-\d+)?$/, '')}-timestamped`)
  for (let i = 1; ; i++) {
    const path = i === 1 ? `${stem}.pdf` : `${stem}-${i}.pdf`
    if (!existsSync(path)) return path
  }
}
