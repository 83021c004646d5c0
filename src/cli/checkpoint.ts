import { Command } from 'commander'
import { type CheckpointStatement, writeCheckpoint } from '../app/state-checkpoint.ts'
import { openProject, signCheckpoint } from '../app.ts'
import { exitCodes } from './exit.ts'
import { configOption, jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { stampingText } from './stamping-text.ts'
import { printable, say, sayJson, tell } from './terminal.ts'

type Options = { readonly config: string; readonly json?: boolean; readonly output?: string }

export function checkpointCommand(shell: Shell): Command {
  return new Command('checkpoint')
    .description('Sign what the ledger holds now, have it timestamped, and print that statement to hand out')
    .option('-o, --output <folder>', 'write it there as files, with its time stamp and the key that verifies it')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Who keeps a checkpoint can tell later whether the ledger was only appended to:
  affidavit verify --store --since checkpoint-42.txt

Exit code 5 where a time-stamp authority is configured and none gave a stamp;
the checkpoint is signed all the same.`,
    )
    .action(async (options: Options) => {
      const statement = await signCheckpoint(await openProject(options.config), shell.signal)
      const files = options.output === undefined ? [] : await writeCheckpoint(options.output, statement)
      if (options.json) sayJson(jsonOf(statement, files))
      else if (files.length === 0) process.stdout.write(statement.checkpoint.note)
      else for (const file of files) say(printable(file))
      tell(stampingText(statement.stamping) ?? untimed)
      if (statement.stamping.state === 'pending') shell.exit(exitCodes.signing)
    })
}

function jsonOf({ checkpoint, key, stamping, reply }: CheckpointStatement, files: readonly string[]) {
  return { ...checkpoint, key, stamping, timestamp: reply && Buffer.from(reply).toString('base64'), files }
}

const untimed = 'Not timestamped: no time-stamp authority is configured (signing.timestamp).'
