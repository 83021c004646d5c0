import { ConfigError } from '../model/errors.ts'

/** One thing that is wrong in a file, with its place (both counted from 1). */
export type Problem = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  readonly hint?: string
}

/** Everything that is wrong with a file, at once. Its message has one line a problem; no value of the file is quoted. */
export class InvalidFileError extends ConfigError {
  readonly problems: readonly Problem[]

  constructor(code: string, problems: readonly Problem[]) {
    const sorted = problems.toSorted(inReadingOrder)
    super(code, sorted.map(problemText).join('\n'), { subject: sorted[0]?.file ?? '' })
    this.problems = sorted
  }
}

function inReadingOrder(a: Problem, b: Problem): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column
}

/** `affidavit.yaml:12:5: port must be 1-65535`. */
export function problemText({ file, line, column, message, hint }: Problem): string {
  return `${file}:${line}:${column}: ${message}${hint ? `\n    ${hint}` : ''}`
}
