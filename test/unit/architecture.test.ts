import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/**
 * Who may import whom. A room lists the rooms below it; its own files are always allowed. Rooms that do not stand in
 * each other's list never import each other.
 */
const mayImport: Record<string, readonly string[]> = {
  'src/model': [],
  'src/disk': [],
  'src/config': ['src/model'],
  'src/collect': ['src/model'],
  'src/ledger': ['src/model', 'src/disk'],
  'src/assess': ['src/model'],
  'src/signing': ['src/model', 'src/disk'],
  'src/render': ['src/model', 'src/disk'],
  collectors: ['src/model', 'src/collect/contract.ts'],
  reports: ['src/model', 'src/assess', 'src/render/document.ts', 'src/render/chart.ts'],
  'src/app': [
    'src/model',
    'src/disk',
    'src/config',
    'src/collect',
    'src/ledger',
    'src/assess',
    'src/signing',
    'src/render',
    'collectors',
    'reports',
  ],
  'verify-page': ['src/model', 'src/signing', 'src/app/judge-report.ts', 'src/app/check.ts'],
  demo: ['src/model', 'src/disk', 'src/app'],
  'src/cli': ['src/app', 'src/model', 'src/disk', 'src/config', 'src/assess', 'src/schedule', 'demo'],
  'src/schedule': ['src/app', 'src/model'],
}

/** The model is pure: it may use these and nothing else from outside. */
const modelMayUse = ['node:crypto', 'canonicalize', 'luxon', 'cron-parser']

const files = ['src', 'collectors', 'reports', 'demo', 'verify-page'].flatMap((folder) => sources(join(root, folder)))

test('every import follows the table of rooms', () => {
  const wrong = files.flatMap((file) =>
    imports(file)
      .filter((target) => target.startsWith('.'))
      .map((target) => relative(root, resolve(dirname(file), target)))
      .filter((target) => !isAllowed(relative(root, file), target))
      .map((target) => `${relative(root, file)} -> ${target}`),
  )
  expect(wrong).toEqual([])
})

test('the model uses no I/O', () => {
  const wrong = files
    .filter((file) => relative(root, file).startsWith('src/model/'))
    .flatMap((file) => imports(file).filter((target) => !target.startsWith('.') && !modelMayUse.includes(target)))
  expect(wrong).toEqual([])
})

test('folders are made in one place, which never tries for ever', () => {
  const wrong = files.filter((file) => /\bmkdir(?:Sync)?\([^\n]*recursive/.test(readFileSync(file, 'utf8')))
  expect(wrong.map((file) => relative(root, file))).toEqual([])
})

test('no file imports itself by way of others', () => {
  const graph = new Map(
    files.map((file) => [
      file,
      imports(file)
        .filter((to) => to.startsWith('.'))
        .map((to) => resolve(dirname(file), to)),
    ]),
  )
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file))
      circles.push([...path.slice(path.indexOf(file)), file].map((f) => relative(root, f)).join(' -> '))
    if (done.has(file) || path.includes(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})

function sources(folder: string): string[] {
  const names = statSync(folder, { throwIfNoEntry: false }) ? readdirSync(folder, { recursive: true }) : []
  return names.map((name) => join(folder, String(name))).filter((name) => name.endsWith('.ts'))
}

function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gms)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  )
}

/** Each collector is a room of its own; their registry names them all. */
function room(path: string): string {
  if (path === 'src/app.ts') return 'src/app'
  if (path.startsWith('collectors/')) return path.split('/').slice(0, 2).join('/')
  return Object.keys(mayImport).find((name) => path.startsWith(`${name}/`)) ?? path
}

function isAllowed(from: string, to: string): boolean {
  const home = room(from)
  if (room(to) === home) return true
  if (home === 'collectors/registry.ts') return to.startsWith('collectors/') || to === 'src/collect/contract.ts'
  const rules = mayImport[home.startsWith('collectors/') ? 'collectors' : home] ?? []
  return rules.some((allowed) => to === allowed || room(to) === allowed || to.startsWith(`${allowed}/`))
}
