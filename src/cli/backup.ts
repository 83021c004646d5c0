import { Command } from 'commander'
import { backupTheStore } from '../app/backup.ts'
import { openProject } from '../app.ts'
import { configOption, jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { printable, say, sayJson, tone } from './terminal.ts'
import { count } from './words.ts'

export function backupCommand(shell: Shell): Command {
  return new Command('backup')
    .description('Copy the evidence store into one file while collection goes on, and verify the copy')
    .argument('<file>', 'a file that does not exist yet')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
To restore: stop Affidavit, move the store away together with its -wal and -shm
files, copy the backup to its place, and run:
  affidavit verify --store --since <the newest report>

Keys are not in the backup; keep them, and affidavit.yaml, apart from it.`,
    )
    .action(async (file: string, options: { readonly config: string; readonly json?: boolean }) => {
      const backup = await backupTheStore(await openProject(options.config), file, shell.signal)
      if (options.json) return sayJson(backup)
      const { entries, artefacts, size } = backup
      say(
        `${tone('good', 'backed up')}  ${count(entries, 'entry', 'entries')}, ${count(artefacts, 'artefact', 'artefacts')}, ${(size / 1e6).toFixed(1)} MB; the copy verifies`,
      )
      say(`           ${printable(backup.path)}`)
    })
}
