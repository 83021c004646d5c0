import type { Chart } from './chart.ts'

/**
 * What a template needs to draw a report, and nothing else: data, and text that is already formatted (dates as
 * `9 Sep 2026` in the organisation's zone, times with their offset). Wording that no figure changes is the templates'.
 */
export type Document = AuditDocument

/** What a colour says; a word always stands beside it. `held` is satisfied again after a failure. */
export type Tone = 'good' | 'held' | 'bad' | 'warn' | 'none' | 'plain'

/** A word on its colour. */
export type Chip = { readonly tone: Tone; readonly text: string }

/** A number that carries a page, and what it counts. */
export type Figure = {
  readonly tone: Tone
  readonly value: string
  readonly label: string
  readonly note: string | null
}

/** A name and its value, printed as a pair. */
export type Pair = { readonly name: string; readonly value: string }

/** A section's anchor, number and title; contents, running heads and outline come from it. */
export type Heading = {
  readonly id: string
  readonly number: number
  readonly title: string
  /** Where true it goes on below the section before it. */
  readonly flows: boolean
  /** Where true it has next to nothing to say, and the running head of its page leaves it out. */
  readonly slight?: boolean
}

export type AuditDocument = {
  readonly kind: 'audit'
  /** For the file's properties and the browser's tab. */
  readonly title: string
  /** `AER-2026-Q3-0001`. */
  readonly id: string
  readonly organisation: string
  /** `1 Jul – 30 Sep 2026`. */
  readonly period: string
  readonly contents: readonly Heading[]
  readonly cover: Cover
  readonly about: About
  readonly summary: Summary
  readonly findings: Findings
  readonly exceptions: Exceptions
  readonly comparison: ComparisonSection
  readonly population: Population
  readonly evidence: EvidenceIndex
  readonly verification: Verification
  /** Null where no target reports protocols, certificates or logs. */
  readonly inventory: Inventory | null
  readonly annex: Annex
}

export type Cover = {
  readonly title: string
  /** True where the title needs a smaller size. */
  readonly longTitle: boolean
  readonly subtitle: string
  readonly period: string
  /** Said where the period has not ended. */
  readonly running: string | null
  readonly figures: readonly Figure[]
  /** The panel of the signature, printed before it is made: it says what is asked for, never what was reached. */
  readonly signer: string
  readonly reason: string
  readonly location: string | null
  readonly level: string
  readonly algorithm: string
  readonly time: string
  readonly issued: string
  readonly fingerprint: string
  readonly ledgerSize: string
  readonly root: string
  /** What bounds the time of the evidence: a sentence; null where nothing was asked for. */
  readonly ledgerTime: string | null
}

export type About = {
  readonly heading: Heading
  readonly systems: readonly {
    readonly name: string
    readonly description: string | null
    readonly owner: string
    readonly data: string
    readonly components: readonly {
      readonly name: string
      readonly ref: string
      readonly owner: string
      readonly targets: string
    }[]
  }[]
  readonly period: string
  readonly asOf: string
  readonly timeZone: string
  readonly controls: string
  readonly catalogue: string
  /** `4 kinds`. */
  readonly collectorKinds: string
  readonly collectors: readonly {
    readonly id: string
    readonly looksAt: string
    readonly methods: string
    readonly targets: string
    readonly collections: string
  }[]
}

export type Summary = {
  readonly heading: Heading
  readonly lead: string
  readonly figures: readonly Figure[]
  readonly objectives: readonly {
    readonly title: string
    readonly held: string
    readonly not: string
    readonly excepted: string
    readonly undetermined: string
    readonly bar: Chart
  }[]
  /** The open findings of the highest risk. */
  readonly foremost: readonly {
    readonly href: string
    readonly control: string
    readonly title: string
    readonly component: string
    readonly reason: string
    readonly risk: Chip
  }[]
  readonly matrix: Chart
  readonly matrixNote: string
  readonly calendar: Chart | null
  readonly calendarNote: string
  /** Null where fewer than two runs fell into the period. */
  readonly trend: Chart | null
  readonly trendNote: string
  readonly since: {
    readonly title: string
    readonly changes: readonly {
      readonly chip: Chip
      readonly title: string
      readonly component: string
      readonly note: string
    }[]
    /** What the section says beyond the changes shown. */
    readonly more: string | null
  }
}

export type Findings = {
  readonly heading: Heading
  readonly intro: string
  /** Every finding that is not satisfied, by risk. */
  readonly register: readonly {
    readonly href: string
    readonly control: string
    readonly title: string
    readonly component: string
    readonly risk: Chip
    readonly since: string
    readonly state: Chip
  }[]
  readonly objectives: readonly FindingsOfObjective[]
}

export type FindingsOfObjective = {
  readonly id: string
  readonly title: string
  readonly tally: string
  /** Not satisfied, excepted, then undetermined. */
  readonly full: readonly FullFinding[]
  /** Failed within the period and hold again. */
  readonly closed: readonly ClosedFinding[]
  /** Satisfied, then not applicable; a row a finding, by control. */
  readonly compact: readonly {
    readonly state: Chip
    readonly count: string
    readonly controls: readonly {
      readonly control: string
      readonly title: string
      readonly findings: readonly CompactFinding[]
    }[]
  }[]
}

/** A control that does not hold somewhere, told once, with what was seen at each component. */
export type FullFinding = {
  readonly tone: Tone
  readonly control: string
  readonly title: string
  /** Null where the components differ and each says its own. */
  readonly risk: string | null
  readonly statement: string
  readonly why: string
  readonly remediation: string
  readonly references: readonly Pair[]
  /** The most urgent first. */
  readonly components: readonly FullComponent[]
  /** Commands, once where several components share them; `components` is null where there is only one. */
  readonly reperform: readonly { readonly components: string | null; readonly commands: readonly string[] }[]
}

export type FullComponent = {
  readonly id: string
  readonly component: string
  readonly chips: readonly Chip[]
  readonly risk: string | null
  readonly reason: string
  readonly observations: ObservationTable | null
  /** Observations that failed earlier and hold now. */
  readonly healed: ObservationTable | null
  readonly exception: string | null
  /** Null where it stood the same way at every collection. */
  readonly history: Chart | null
  readonly historyNote: string
}

/** The facts that a rule read: as columns where they are few and short, else as pairs in one cell. */
export type ObservationTable = {
  /** What all subjects share, said once above the table: the subject itself where there is one, else its origin. */
  readonly shared: string | null
  /** Whether rows have their subject in a cell. */
  readonly subjects: boolean
  /** Whether those need a column of their own size. */
  readonly long: boolean
  /** The day on which all were collected; null where they differ and each row says its own. */
  readonly collected: string | null
  /** How many columns the table has. */
  readonly span: number
  /** Names of the facts that have a column of their own. */
  readonly columns: readonly string[]
  readonly rows: readonly ObservationRow[]
}

export type ObservationRow = {
  /** Null where no row has a cell for it. */
  readonly subject: string | null
  /** Whether the row above has the same. */
  readonly repeated: boolean
  readonly cells: readonly string[]
  readonly pairs: readonly Pair[]
  readonly result: Chip
  /** Null where the row above says the same, or where it needs the table's whole width. */
  readonly reason: string | null
  /** What needs the whole width: a long reason, long lists. */
  readonly detail: string | null
  readonly lists: readonly { readonly name: string; readonly items: readonly string[] }[]
  readonly collected: string
  readonly evidence: string
  /** Whether raw bytes behind it were erased. */
  readonly erased: boolean
  readonly href: string
}

export type ClosedFinding = {
  readonly id: string
  readonly control: string
  readonly title: string
  readonly component: string
  readonly reason: string
  readonly failed: string
  readonly evidence: readonly EvidenceLink[]
  readonly history: Chart | null
}

export type CompactFinding = {
  readonly id: string
  readonly component: string
  readonly reason: string
  readonly collections: string
  readonly evidence: readonly EvidenceLink[]
}

/** `E-40118`, or a run of them, `E-40118 – E-40125`, linked to the first; an empty `href` links to nothing. */
export type EvidenceLink = { readonly href: string; readonly text: string }

export type Exceptions = {
  readonly heading: Heading
  readonly list: readonly {
    readonly id: string
    readonly state: Chip
    readonly control: string
    readonly title: string
    readonly component: string
    readonly reason: string
    readonly compensating: string
    readonly approver: string
    readonly approved: string
    readonly expires: string
  }[]
}

export type ComparisonSection = {
  readonly heading: Heading
  /** Null where there is no previous period to compare with. */
  readonly before: string | null
  readonly figures: readonly Figure[]
  readonly groups: readonly {
    readonly title: string
    readonly changes: readonly {
      readonly control: string
      readonly title: string
      /** Those at which the control moved in the same way for the same reason. */
      readonly components: readonly string[]
      /** `was not satisfied, is satisfied`; empty where the group's title says it. */
      readonly moved: string
      readonly chip: Chip
      readonly cause: string
      readonly reason: string
      /** What differs, and for which subjects; the reason is then empty where it says no more. */
      readonly facts: readonly { readonly subjects: readonly string[]; readonly changes: readonly string[] }[]
    }[]
    /** Those of which there is nothing to say but that they stand as before, by component. */
    readonly asBefore: readonly {
      readonly component: string
      readonly controls: readonly { readonly href: string; readonly control: string; readonly title: string }[]
    }[]
  }[]
  readonly unchanged: string
}

export type Population = {
  readonly heading: Heading
  readonly figures: readonly Figure[]
  readonly targets: readonly {
    readonly target: string
    readonly component: string
    readonly collector: string
    readonly subject: string
    readonly expectation: string
    readonly expected: string
    readonly collected: string
    readonly late: string
    readonly failed: string
    readonly missing: string
    readonly byHand: string
    readonly strip: Chart
  }[]
  readonly gaps: readonly {
    /** `every target`, or their names. */
    readonly targets: readonly string[]
    readonly when: string
    readonly slots: string
    readonly state: Chip
    readonly explanation: string
  }[]
  readonly unmeasured: readonly {
    readonly control: string
    readonly title: string
    readonly system: string
    readonly reason: string
  }[]
  /** Null where nothing was erased, and no policy or hold says anything. */
  readonly retention: {
    readonly erasures: readonly {
      readonly number: string
      readonly when: string
      readonly policy: string
      readonly artefacts: string
      readonly why: string
    }[]
    readonly holds: readonly {
      readonly id: string
      readonly scope: string
      readonly since: string
      readonly until: string
      readonly reason: string
      readonly approver: string
    }[]
    readonly policies: readonly {
      readonly id: string
      readonly scope: string
      readonly keep: string
      readonly basis: string
    }[]
  } | null
}

export type EvidenceIndex = {
  readonly heading: Heading
  readonly intro: string
  /** Of how many entries raw bytes were erased; null of none. */
  readonly erased: string | null
  readonly groups: readonly {
    /** `E-40118 to E-40342`; null where there is one group. */
    readonly title: string | null
    readonly entries: readonly {
      readonly id: string
      readonly number: string
      readonly kind: string
      readonly subject: string
      readonly collected: string
      readonly collector: string
      readonly digest: string
      readonly artefacts: string
      /** What was erased of them, when, under which policy, as which entry. */
      readonly erased: readonly string[]
    }[]
  }[]
}

export type Verification = {
  readonly heading: Heading
  readonly file: string
  readonly command: string
  readonly signer: string
  readonly fingerprint: string
  readonly timed: boolean
  readonly timestampAuthority: string
  readonly origin: string
  readonly size: string
  readonly root: string
  readonly checkpoint: string | null
  /** The checkpoint and the key that signed it, where both are attached. */
  readonly note: { readonly file: string; readonly key: string } | null
  /** The time stamp over the checkpoint, or why there is none. */
  readonly stamp:
    | { readonly file: string; readonly time: string; readonly authority: string; readonly untimed: null }
    | { readonly untimed: string }
    | null
  /** The entry that the steps take as their example, where the entries are attached. */
  readonly sample: {
    readonly file: string
    readonly entry: string
    readonly number: string
    readonly digest: string
  } | null
  readonly attachments: readonly { readonly name: string; readonly description: string }[]
}

export type Inventory = {
  readonly heading: Heading
  /** Which versions each target speaks. */
  readonly protocols: {
    readonly versions: readonly string[]
    readonly rows: readonly {
      readonly subject: string
      readonly component: string
      readonly dots: Chart
      readonly evidence: readonly EvidenceLink[]
      /** What was erased of the bytes behind it, when, under which policy, as which entry. */
      readonly erased: readonly string[]
    }[]
  } | null
  /** When certificates end, the first to end first. */
  readonly certificates: {
    readonly axis: Chart
    readonly rows: readonly {
      readonly subject: string
      readonly component: string
      readonly name: string
      readonly issuer: string
      /** Whether only clients that name no host get it. */
      readonly withoutName: boolean
      /** Its certificate timestamps, in a few words; null where it has none. */
      readonly timestamps: string | null
      readonly key: string
      readonly signature: string
      readonly ends: string
      readonly left: string
      readonly problems: readonly string[]
      readonly timeline: Chart | null
      readonly evidence: readonly EvidenceLink[]
      /** What was erased of the bytes behind it, when, under which policy, as which entry. */
      readonly erased: readonly string[]
    }[]
  } | null
  /** How long logs really reach. */
  readonly logs: {
    readonly axis: Chart
    readonly rows: readonly {
      readonly subject: string
      readonly component: string
      readonly configured: string
      readonly proven: string
      readonly required: string
      readonly gaps: string
      readonly chart: Chart
      readonly evidence: readonly EvidenceLink[]
      /** What was erased of the bytes behind it, when, under which policy, as which entry. */
      readonly erased: readonly string[]
    }[]
  } | null
}

export type Annex = {
  readonly heading: Heading
  readonly catalogue: string
  readonly objectives: readonly {
    readonly title: string
    readonly controls: readonly {
      readonly id: string
      readonly title: string
      readonly statement: string
      readonly kind: string
      readonly expect: string
      readonly severity: string
      readonly source: string
      readonly parameters: readonly (Pair & { readonly description: string })[]
      readonly references: readonly Pair[]
    }[]
  }[]
  readonly runs: readonly {
    readonly run: string
    readonly slot: string
    readonly started: string
    readonly duration: string
    readonly state: Chip
    readonly completed: string
    readonly failed: string
  }[]
}
