// Bundles verify-page into one HTML file that needs nothing else: node scripts/verify-page.mjs [file]
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path) => readFileSync(resolve(root, path), 'utf8')

/** Node's half of the verifier's primitives gives way to the browser's, and node:crypto to what the page has of it. */
const browserHalves = {
  name: 'browser-halves',
  resolveId(source, importer) {
    if (source === 'node:crypto') return resolve(root, 'verify-page/node-crypto.ts')
    if (source.startsWith('node:')) throw new Error(`${importer} needs ${source}, which a browser does not have`)
    if (source === './primitives.ts' || source.endsWith('/cms/primitives.ts')) {
      return resolve(root, 'verify-page/primitives.ts')
    }
    return null
  },
}

async function script() {
  const bundle = await rolldown({
    input: resolve(root, 'verify-page/page.ts'),
    cwd: root,
    platform: 'browser',
    plugins: [browserHalves],
    logLevel: 'warn',
  })
  const { output } = await bundle.generate({ format: 'iife', minify: true })
  await bundle.close()
  if (output.length !== 1) throw new Error(`the page is in ${output.length} pieces`)
  return output[0].code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--').trim()
}

const faces = [
  ['Inter', 'inter', 400],
  ['Inter', 'inter', 600],
  ['Source Serif 4', 'source-serif-4', 400],
  ['Source Serif 4', 'source-serif-4', 600],
  ['IBM Plex Mono', 'ibm-plex-mono', 400],
]

function style() {
  const fonts = faces.map(([family, file, weight]) => {
    const bytes = readFileSync(resolve(root, `templates/fonts/${file}-latin-${weight}-normal.woff2`), 'base64')
    return `@font-face{font-family:"${family}";font-weight:${weight};font-display:block;src:url(data:font/woff2;base64,${bytes}) format("woff2")}`
  })
  return [...fonts, read('templates/report.css'), read('verify-page/page.css')].join('\n')
}

const hashed = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Writes the page; the same sources give the same bytes. */
export async function buildVerifyPage(file) {
  const parts = { script: await script(), style: style(), version: JSON.parse(read('package.json')).version }
  const policy = [
    "default-src 'none'",
    `script-src ${hashed(parts.script)}`,
    `style-src ${hashed(parts.style)}`,
    'font-src data:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const page = read('verify-page/page.html').replace(/\{\{(\w+)\}\}/g, (_, name) => ({ ...parts, policy })[name])
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, page)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const file = resolve(process.argv[2] ?? resolve(root, 'dist/verify.html'))
  await buildVerifyPage(file)
}
