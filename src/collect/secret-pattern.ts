/** Text that looks like a secret, and what of it to hide. Every expression takes time linear in the text. */
export type Pattern = {
  readonly kind: string
  readonly find: RegExp
  readonly hide: Hide
}

/** The text to put in place of a match; `groups[0]` is the match. */
export type Hide = (groups: readonly (string | undefined)[], mask: (value: string) => string) => string

/** Hides the match. */
export const whole: Hide = ([match = ''], mask) => mask(match)

/** Hides the second group and keeps the first. */
export const last: Hide = (groups, mask) => `${groups[1] ?? ''}${mask(groups[2] ?? '')}`
