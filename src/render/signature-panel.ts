/** Points of so many millimetres. */
const points = (mm: number): number => Math.round((mm * 7200) / 25.4) / 100

/**
 * Where the style sheet puts the signature's panel on a cover of A4, in points from the page's lower left corner: left,
 * bottom, right, top. It grows upwards where its texts are long.
 */
export const signaturePanel = [points(29), points(18), points(210 - 22), points(18 + 84)] as const
