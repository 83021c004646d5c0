import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Command } from 'commander'
import { beforeAll, describe, expect, test } from 'vitest'
import { program } from '../../src/cli/program.ts'

const root = join(import.meta.dirname, '../..')
const documents = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  ...globSync('docs/**/*.md', { cwd: root }),
]

type Document = { readonly prose: string; readonly code: readonly string[] }

/** A document's text without blocks of code, and the commands of those blocks and of its spans of code. */
function read(path: string): Document {
  const text = readFileSync(join(root, path), 'utf8')
  const blocks = [...text.matchAll(/^ *```.*\n([\s\S]*?)^ *```$/gm)].map(([, block = '']) => block)
  const prose = text.replace(/^ *```[\s\S]*?^ *```$/gm, '')
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span)
  const lines = blocks.flatMap((block) => block.replace(/\\\n\s*/g, '').split('\n'))
  return { prose, code: [...lines, ...spans].map((line) => line.replace(/ +# .*/, '').trim()) }
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
}

function anchorsOf(path: string): readonly string[] {
  return [...read(path).prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
}

/** Relative links and images that lead nowhere. */
function deadLinks(path: string): readonly string[] {
  const links = [...read(path).prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : relative(root, join(root, dirname(path), file))
      if (!existsSync(join(root, target))) return true
      if (anchor === undefined) return false
      return statSync(join(root, target)).isDirectory() || !anchorsOf(target).includes(anchor)
    })
}

describe('the documents', () => {
  test.each(documents)('every relative link and image of %s leads to a file, and to a heading of it', (path) => {
    expect(deadLinks(path)).toEqual([])
  })
})

/** The collector that one builds by reading docs/write-a-collector.md. */
const built = 'collectors/security-txt/'

const roomsOutsideSrc = 'collectors reports templates controls verify-page demo scripts bench test'.split(' ')

describe('the files in the documents', () => {
  const isOurs = /^(?:src|collectors|reports|templates|controls|verify-page|demo|scripts|bench|test|docs)\/[^\s*…]*$/

  test.each(documents)('every file and folder of the repository that %s names is there', (path) => {
    const named = [...read(path).prose.matchAll(/`([^`\n]+)`/g)]
      .map(([, span = '']) => span)
      .filter((span) => isOurs.test(span))
    expect(named.filter((span) => !span.startsWith(built) && !existsSync(join(root, span)))).toEqual([])
  })

  test('docs/architecture.md names every room of the code and every folder inside src', () => {
    const folders = (path: string) =>
      readdirSync(join(root, path), { withFileTypes: true })
        .filter((each) => each.isDirectory() && !each.name.startsWith('.'))
        .map(({ name }) => name)
    const rows = new Map(
      [...read('docs/architecture.md').prose.matchAll(/^\| (`[^|]*) \| (.*) \|$/gm)].flatMap(
        ([, rooms = '', says = '']) =>
          [...rooms.matchAll(/`([^`]+)`/g)].map(([, room = '']) => [room.replace(/\/$/, ''), says] as const),
      ),
    )
    const isNamed = (room: string, folder: string) => rows.get(room)?.includes(`\`${folder}\``) === true
    const missing = [
      ...roomsOutsideSrc.filter((each) => !rows.has(each)),
      ...folders('src').filter((each) => !rows.has(`src/${each}`)),
      ...folders('src').flatMap((room) =>
        folders(`src/${room}`)
          .filter((each) => !isNamed(`src/${room}`, each))
          .map((each) => `src/${room}/${each}`),
      ),
      ...['collectors', 'reports', 'test'].flatMap((room) => folders(room).filter((each) => !isNamed(room, each))),
    ]
    expect(missing).toEqual([])
  })
})

describe('the commands in the documents', () => {
  const commands = new Map<string, Command>()
  beforeAll(async () => {
    const shell = { signal: new AbortController().signal, exit() {} }
    for (const name of (await program(shell, [])).commands.map((each) => each.name())) {
      const child = (await program(shell, [name])).commands.find((each) => each.name() === name)
      if (child) commands.set(name, child)
    }
  }, 60_000)

  const flagsOf = (command: Command): readonly string[] => [
    '--help',
    ...command.options.flatMap(({ long }) => long ?? []),
    ...command.options.flatMap(({ short }) => short ?? []),
  ]

  /** What is wrong with a command line that begins behind `affidavit`; null where nothing is. */
  function fault(line: string): string | null {
    const words = line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []
    const [name = ''] = words
    if (name.startsWith('-')) return ['--help', '--version'].includes(name) ? null : `${line}: no such option ${name}`
    const command = commands.get(name)
    if (!command) return `${line}: no such command`
    const child = command.commands.find((each) => each.name() === words[1])
    if (command.commands.length > 0 && !child && words[1] !== undefined && !words[1].startsWith('-')) {
      return `${line}: ${name} has no ${words[1]}`
    }
    const known = [...flagsOf(command), ...(child ? flagsOf(child) : [])]
    const unknown = words
      .map((word) => word.split('=')[0] ?? '')
      .filter((word) => /^--?[a-z]/.test(word) && !known.includes(word))
    return unknown.length === 0 ? null : `${line}: no option ${unknown.join(', ')}`
  }

  /** Command lines, and spans such as `keys crl` that leave the program's name out. */
  function commandLines(path: string): readonly string[] {
    return read(path).code.flatMap((line) => {
      const called = /^(?:\$ )?(?:affidavit|npx affidavit|npm run -s affidavit --|node src\/cli\/main\.ts) (.+)$/.exec(
        line,
      )
      if (called?.[1]) return [called[1].split(' | ')[0] ?? '']
      const [name = '', second] = line.split(' ')
      return second !== undefined && (commands.get(name)?.commands.length ?? 0) > 0 ? [line] : []
    })
  }

  test.each(documents)('every command and option that %s names exists', (path) => {
    expect(commandLines(path).flatMap((line) => fault(line) ?? [])).toEqual([])
  })

  /** Options of other programs that the documents name by themselves. */
  const others = ['--testssl', '--optimize-for-size', '--omit']

  test.each(documents)('every option that %s names by itself is one of some command', (path) => {
    const known = [...commands.values()].flatMap((each) => [each, ...each.commands]).flatMap(flagsOf)
    const named = read(path).code.flatMap((line) => (/^--[a-z-]+/.exec(line) ?? []).slice(0, 1))
    expect(named.filter((flag) => ![...known, ...others].includes(flag))).toEqual([])
  })

  test('a command, subcommand or option that does not exist is found', () => {
    expect(fault('collect now')).not.toBeNull()
    expect(fault('keys forge')).not.toBeNull()
    expect(fault('verify report.pdf --believe')).not.toBeNull()
    expect(fault('verify report.pdf --trust ca.pem')).toBeNull()
    expect(documents.flatMap(commandLines).length).toBeGreaterThan(50)
  })
})
