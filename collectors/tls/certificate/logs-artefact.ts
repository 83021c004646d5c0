import type { Log, LogList } from './log-list.ts'

/** The artefact that keeps them. */
export const logsName = 'tls-logs.json'

/** The logs of a list that timestamps name, and what is said of the list, as the text of an artefact; bytes in hexadecimal. */
export function writeLogs({ published, version, logs }: LogList, ids: ReadonlySet<string>): string {
  const named = [...logs.values()].filter(({ id }) => ids.has(id))
  const written = named.map(({ key, ...rest }) => ({ ...rest, key: Buffer.from(key).toString('hex') }))
  return JSON.stringify({ version: 1, list: { published, version }, logs: written })
}

/** Reads what `writeLogs` wrote; throws SyntaxError or TypeError for anything else. */
export function readLogs(text: string): LogList {
  type Written = {
    readonly version: number
    readonly list: Omit<LogList, 'logs'>
    readonly logs: readonly WrittenLog[]
  }
  type WrittenLog = Omit<Log, 'key'> & { readonly key: string }
  const { version, list, logs } = JSON.parse(text) as Written
  if (version !== 1 || !Array.isArray(logs)) throw new TypeError('no list of logs of version 1')
  const read = logs.map(({ key, ...rest }: WrittenLog): Log => ({ ...rest, key: Buffer.from(key, 'hex') }))
  return { ...list, logs: new Map(read.map((log) => [log.id, log])) }
}
