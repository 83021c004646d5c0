import { InvalidFileError } from '../config/problem.ts'
import { AffidavitError } from '../model/errors.ts'
import { printable, tell } from './terminal.ts'

/** Exit codes, as documented in README.md. */
export const exitCodes = {
  satisfied: 0,
  findings: 1,
  configuration: 2,
  store: 3,
  integrity: 4,
  signing: 5,
  render: 6,
  bug: 70,
  interrupted: 130,
} as const

/** Somebody ended the command before it had done anything; the message says what that means. */
export class InterruptedError extends Error {}

/** Says what went wrong and what to do, and returns the exit code. A bug is shown whole, so that it can be reported. */
export function explain(error: unknown): number {
  if (error instanceof InvalidFileError) {
    tell(printable(error.message))
    tell(`${error.problems.length} ${error.problems.length === 1 ? 'problem' : 'problems'} (${error.code})`)
    return error.exitCode
  }
  if (error instanceof AffidavitError) {
    tell(`affidavit: ${printable(error.message)} (${error.code})`)
    if (error.hint) tell(`    ${printable(error.hint)}`)
    return error.exitCode
  }
  if (error instanceof InterruptedError) {
    tell(`affidavit: interrupted; ${error.message}`)
    return exitCodes.interrupted
  }
  if (error instanceof Error && error.name === 'AbortError') {
    tell('affidavit: interrupted; what was collected until then is kept')
    return exitCodes.interrupted
  }
  tell('affidavit: this is a bug; please report it with what follows')
  tell(printable(error instanceof Error ? (error.stack ?? error.message) : String(error)))
  return exitCodes.bug
}
