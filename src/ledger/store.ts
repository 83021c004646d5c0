import type { LedgerState } from '../model/assessment.ts'
import type { Sha256 } from '../model/digest.ts'
import type { Entry, NewEntry } from '../model/evidence.ts'
import type { Instant } from '../model/time.ts'

/** The ledger's Ed25519 key, as far as the ledger needs to know it; the private half stays where it is. */
export type NoteSigner = {
  /** The key name in signature lines: no space, no plus sign. By convention the ledger's origin. */
  readonly name: string
  /** 32 bytes, RFC 8032. */
  readonly publicKey: Uint8Array
  /** The 64-byte signature over exactly these bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** A signed statement of the ledger's size and root. */
export type Checkpoint = {
  /** Entries. */
  readonly size: number
  readonly root: Sha256
  /** The signed note, C2SP tlog-checkpoint. */
  readonly note: string
  /** What the machine's clock said; the note does not cover it, an RFC 3161 time stamp does. */
  readonly created: Instant
}

/** An RFC 3161 time stamp over a checkpoint: all that the checkpoint states was there at that time. */
export type CheckpointTimestamp = {
  /** The note of the checkpoint: the token is over SHA-256 of its UTF-8 bytes, signature lines included. */
  readonly note: string
  /** TimeStampToken, DER. */
  readonly token: Uint8Array
  /** What the machine's clock said when it came. */
  readonly received: Instant
}

/** An entry and the very bytes that were hashed. */
export type StoredEntry = { readonly entry: Entry; readonly bytes: Uint8Array }

/** Which entries; every condition given must hold. */
export type EntryQuery = {
  /** Earliest `collected`, inclusive. */
  readonly from?: Instant
  /** Latest `collected`, exclusive. */
  readonly to?: Instant
  readonly kinds?: readonly string[]
  /** `system/component`. */
  readonly component?: string
  /** `system/component/target`. */
  readonly target?: string
  readonly run?: string
  /** Only entries behind this sequence in the chosen order. */
  readonly after?: number
  readonly limit?: number
  /** By sequence; `asc` where absent. */
  readonly order?: 'asc' | 'desc'
}

/**
 * Evidence at rest: append and read, and erase artefact bytes as an act that is itself an entry. What `append` or `checkpoint` acknowledged survives a crash of the
 * process and of the machine. Failures are StoreErrors; evidence that is not what it was is an IntegrityError.
 */
export type Store = AsyncDisposable & {
  readonly origin: string
  /**
   * Appends all of the entries with their artefacts, or none; several processes may append at the same time. With
   * `newRun`, StoreError `AFD_STORE_RUN_TAKEN` where the ledger has entries of one of their runs already.
   */
  append(entries: readonly NewEntry[], options?: { readonly newRun?: boolean }): Promise<readonly Entry[]>
  /** Entries by sequence, read page by page; what is appended after the first page was asked for does not appear. */
  entries(query?: EntryQuery): AsyncIterable<StoredEntry>
  entry(sequence: number): Promise<StoredEntry | undefined>
  /** The bytes behind a commitment, SHA-256(salt ‖ bytes); undefined where the store does not hold them. */
  artefact(commitment: Sha256): Promise<{ readonly salt: Uint8Array; readonly bytes: Uint8Array } | undefined>
  /** Commitments of all artefacts whose bytes the store holds. */
  artefacts(): Promise<ReadonlySet<Sha256>>
  /**
   * Appends entries and removes salt, bytes and digest of the artefacts that `artefact.erased` entries among them name,
   * all of it or nothing. StoreError where an entry from sequence `asOf` on refers to one of these artefacts, too.
   */
  erase(entries: readonly NewEntry[], asOf: number): Promise<readonly Entry[]>
  /** The `artefact.erased` entry that names a commitment; undefined where there is none. */
  erasure(commitment: Sha256): Promise<Entry | undefined>
  /**
   * Takes what was erased out of the files for good, free places and write-ahead log included. False where another
   * process is in the way: what was erased is gone from the ledger, but its bytes may still be found in the files.
   */
  scrub(): Promise<boolean>
  state(): Promise<LedgerState>
  /**
   * Signs the current size and root and keeps the note. Throws IntegrityError, and signs nothing, where the tree no
   * longer contains what the newest checkpoint stated.
   */
  checkpoint(signer: NoteSigner): Promise<Checkpoint>
  /** Oldest first. */
  checkpoints(): Promise<readonly Checkpoint[]>
  /** Keeps a token that was checked over a checkpoint of this store; StoreError `AFD_STORE_NO_CHECKPOINT` where it has none. */
  keepTimestamp(stamp: Pick<CheckpointTimestamp, 'note' | 'token'>): Promise<CheckpointTimestamp>
  /** Oldest first. */
  timestamps(): Promise<readonly CheckpointTimestamp[]>
  /** The audit path of entry `sequence` in the ledger as it was at `size` entries, nearest first, RFC 9162 2.1.3. */
  inclusionProof(sequence: number, size: number): Promise<readonly Uint8Array[]>
  /** The proof that the ledger of `from` entries (at least 1) is the beginning of that of `to`, RFC 9162 2.1.4. */
  consistencyProof(from: number, to: number): Promise<readonly Uint8Array[]>
  /**
   * The right to run, held by one process at a time and lost when that process ends, however it ends. StoreError
   * `AFD_STORE_RUN_IN_PROGRESS` where another holds it, and from every later write where another took it because the
   * lock's file was deleted.
   */
  lockRuns(): Promise<AsyncDisposable>
}
