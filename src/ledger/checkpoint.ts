import { IntegrityError } from '../model/errors.ts'
import { decodeBase64 } from './note.ts'

/** The text of a checkpoint, https://c2sp.org/tlog-checkpoint, without extension lines. */
export type TreeHead = {
  readonly origin: string
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** The text to be signed: origin, size, root in base64, each on its line. */
export function formatTreeHead({ origin, size, root }: TreeHead): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
}

/** Reads a checkpoint's text; throws IntegrityError `AFD_CHECKPOINT_FORMAT` for anything else. Extension lines are allowed. */
export function parseTreeHead(text: string): TreeHead {
  const lines = text.split('\n')
  const last = lines.pop()
  const [origin = '', digits = '', encoded = ''] = lines
  const size = Number(digits)
  const root = decodeBase64(encoded)
  const sound = last === '' && lines.every((line) => line !== '') && /^(?:0|[1-9]\d{0,15})$/.test(digits)
  if (!sound || !Number.isSafeInteger(size) || origin === '' || root?.length !== 32) {
    throw new IntegrityError(
      'AFD_CHECKPOINT_FORMAT',
      'not a checkpoint: it must be origin, size and root on a line each',
    )
  }
  return { origin, size, root }
}

/** Whether a text can be an origin: one line, without spaces and plus signs, so that it can name the key as well. */
export function isOrigin(text: string): boolean {
  return /^[^\s+]{1,255}$/u.test(text) && text.isWellFormed() && !Array.from(text).some((character) => character < ' ')
}
