import type { Level } from '../model/control.ts'
import type { Instant } from '../model/time.ts'

/** The share of a bar or a strip, and what its colour says. */
export type ChartTone = 'good' | 'held' | 'bad' | 'warn' | 'none' | 'empty'

/** A chart as data: one question each, and the sentence that says what it shows to somebody who cannot see it. */
export type Chart =
  | {
      readonly kind: 'bar'
      readonly label: string
      readonly parts: readonly { readonly tone: ChartTone; readonly count: number }[]
    }
  | {
      readonly kind: 'matrix'
      readonly label: string
      readonly cells: readonly {
        readonly likelihood: Level
        readonly impact: Level
        readonly level: Level
        readonly count: number
      }[]
    }
  | {
      readonly kind: 'calendar'
      readonly label: string
      readonly days: readonly {
        readonly day: string
        readonly state: 'complete' | 'partial' | 'none' | 'idle' | 'ahead'
      }[]
    }
  | {
      readonly kind: 'trend'
      readonly label: string
      readonly timeZone: string
      readonly from: Instant
      readonly to: Instant
      readonly points: readonly { readonly at: Instant; readonly notSatisfied: number; readonly undetermined: number }[]
    }
  | {
      /** A row of dots, a column each: what a target offers. */
      readonly kind: 'dots'
      readonly label: string
      readonly dots: readonly {
        /** Full where it is offered, a ring where it is refused, a dash where it could not be found out, nothing where nobody asked. */
        readonly state: 'offered' | 'refused' | 'undetermined' | 'unasked'
        readonly tone: ChartTone
        /** Written into a full dot: how many cipher suites. */
        readonly count: number | null
      }[]
    }
  | {
      /** When something ends: a bar of time among others on the same axis; a row with no spans draws the axis. */
      readonly kind: 'timeline'
      readonly label: string
      readonly timeZone: string
      readonly from: Instant
      readonly to: Instant
      readonly now: Instant
      readonly spans: readonly { readonly from: Instant; readonly to: Instant; readonly tone: ChartTone }[]
    }
  | {
      /** Days back from the collection: configured as an outline, proven as a fill; a row without `log` draws the axis. */
      readonly kind: 'retention'
      readonly label: string
      /** The axis' end, in days. */
      readonly days: number
      readonly requiredDays: number | null
      readonly log: {
        /** `forever` reaches beyond the axis. */
        readonly configuredDays: number | 'forever' | null
        readonly provenDays: number
        /** Age of the oldest record in days: what lies before a gap exists, and proves nothing. */
        readonly oldestDays: number
        readonly gaps: readonly { readonly fromDays: number; readonly toDays: number }[]
        readonly tone: ChartTone
      } | null
    }
  | {
      /** A line of time, from 0 to 1. */
      readonly kind: 'strip'
      readonly label: string
      readonly spans: readonly { readonly from: number; readonly to: number; readonly tone: ChartTone }[]
    }
