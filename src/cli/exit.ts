import { InvalidFileError } from '../config/problem.ts'
import type { Tally } from '../model/assessment.ts'
import { AffidavitError } from '../model/errors.ts'
import { printable, tell, wrap } from './terminal.ts'

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

/** 0 where every control that was judged holds or is excepted; 1 where findings are open, or nothing was judged at all. */
export function tallyCode(tally: Tally): number {
  const { 'not-applicable': _, ...judgements } = tally
  const judged = Object.values(judgements).some((each) => each > 0)
  return judged && tally['not-satisfied'] + tally.undetermined === 0 ? exitCodes.satisfied : exitCodes.findings
}

/** Somebody ended the command before it had done anything; the message says what that means. */
export class InterruptedError extends Error {}

/** Indented below the message; wrapped where a person reads it, one line where it goes to a file. */
function tellHint(hint: string): void {
  const { isTTY, columns } = process.stderr
  for (const line of isTTY ? wrap(hint, Math.max(60, columns) - 4) : [hint]) tell(`    ${line}`)
}

/** Says what went wrong and what to do, and returns the exit code. A bug is shown whole, so that it can be reported. */
export function explain(error: unknown): number {
  if (error instanceof InvalidFileError) {
    tell(printable(error.message))
    tell(`${error.problems.length} ${error.problems.length === 1 ? 'problem' : 'problems'} (${error.code})`)
    return error.exitCode
  }
  if (error instanceof AffidavitError) {
    tell(`affidavit: ${printable(error.message)} (${error.code})`)
    if (error.hint) tellHint(printable(error.hint))
    return error.exitCode
  }
  if (error instanceof InterruptedError) {
    tell(`affidavit: interrupted; ${error.message}`)
    return exitCodes.interrupted
  }
  if (error instanceof Error && error.name === 'AbortError') {
    tell('affidavit: interrupted; nothing half-done was left behind')
    return exitCodes.interrupted
  }
  tell('affidavit: this is a bug; please report it with what follows')
  tell(printable(error instanceof Error ? (error.stack ?? error.message) : String(error)))
  return exitCodes.bug
}
