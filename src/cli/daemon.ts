import { Command } from 'commander'
import { pino } from 'pino'
import { openProject } from '../app.ts'
import { startDaemon } from '../schedule/daemon.ts'
import { keepNurserySmall } from './memory.ts'
import { configOption } from './options.ts'
import type { Shell } from './shell.ts'

export function daemonCommand(shell: Shell): Command {
  return new Command('daemon')
    .description('Collect on schedule until stopped, with a health endpoint and structured logs')
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Logs are JSON lines on stdout. GET /healthz on daemon.host:daemon.port answers
200 while all is well, 503 otherwise.
The configuration is read once: restart the daemon after a change.
SIGTERM and SIGINT stop it: a run in hand is finished, or recorded as
interrupted after 20 seconds.`,
    )
    .action(async (options: { config: string }) => {
      keepNurserySmall()
      const project = await openProject(options.config)
      const log = pino({ base: { name: 'affidavit' }, timestamp: pino.stdTimeFunctions.isoTime })
      await using daemon = await startDaemon(project, { log })
      await aborted(shell.signal)
      log.info({}, 'stopping')
      await daemon.stop()
      shell.exit(0)
    })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
