import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { AffidavitError } from '../model/errors.ts'
import type { SignatureLevel } from '../model/signature-level.ts'
import type { Clock } from '../model/time.ts'
import type { ListAtHand, ValidationSources } from '../signing/cms/validation-data.ts'
import { readCrlFile } from '../signing/keys/own-crl.ts'
import { revocationOverHttp } from './ask-revocation.ts'
import type { Project } from './project.ts'

/** The level at which a configuration has its reports issued. */
export const levelAsked = ({ level, timestamp }: Config['signing']): SignatureLevel =>
  level ?? (timestamp ? 'B-T' : 'B-B')

/** Why a report is signed, as its signature and its cover state it. */
export const signatureReason = ({ reason }: Config['signing']): string => reason ?? 'Issued as an audit evidence report'

/** Where revocation data come from: services, as far as they may be asked, and lists in files. */
export async function revocationSources(options: {
  /** `host` or `host:port`; any public one where absent. */
  readonly hosts?: readonly string[] | undefined
  /** Files, PEM or DER. */
  readonly crls: readonly string[]
  readonly clock: Clock
  readonly signal: AbortSignal
}): Promise<ValidationSources> {
  const { hosts, clock, signal } = options
  const crls = await Promise.all(options.crls.map(readList))
  return { ask: revocationOverHttp({ clock, ...(hosts ? { hosts } : {}) }), crls, signal }
}

/** The same, as a configuration says. */
export function configuredSources(
  { config, directory, clock }: Project,
  signal: AbortSignal,
): Promise<ValidationSources> {
  const { hosts, crls } = config.signing.revocation
  return revocationSources({ hosts, crls: crls.map((file) => resolve(directory, file)), clock, signal })
}

/** The revocation lists in the configuration's files that can be read, DER. */
export async function listsAtHand({ config, directory }: Project): Promise<readonly Uint8Array[]> {
  const lists = await Promise.all(config.signing.revocation.crls.map((file) => readList(resolve(directory, file))))
  return lists.flatMap(({ bytes }) => (bytes ? [bytes] : []))
}

/** A list that cannot be read is told where it would have been needed; it stops nothing. */
async function readList(path: string): Promise<ListAtHand> {
  const title = basename(path)
  try {
    return { title, bytes: readCrlFile(await readFile(path)) }
  } catch (error) {
    if (!(error instanceof AffidavitError || (error instanceof Error && 'code' in error))) throw error
    return { title, bytes: null }
  }
}
