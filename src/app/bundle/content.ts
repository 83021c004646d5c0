import * as z from 'zod'
import { IntegrityError } from '../../model/errors.ts'
import { type Instant, instant } from '../../model/time.ts'
import type { BundleFiles } from './files.ts'

/** The first line of what the ledger's key signs over a bundle; no checkpoint begins so. */
export const manifestTitle = 'affidavit evidence bundle'

/** Where a bundle has the certificates that its exporter trusted for times; a reader needs them by another way, too. */
export const anchorsFile = 'certificates/time-stamping.pem'

/** Where it has the certificates that reports are signed with. */
export const signerFile = /^certificates\/\d+-/

/** Where it has revocation lists and OCSP responses, DER. */
export const revocationFolder = 'revocation/'

/** The kinds of entries that hold configuration and catalogue, as their first artefacts, and what a bundle calls those. */
export const recordedFiles: { readonly [kind: string]: string } = {
  'configuration.recorded': 'configuration.json',
  'catalogue.recorded': 'controls.json',
}

/** Where a bundle keeps the bytes behind a commitment; their salt is beside them. */
export function artefactFile(commitment: string): string {
  return `artefacts/${commitment}.bin`
}

const Position = z.int().min(0)
const Hash = z.string().regex(/^[0-9a-f]{64}$/)
const Moment = z.string().transform((text, context): Instant => {
  try {
    return instant(text)
  } catch {
    context.addIssue('not an instant')
    return z.NEVER
  }
})

const BundleContent = z.object({
  version: z.literal(1),
  origin: z.string(),
  size: Position,
  entries: Position,
  exported: Moment,
  whole: z.boolean(),
  checkpoints: z.array(z.object({ file: z.string(), size: Position, created: Moment })),
  timestamps: z.array(z.object({ file: z.string(), checkpoint: z.string(), received: Moment })).default([]),
  /** Why no authority stamped its own checkpoint though one is configured; null where one did, or none is. */
  untimed: z.string().nullable().default(null),
  revocation: z.array(z.object({ file: z.string(), kind: z.enum(['crl', 'ocsp']), from: z.string() })).default([]),
  /** Of whose certificates nothing was to be had when it was exported, and why. */
  unanswered: z.array(z.string()).default([]),
  missing: z.array(Hash),
  /** Commitment to the entry that says that its bytes were erased. */
  erased: z.record(Hash, Position).default({}),
})

/** What a bundle says of itself in `bundle.json`. */
export type BundleContent = z.infer<typeof BundleContent>

/** A revocation list or OCSP response, and where the exporter had it from. */
export type BundleRevocation = BundleContent['revocation'][number]

const Consistency = z.strictObject({
  version: z.literal(1),
  to: Position,
  proofs: z.array(z.strictObject({ from: Position, path: z.array(Hash) })),
})

/** Throws IntegrityError. */
export function readContent(files: BundleFiles): Promise<BundleContent> {
  return readJson(files, 'bundle.json', BundleContent)
}

/** The proofs that each earlier checkpoint is the beginning of the newest; throws IntegrityError. */
export function readConsistency(files: BundleFiles): Promise<z.infer<typeof Consistency>> {
  return readJson(files, 'consistency.json', Consistency)
}

/** Throws IntegrityError where the file is not there. */
export async function textOf(files: BundleFiles, name: string): Promise<string> {
  return Buffer.from(await files.read(name)).toString('utf8')
}

async function readJson<Shape extends z.ZodType>(
  files: BundleFiles,
  name: string,
  shape: Shape,
): Promise<z.output<Shape>> {
  const text = await textOf(files, name)
  try {
    return shape.parse(JSON.parse(text))
  } catch (cause) {
    throw new IntegrityError('AFD_BUNDLE_FILE', `${name} is not what it should be`, { cause, subject: name })
  }
}
