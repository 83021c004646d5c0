import { basename } from 'node:path'
import { millis } from '../../model/time.ts'
import type { RevocationData } from '../../signing/cms/revocation-status.ts'
import { type Asked, gatherRevocation } from '../../signing/gather-revocation.ts'
import type { Project } from '../project.ts'
import { configuredSources, listsAtHand } from '../raising.ts'
import { reportRevocation } from '../revocation-at-hand.ts'
import { type BundleRevocation, revocationFolder } from './content.ts'
import type { BundleWriter } from './files.ts'

type Added = {
  readonly revocation: readonly BundleRevocation[]
  /** About whom nothing was to be had, and why, a sentence each. */
  readonly unanswered: readonly string[]
}

/**
 * Puts every revocation list and OCSP response that is known into a bundle: what the services of the certificates that
 * are asked about say now, the lists of the configuration, and what the reports with these ids hold.
 */
export async function addRevocation(
  bundle: BundleWriter,
  project: Project,
  { reports, ...asked }: Asked & { readonly reports: ReadonlySet<string> },
  signal: AbortSignal,
): Promise<Added> {
  const sources = await configuredSources(project, signal)
  const { missing, ...answers } = await gatherRevocation(asked, { ...sources, now: millis(project.clock.now()) })
  const isOfReport = (file: string) => reports.has(basename(file, '.pdf').replace(/-timestamped(?:-\d+)?$/, ''))
  const revocation = await addFiles(bundle, [
    { from: 'asked at the export', data: answers },
    { from: 'configuration', data: { ocsps: [], crls: await listsAtHand(project) } },
    ...(await reportRevocation(project, isOfReport)).map(({ file, data }) => ({ from: file, data })),
  ])
  return { revocation, unanswered: missing }
}

async function addFiles(
  bundle: BundleWriter,
  known: readonly { readonly from: string; readonly data: RevocationData }[],
): Promise<readonly BundleRevocation[]> {
  const listed = new Map<string, BundleRevocation>()
  const all = known.flatMap(({ from, data }) => [
    ...data.crls.map((bytes) => ({ kind: 'crl' as const, bytes, from })),
    ...data.ocsps.map((bytes) => ({ kind: 'ocsp' as const, bytes, from })),
  ])
  for (const { kind, bytes, from } of all) {
    const key = Buffer.from(bytes).toString('latin1')
    if (listed.has(key)) continue
    const file = `${revocationFolder}${String(listed.size + 1).padStart(3, '0')}.${kind}`
    await bundle.add(file, bytes)
    listed.set(key, { file, kind, from })
  }
  return [...listed.values()]
}
