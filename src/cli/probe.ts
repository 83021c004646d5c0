import { Argument, Command } from 'commander'
import { collectorIds, probeOnce } from '../app.ts'
import { sha256 } from '../model/digest.ts'
import { ConfigError } from '../model/errors.ts'
import type { Collection, Observation } from '../model/evidence.ts'
import type { Json } from '../model/json.ts'
import { exitCodes } from './exit.ts'
import { jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { printable, say, sayJson, table, tone } from './terminal.ts'
import { count } from './words.ts'

export function probeCommand(shell: Shell): Command {
  return new Command('probe')
    .description('Run one collector now and store nothing')
    .addArgument(new Argument('<collector>', 'which one').choices(collectorIds()))
    .argument('[target]', 'in short, as in example.com:8443 or https://api.example.com')
    .option('--target <json>', 'the target as under "target:" in affidavit.yaml, as JSON')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  affidavit probe tls example.com
  affidavit probe gateway https://api.example.com/v1 --json
  affidavit probe tls --target '{"host": "10.0.0.7", "port": 8443, "trust": ["ca.pem"]}'

Exit code 0 when the collection came to its end, 1 when it failed (the facts say why).`,
    )
    .action(async (id: string, shorthand: string | undefined, options: { target?: string; json?: boolean }) => {
      const target = options.target === undefined ? undefined : parseTarget(options.target)
      const collection = await probeOnce(id, { shorthand, target }, shell.signal)
      if (options.json) sayJson(asJson(collection))
      else printCollection(collection)
      if (collection.failure) shell.exit(collection.failure.code === 'bug' ? exitCodes.bug : exitCodes.findings)
    })
}

function parseTarget(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ConfigError('AFD_PROBE_TARGET', '--target is not valid JSON', {
      hint: `quote it for your shell: --target '{"host": "example.com"}'`,
      cause,
    })
  }
}

/** The stable shape of `probe --json`. */
function asJson({ observations, artefacts, usage, leftOut, failure }: Collection) {
  return {
    observations,
    artefacts: artefacts.map(({ name, mediaType, bytes }) => ({
      name,
      mediaType,
      size: bytes.length,
      sha256: sha256(bytes),
    })),
    usage,
    leftOut,
    failure,
  }
}

function printCollection({ observations, artefacts, usage, leftOut, failure }: Collection): void {
  const kinds = [...new Set(observations.map(({ kind }) => kind))]
  for (const kind of kinds) {
    say(tone('strong', kind))
    for (const observation of observations.filter((one) => one.kind === kind)) printObservation(observation)
  }
  if (leftOut.length > 0) {
    say(tone('strong', 'left out'))
    say(
      table(
        leftOut.map(({ probe, reason }) => [probe, printable(reason)]),
        2,
      ),
    )
    say()
  }
  if (failure) {
    say(`${tone('bad', 'failed')}  ${printable(failure.message)} (${failure.code})`)
    if (failure.hint) say(`        ${printable(failure.hint)}`)
  }
  const seconds = (usage.durationMs / 1000).toFixed(2)
  say(
    tone(
      'none',
      `${count(observations.length, 'observation')}, ${count(artefacts.length, 'artefact')}; ` +
        `${count(usage.connections, 'connection')}, ${count(usage.requests, 'request')}, ` +
        `${usage.bytesSent + usage.bytesReceived} bytes, ${seconds} s; nothing was stored`,
    ),
  )
}

function printObservation({ subject, facts }: Observation): void {
  say(`  ${tone('accent', printable(subject))}`)
  const rows = Object.entries(facts).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  )
  say(
    table(
      rows.map(([name, value]) => [tone('none', name), printable(factText(value))]),
      4,
    ),
  )
  say()
}

/** A fact as people read it: lists with commas, objects as `name value`. */
export function factText(value: Json): string {
  if (Array.isArray(value)) {
    return value.some((item) => typeof item === 'object' && item !== null)
      ? value.map(factText).join('\n')
      : value.map(factText).join(', ')
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => `${name} ${factText(inner)}`)
      .join(', ')
  }
  return String(value)
}
