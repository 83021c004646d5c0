import { Command, CommanderError } from 'commander'
import { version } from '../app/assets.ts'
import { exitCodes, explain } from './exit.ts'
import type { Shell } from './shell.ts'

/** The commands, in the order of the help; only the one that is asked for is loaded. */
const commands: {
  readonly [name: string]: readonly [description: string, load: () => Promise<(shell: Shell) => Command>]
} = {
  init: ['write a commented affidavit.yaml and make the keys', async () => (await import('./init.ts')).initCommand],
  check: ['validate the configuration, every error at once', async () => (await import('./check.ts')).checkCommand],
  probe: ['run one collector now and store nothing', async () => (await import('./probe.ts')).probeCommand],
  run: ['collect once, judge, print a summary', async () => (await import('./run.ts')).runCommand],
  evidence: ['look at the evidence in the ledger', async () => (await import('./evidence.ts')).evidenceCommand],
  controls: ['look at the control catalogue, and test it', async () => (await import('./controls.ts')).controlsCommand],
  runs: ['look at the collection runs', async () => (await import('./runs.ts')).runsCommand],
  report: ['issue the signed report of a period', async () => (await import('./report.ts')).reportCommand],
  sign: ["add a person's signature to an issued report", async () => (await import('./sign.ts')).signCommand],
  timestamp: [
    'timestamp an issued report, or make it last',
    async () => (await import('./timestamp.ts')).timestampCommand,
  ],
  verify: ['accept or refuse a report, a bundle or the store', async () => (await import('./verify.ts')).verifyCommand],
  checkpoint: [
    'sign and timestamp what the ledger holds, to hand out',
    async () => (await import('./checkpoint.ts')).checkpointCommand,
  ],
  'pdf-rules': ['check a PDF against PDF/A and PDF/UA', async () => (await import('./pdf-rules.ts')).pdfRulesCommand],
  retention: ['erase raw bytes as the policies say', async () => (await import('./retention.ts')).retentionCommand],
  backup: ['copy the store while it is in use', async () => (await import('./backup.ts')).backupCommand],
  compare: ['set two periods side by side', async () => (await import('./compare.ts')).compareCommand],
  daemon: ['collect on schedule until stopped', async () => (await import('./daemon.ts')).daemonCommand],
  keys: ['make, request, import and show keys', async () => (await import('./keys.ts')).keysCommand],
  demo: ['see all of it work on real servers', async () => (await import('./demo.ts')).demoCommand],
}

const exitCodeHelp = `
Exit codes:
  0 all satisfied, or done        4 evidence or a report is not what it was
  1 findings open, or none judged 5 a key or signature is at fault
  2 configuration or usage        6 the report could not be printed
  3 the evidence store            70 a bug, 130 interrupted`

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController()
  let code: number | undefined
  const shell: Shell = {
    signal: interrupt.signal,
    exit: (value) => {
      code = value
    },
  }
  const onSignal = () => {
    // Who asks a second time does not want to wait; the store bears it, as it bears a power failure.
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted)
    interrupt.abort()
  }
  // Not `once`: where nobody else listens any more, the live list's cursor guard ends the process at the first signal.
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    await (await program(shell, args)).parseAsync(args, { from: 'user' })
    return code ?? (interrupt.signal.aborted ? exitCodes.interrupted : exitCodes.satisfied)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.satisfied : exitCodes.configuration
    return explain(error)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

function nameOf(command: Command, child: Command): string {
  return command === child ? child.name() : `${child.name()} ${command.name()}`
}

/** The commands and their summaries; options and subcommands only of the one that `args` begins with. */
export async function program(shell: Shell, args: readonly string[]): Promise<Command> {
  const command = new Command('affidavit')
    .description('Collects compliance evidence from running systems and turns it into signed audit reports.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(see: affidavit --help)')
    .addHelpText('after', exitCodeHelp)
  const asked = args[0] === 'help' ? args[1] : args[0]
  for (const [name, [description, load]] of Object.entries(commands)) {
    const child = name === asked ? (await load())(shell) : new Command(name)
    for (const each of [child, ...child.commands]) {
      each.exitOverride().showHelpAfterError(`(see: affidavit ${nameOf(each, child)} --help)`)
    }
    command.addCommand(child.summary(description))
  }
  return command
}
