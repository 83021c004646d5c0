import { text as wholeText } from 'node:stream/consumers'
import type { Command } from 'commander'
import { type EvidenceSearch, searchEvidence } from '../app/search-evidence.ts'
import { openLedger, openProject } from '../app.ts'
import { answerTo } from './ask.ts'
import { configOption, jsonOption } from './options.ts'
import { sizeText } from './retention-page.ts'
import type { Shell } from './shell.ts'
import { printable, say, sayHanging, sayJson, sayText, table, tone } from './terminal.ts'
import { count } from './words.ts'

/** `evidence search`. */
export function addSearchCommand(command: Command, shell: Shell): void {
  command
    .command('search')
    .description('Entries and raw bytes that hold a text, such as the name of a person who asks for erasure')
    .argument('[text]', 'better left out: it is then asked for, or read from standard input, one text a line')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
The text is written nowhere and not repeated. Given as an argument it stands in
your shell's history and in the list of processes. Found are upper and lower
case, escapes of JSON, URLs, HTML and mail, hexadecimal, base64 and gzip; not
pictures, other archives, or what is encrypted.`,
    )
    .action(async (text: string | undefined, options: { readonly config: string; readonly json?: boolean }) => {
      const project = await openProject(options.config)
      await using store = await openLedger(project, 'read')
      const texts = text === undefined ? await textsAsked(shell.signal) : [text]
      const found = await searchEvidence(store, texts, shell.signal)
      if (options.json) return sayJson(found)
      printFound(found)
    })
}

async function textsAsked(signal: AbortSignal): Promise<readonly string[]> {
  const given = process.stdin.isTTY
    ? await answerTo('Text to look for: ', signal, 'nothing was looked for')
    : await wholeText(process.stdin)
  return given.split(/\r?\n/).filter((line) => line.trim() !== '')
}

/** Entries that are named of those that refer to one artefact. */
const mostReferring = 5

/** Artefacts, and entries, that are named one by one. */
const mostNamed = 50

function printFound({ entries, artefacts, more, searched, unreadable }: EvidenceSearch): void {
  say(
    `Looked through ${count(searched.entries, 'entry', 'entries')} and ${count(searched.artefacts, 'artefact')} (${sizeText(searched.bytes)}).`,
  )
  say()
  printRows(
    'Raw bytes that hold it',
    artefacts.map((each) => [referring(each.entries), printable(each.name), sizeText(each.size), each.commitment]),
  )
  say()
  printRows(
    'Entries that say it themselves',
    entries.map(({ entry, kind, members }) => [`E-${entry}`, printable(kind), printable(members.join(', '))]),
  )
  if (more > 0) say(`  ${count(more, 'further one is', 'further ones are')} not named: look for less at once.`)
  for (const { entry, name, why } of unreadable) {
    sayHanging(`  ${tone('warn', 'not read')}  `, `E-${entry}, ${printable(name)}: ${printable(why)}`)
  }
  say()
  if (artefacts.length > 0)
    sayText('Erase raw bytes with: affidavit evidence erase --artefact COMMITMENT --reason … --basis …')
  if (entries.length > 0) sayText('What entries themselves say stays: docs/retention.md says why.')
  sayText('Backups, bundles and reports that were made before are not looked through.')
}

function printRows(title: string, rows: readonly (readonly string[])[]): void {
  say(tone('strong', rows.length === 0 ? `${title}: none` : `${title}: ${rows.length}`))
  if (rows.length > 0) say(table(rows.slice(0, mostNamed), 2))
  if (rows.length > mostNamed) say(tone('none', `  and ${rows.length - mostNamed} more; all of them with --json`))
}

function referring(entries: readonly number[]): string {
  const named = entries
    .slice(0, mostReferring)
    .map((entry) => `E-${entry}`)
    .join(', ')
  return entries.length > mostReferring ? `${named} and ${entries.length - mostReferring} more` : named
}
