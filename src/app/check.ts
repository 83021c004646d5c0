/** One thing that was checked; `holds` is null where it could not be. */
export type Check = { readonly holds: boolean | null; readonly sentence: string }

/** Up to so many problems are named in a sentence. */
const mostNamed = 8

/** A check that fails for the given reasons, sentences of their own, or holds as `otherwise` says. */
export function checkOf(problems: readonly string[], otherwise: string): Check {
  return problems.length === 0
    ? { holds: true, sentence: otherwise }
    : { holds: false, sentence: problemsText(problems) }
}

/** The first of many sentences, and how many more there are. */
export function problemsText(problems: readonly string[]): string {
  const more = problems.length > mostNamed ? ` And ${problems.length - mostNamed} more.` : ''
  return `${problems.slice(0, mostNamed).join(' ')}${more}`
}
