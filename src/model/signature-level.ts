/** PAdES baseline levels (EN 319 142-1 section 6), each with all that the one before it has. */
export const signatureLevels = ['B-B', 'B-T', 'B-LT', 'B-LTA'] as const
export type SignatureLevel = (typeof signatureLevels)[number]

/** Whether the first is lower than the second. */
export const isLower = (level: SignatureLevel, other: SignatureLevel): boolean =>
  signatureLevels.indexOf(level) < signatureLevels.indexOf(other)
