import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What servers see of us in their logs: `Affidavit/1.2.3 (+compliance evidence collection)`. */
export function userAgent(): string {
  cached ??= `Affidavit/${ownVersion()} (+compliance evidence collection)`
  return cached
}

let cached: string | undefined

/** The version in the nearest package.json above this file: the same whether it runs from src or from dist. */
function ownVersion(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file)) return String(JSON.parse(readFileSync(file, 'utf8')).version)
  }
  return '0.0.0'
}
