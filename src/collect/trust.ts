import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { CollectionError } from '../model/errors.ts'

/**
 * Whom HTTPS trusts: the Mozilla roots that Node brings with it and the target's own PEM files, and nothing that the
 * machine or the environment adds, so that the same target is judged alike everywhere.
 */
export async function trustContext(files: readonly string[], baseDirectory: string): Promise<SecureContext> {
  if (files.length === 0) {
    bundled ??= createSecureContext({ ca: [...rootCertificates] })
    return bundled
  }
  const extra = await Promise.all(files.map((file) => readAnchors(resolve(baseDirectory, file))))
  return createSecureContext({ ca: [...rootCertificates, ...extra] })
}

let bundled: SecureContext | undefined

async function readAnchors(path: string): Promise<string> {
  const pem = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CollectionError(
      error.code === 'ENOENT' ? 'not-found' : 'unreadable',
      `the trust file ${path} cannot be read (${error.code ?? error.message})`,
      { subject: path, hint: 'Name a PEM file under trust:, relative to the configuration file.' },
    )
  })
  const wrong = anchorProblem(pem)
  if (wrong === undefined) return pem
  throw new CollectionError('unparsable', `the trust file ${path} ${wrong}`, {
    subject: path,
    hint: 'It must hold one or more certificates between BEGIN CERTIFICATE and END CERTIFICATE.',
  })
}

function anchorProblem(pem: string): string | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
  if (blocks === null) return 'holds no PEM certificate'
  try {
    // OpenSSL passes over what it cannot parse, and the server would then seem untrusted for no reason.
    for (const block of blocks) new X509Certificate(block)
    return undefined
  } catch (error) {
    return `does not parse (${error instanceof Error ? error.message : String(error)})`
  }
}
