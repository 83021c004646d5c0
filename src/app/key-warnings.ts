import { ConfigError, SigningError } from '../model/errors.ts'
import { keyRequest, openLedgerKey } from './keys.ts'
import type { Project } from './project.ts'
import { openSigner } from './report-key.ts'

type Warning = { readonly message: string; readonly hint: string }

/** Told by other warnings in better words: a file or passphrase that is not there, a certificate that ran out. */
const toldElsewhere = ['AFD_KEY_FILE', 'AFD_PASSPHRASE_ABSENT', 'AFD_CERTIFICATE_VALIDITY']

/** Keys in files that will not sign: of a wrong kind, under another passphrase, or without a certificate of their own. */
export async function keyWarnings(project: Project): Promise<readonly Warning[]> {
  const { signing } = project.config
  const opening = [
    { name: 'the ledger key', open: () => openLedgerKey(project) },
    ...(signing.key.kind === 'file'
      ? [
          {
            name: 'the report key',
            open: () => openSigner(keyRequest(project), project.clock, new AbortController().signal),
          },
        ]
      : []),
  ]
  return (await Promise.all(opening.map(warningOf))).flat()
}

async function warningOf(key: { readonly name: string; open(): Promise<unknown> }): Promise<readonly Warning[]> {
  try {
    await key.open()
    return []
  } catch (error) {
    if (!(error instanceof SigningError || error instanceof ConfigError)) throw error
    if (toldElsewhere.includes(error.code)) return []
    return [{ message: `${key.name} cannot be used: ${error.message}`, hint: error.hint ?? 'see docs/keys.md' }]
  }
}
