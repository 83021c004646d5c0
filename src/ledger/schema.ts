import type { Generated } from 'kysely'

/** The tables of the store, as Kysely sees them. Hashes are 32 bytes; instants are ISO 8601 text in UTC. */
export type Tables = {
  migrations: { version: number; name: string; applied: string }
  ledger: { id: number; origin: string; created: string }
  frontier: FrontierRow
  entries: EntryRow
  tiles: TileRow
  blobs: BlobRow
  checkpoints: CheckpointRow
  erasures: ErasureRow
  timestamps: TimestampRow
}

/** The one row that changes: the size of the tree and the roots of its complete subtrees, largest first. */
export type FrontierRow = { id: number; size: number; hashes: Uint8Array }

/** `bytes` is what was hashed; the other columns are taken from it for searching, and are checked against it. */
export type EntryRow = {
  sequence: number
  run: string
  component: string | null
  target: string | null
  kind: string
  collected: string
  leaf: Uint8Array
  bytes: Uint8Array
}

/** 256 complete nodes of height 8 × level, as in C2SP tlog-tiles, and the node above them. */
export type TileRow = { level: number; position: number; hashes: Uint8Array; root: Uint8Array }

/** Artefact bytes; `sha256` only finds what is already there. */
export type BlobRow = {
  id: Generated<number>
  commitment: Uint8Array
  sha256: Uint8Array
  salt: Uint8Array
  size: number
  bytes: Uint8Array
}

export type CheckpointRow = {
  id: Generated<number>
  size: number
  root: Uint8Array
  note: string
  created: string
}

/** Which entry says that the artefact with a commitment was erased; it finds what the entries tell, and is checked against them. */
export type ErasureRow = { commitment: Uint8Array; entry: number }

/** An RFC 3161 token over the UTF-8 bytes of the note of a checkpoint. */
export type TimestampRow = {
  id: Generated<number>
  /** The checkpoint's id. */
  checkpoint: number
  token: Uint8Array
  received: string
}

/** `AFDV`: tells our files from other SQLite databases. */
export const applicationId = 0x41_46_44_56

/** A numbered change of the schema. What is published is never edited; a change is a further migration. */
export type Migration = { readonly version: number; readonly name: string; readonly statements: readonly string[] }

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'entries, tree, artefacts and checkpoints',
    statements: [
      `PRAGMA application_id = ${applicationId}`,
      `CREATE TABLE migrations (
        version INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        applied TEXT NOT NULL
      ) STRICT`,
      `CREATE TABLE ledger (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        origin TEXT NOT NULL,
        created TEXT NOT NULL
      ) STRICT`,
      `CREATE TABLE frontier (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        size INTEGER NOT NULL CHECK (size >= 0),
        hashes BLOB NOT NULL CHECK (length(hashes) % 32 = 0)
      ) STRICT`,
      // The bytes stand last, so that a filter over long entries reads no overflow pages.
      `CREATE TABLE entries (
        sequence INTEGER PRIMARY KEY CHECK (sequence >= 0),
        run TEXT NOT NULL,
        component TEXT,
        target TEXT,
        kind TEXT NOT NULL,
        collected TEXT NOT NULL,
        leaf BLOB NOT NULL CHECK (length(leaf) = 32),
        bytes BLOB NOT NULL
      ) STRICT`,
      'CREATE INDEX entries_collected ON entries (collected)',
      'CREATE INDEX entries_kind ON entries (kind)',
      'CREATE INDEX entries_run ON entries (run)',
      `CREATE TABLE tiles (
        level INTEGER NOT NULL CHECK (level >= 0),
        position INTEGER NOT NULL CHECK (position >= 0),
        root BLOB NOT NULL CHECK (length(root) = 32),
        hashes BLOB NOT NULL CHECK (length(hashes) = 8192),
        PRIMARY KEY (level, position)
      ) STRICT`,
      `CREATE TABLE blobs (
        id INTEGER PRIMARY KEY,
        commitment BLOB NOT NULL UNIQUE CHECK (length(commitment) = 32),
        sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
        salt BLOB NOT NULL CHECK (length(salt) = 32),
        size INTEGER NOT NULL CHECK (size = length(bytes)),
        bytes BLOB NOT NULL
      ) STRICT`,
      `CREATE TABLE checkpoints (
        id INTEGER PRIMARY KEY,
        size INTEGER NOT NULL CHECK (size >= 0),
        root BLOB NOT NULL CHECK (length(root) = 32),
        note TEXT NOT NULL UNIQUE,
        created TEXT NOT NULL
      ) STRICT`,
      ...['migrations', 'ledger', 'entries', 'tiles', 'blobs', 'checkpoints'].flatMap((table) => [
        refuse(table, 'UPDATE'),
        refuse(table, 'DELETE'),
      ]),
      `CREATE TRIGGER frontier_grows BEFORE UPDATE ON frontier WHEN NEW.size <= OLD.size OR NEW.id <> OLD.id
        BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END`,
      refuse('frontier', 'DELETE'),
      // INSERT OR REPLACE deletes without asking the DELETE trigger.
      `CREATE TRIGGER entries_in_sequence BEFORE INSERT ON entries
        WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence) + 1, 0) FROM entries)
        BEGIN SELECT RAISE(ABORT, 'the ledger only grows: entries follow one another'); END`,
      noReplacement('migrations', 'version = NEW.version'),
      noReplacement('ledger', 'id = NEW.id'),
      noReplacement('frontier', 'id = NEW.id'),
      noReplacement('tiles', 'level = NEW.level AND position = NEW.position'),
      noReplacement('blobs', 'id = NEW.id OR commitment = NEW.commitment OR sha256 = NEW.sha256'),
      noReplacement('checkpoints', 'id = NEW.id OR note = NEW.note'),
    ],
  },
  {
    version: 2,
    name: 'erasures of artefact bytes',
    statements: [
      `CREATE TABLE erasures (
        commitment BLOB PRIMARY KEY CHECK (length(commitment) = 32),
        entry INTEGER NOT NULL
      ) STRICT`,
      'CREATE INDEX erasures_entry ON erasures (entry)',
      refuse('erasures', 'UPDATE'),
      refuse('erasures', 'DELETE'),
      noReplacement('erasures', 'commitment = NEW.commitment'),
      `CREATE TRIGGER erasures_have_entries BEFORE INSERT ON erasures WHEN NOT EXISTS (
          SELECT 1 FROM entries WHERE sequence = NEW.entry AND kind = 'artefact.erased'
            AND instr(bytes, CAST(lower(hex(NEW.commitment)) AS BLOB)) > 0)
        BEGIN SELECT RAISE(ABORT, 'the ledger only grows: an erasure needs an entry that says so'); END`,
      'DROP TRIGGER blobs_no_delete',
      `CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs
        WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE commitment = OLD.commitment)
        BEGIN SELECT RAISE(ABORT, 'the ledger only grows: DELETE on blobs is refused without an erasure'); END`,
      `CREATE TRIGGER blobs_stay_erased BEFORE INSERT ON blobs
        WHEN EXISTS (SELECT 1 FROM erasures WHERE commitment = NEW.commitment)
        BEGIN SELECT RAISE(ABORT, 'what was erased never comes back under the same commitment'); END`,
    ],
  },
  {
    version: 3,
    name: 'time stamps over checkpoints',
    statements: [
      `CREATE TABLE timestamps (
        id INTEGER PRIMARY KEY,
        checkpoint INTEGER NOT NULL REFERENCES checkpoints (id),
        token BLOB NOT NULL CHECK (length(token) > 0),
        received TEXT NOT NULL
      ) STRICT`,
      refuse('timestamps', 'UPDATE'),
      refuse('timestamps', 'DELETE'),
      noReplacement('timestamps', 'id = NEW.id'),
    ],
  },
]

function refuse(table: string, act: 'UPDATE' | 'DELETE'): string {
  return `CREATE TRIGGER ${table}_no_${act.toLowerCase()} BEFORE ${act} ON ${table}
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows: ${act} on ${table} is refused'); END`
}

function noReplacement(table: string, same: string): string {
  return `CREATE TRIGGER ${table}_no_replacement BEFORE INSERT ON ${table} WHEN EXISTS (SELECT 1 FROM ${table} WHERE ${same})
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows: replacing in ${table} is refused'); END`
}
