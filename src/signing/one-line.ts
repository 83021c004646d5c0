/** Longer than this is no name or reason, and would push out of sight what stands beside it. */
const longestText = 500

/**
 * A text that somebody else wrote, as it is shown among our own sentences: one line of at most 501 characters, control and
 * direction characters made visible. Anybody may sign, under a certificate that says whatever they like.
 */
export function oneLine(text: string): string {
  const plain = withoutControls(text)
  return plain.length > longestText ? `${plain.slice(0, longestText).toWellFormed()}…` : plain
}

/** The same text, each character that could make it look like others, or write on a terminal, made visible. */
export const withoutControls = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
