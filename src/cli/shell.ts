/** What a command is told of its surroundings; it returns the exit code. */
export type Shell = {
  readonly signal: AbortSignal
  /** Ends the command with an exit code once it has nothing more to do. */
  exit(code: number): void
}
