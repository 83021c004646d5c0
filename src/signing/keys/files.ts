import { chmod, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from '../../disk/make-folder.ts'
import { SigningError } from '../../model/errors.ts'

/**
 * Writes a new file that only its owner may read (0600), in a directory that only its owner may enter where it has to
 * be made. A file that is there already is never touched: SigningError `AFD_KEY_EXISTS`.
 */
export async function writeSecretFile(path: string, content: string | Uint8Array): Promise<void> {
  try {
    makeFolder(dirname(path), 0o700)
  } catch (error) {
    throw unwritable(path, error)
  }
  try {
    await using file = await open(path, 'wx', 0o600)
    await file.writeFile(content)
    await file.sync()
    await chmod(path, 0o600)
  } catch (error) {
    if (isCode(error, 'EEXIST')) {
      throw new SigningError('AFD_KEY_EXISTS', `${path} is there already and stays as it is`, {
        hint: 'Move the old file away first, or name another one. Reports signed with the old key still need its certificate.',
        subject: path,
      })
    }
    throw unwritable(path, error)
  }
}

function unwritable(path: string, cause: unknown): SigningError {
  return new SigningError('AFD_KEY_FILE', `${path} cannot be written`, {
    hint: 'Check that the folder exists and that you may write there.',
    subject: path,
    cause,
  })
}

/** The bytes of a key or certificate file; throws SigningError `AFD_KEY_FILE`. */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new SigningError('AFD_KEY_FILE', `${path} cannot be read`, {
      hint: isCode(error, 'ENOENT')
        ? 'Check its path; `affidavit init` and `affidavit keys make` make keys.'
        : 'Check its permissions.',
      subject: path,
      cause: error,
    })
  }
}

/** Work on what a file holds; a SigningError of it that names no file is told with the file's path before its message. */
export async function aboutFile<Result>(path: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SigningError) || error.subject !== undefined) throw error
    const { code, message, hint } = error
    throw new SigningError(code, `${path}: ${message}`, { ...(hint ? { hint } : {}), subject: path, cause: error })
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
