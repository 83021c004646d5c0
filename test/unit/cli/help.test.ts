import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { program } from '../../../src/cli/program.ts'

const shell = { signal: new AbortController().signal, exit: () => {} }

/** Every command with its subcommands, loaded as `affidavit <name> --help` would. */
async function commands(): Promise<readonly (readonly [string, Command])[]> {
  const names = (await program(shell, [])).commands.map((each) => each.name())
  const loaded = await Promise.all(
    names.map(async (name) => {
      const command = (await program(shell, [name])).commands.find((each) => each.name() === name)
      return command ? [command, ...command.commands] : []
    }),
  )
  return loaded.flatMap((group) =>
    group.map((each) => [each === group[0] ? each.name() : `${group[0]?.name()} ${each.name()}`, each] as const),
  )
}

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 }).outputHelp()
  return text
}

const known = await commands()

test.each(known)('the help of %s fits a terminal of 80 columns', (_, command) => {
  expect(
    helpOf(command)
      .split('\n')
      .filter((line) => line.length > 80),
  ).toEqual([])
})

test('every command prints JSON for machines, but those that ask a person, print a file or log', () => {
  const without = known.filter(
    ([, { commands, options }]) => commands.length === 0 && !options.some(({ long }) => long === '--json'),
  )
  expect(without.map(([name]) => name)).toEqual(['init', 'daemon', 'keys request', 'demo'])
})
