import { evilAnnotations } from './annotations.ts'
import { appendedBytes, attachmentSwaps, contentFlips, truncations } from './bytes.ts'
import { rangeGames, universalForgeries } from './forgery.ts'
import { laterData } from './later-data.ts'
import type { Tampering } from './report.ts'
import { shadows } from './shadows.ts'
import { cmsFlips, swappedSigners, timestampFlips } from './signers.ts'
import { strangers } from './strangers.ts'
import { incrementalSavings } from './updates.ts'
import { wrappings } from './wrapping.ts'

/** Every published way to tamper with a signed PDF that we know, by class. */
export const tamperings: { readonly [className: string]: readonly Tampering[] } = {
  'universal signature forgery': universalForgeries,
  'games with the signed range': rangeGames,
  'incremental saving': incrementalSavings,
  'signature wrapping': wrappings,
  'shadow attacks': shadows,
  'evil annotations and sneaky signatures': evilAnnotations,
  'changed bytes in the content': contentFlips,
  'changed bytes in the signature': cmsFlips,
  'changed bytes in the timestamp': timestampFlips,
  'swapped signers': swappedSigners,
  'signatures of strangers': strangers,
  'replaced attachments': attachmentSwaps,
  'appended bytes': appendedBytes,
  truncation: truncations,
  'validation data and document timestamps': laterData,
}
