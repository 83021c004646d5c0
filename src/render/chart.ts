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
      /** A line of time, from 0 to 1. */
      readonly kind: 'strip'
      readonly label: string
      readonly spans: readonly { readonly from: number; readonly to: number; readonly tone: ChartTone }[]
    }
