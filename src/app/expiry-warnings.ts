import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AffidavitError } from '../model/errors.ts'
import { isLower } from '../model/signature-level.ts'
import { dayOf, type Instant, later } from '../model/time.ts'
import { crlEnd } from '../signing/keys/own-crl.ts'
import { describeCertificate } from '../signing/keys.ts'
import type { Project } from './project.ts'
import { levelAsked } from './raising.ts'

type Warning = { readonly message: string; readonly hint: string }

/** As long as it takes to have another certificate made. */
const noticeMs = 30 * 86_400_000

/** Certificates that reports are signed with, and revocation lists that they carry, which run out within 30 days or have. */
export async function expiryWarnings(project: Project): Promise<readonly Warning[]> {
  const { signing } = project.config
  const carriesLists = isLower('B-T', levelAsked(signing))
  const files = [
    ...signing.certificates.map((file) => ({
      file,
      until: (bytes: Uint8Array) => describeCertificate(bytes).notAfter,
      hint: 'reports cannot be signed from then on: have it renewed, or make or import another key',
    })),
    ...(carriesLists ? signing.revocation.crls : []).map((file) => ({
      file,
      until: crlEnd,
      hint: 'reports stay below B-LT from then on: affidavit keys crl makes the next list of a local authority',
    })),
  ]
  return (await Promise.all(files.map((each) => warningOf(project, each)))).flat()
}

async function warningOf(
  { config, directory, clock }: Project,
  {
    file,
    until,
    hint,
  }: { readonly file: string; readonly until: (bytes: Uint8Array) => Instant; readonly hint: string },
): Promise<readonly Warning[]> {
  try {
    const end = until(await readFile(resolve(directory, file)))
    const now = clock.now()
    if (end > later(now, noticeMs)) return []
    return [
      { message: `${file} ${end < now ? 'ran' : 'runs'} out on ${dayOf(end, config.organisation.timeZone)}`, hint },
    ]
  } catch (error) {
    // A file that is not there, or not what it should be, is told where it is needed.
    if (error instanceof AffidavitError || (error instanceof Error && 'code' in error)) return []
    throw error
  }
}
