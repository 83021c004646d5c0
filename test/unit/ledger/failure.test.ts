import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { isContentFailure, storeFailure } from '../../../src/ledger/failure.ts'

const failed = (code: string) => new Database.SqliteError('disk I/O error', code)

test.each([
  ['SQLITE_FULL', 'AFD_STORE_FULL'],
  ['SQLITE_IOERR_SHMSIZE', 'AFD_STORE_FULL'],
  ['SQLITE_IOERR_WRITE', 'AFD_STORE_IO'],
  ['SQLITE_BUSY_SNAPSHOT', 'AFD_STORE_LOCKED'],
  ['SQLITE_READONLY_DIRECTORY', 'AFD_STORE_NOT_WRITABLE'],
])('%s is told as %s', (code, told) => {
  expect(storeFailure(failed(code), '/nowhere/evidence.db')).toMatchObject({ code: told, exitCode: 3 })
})

test('what keeps a file from being read is no damage to what it holds', () => {
  for (const code of ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'SQLITE_IOERR_SHMMAP', 'SQLITE_IOERR_LOCK', 'ENOSPC']) {
    expect({ code, content: isContentFailure(failed(code)) }).toEqual({ code, content: false })
  }
  for (const code of ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_IOERR_READ', 'SQLITE_IOERR_SHORT_READ']) {
    expect({ code, content: isContentFailure(failed(code)) }).toEqual({ code, content: true })
  }
})
