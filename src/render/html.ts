import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import Handlebars from 'handlebars'
import type { Chart } from './chart.ts'
import { drawChart } from './charts/draw.ts'
import type { Document } from './document.ts'
import { fontFaces } from './fonts.ts'
import { pageMark } from './page-numbers.ts'
import { prose, unbrokenNumbers } from './prose.ts'
import { runningHeads } from './running-heads.ts'
import { templatesFolder } from './templates-folder.ts'

type Template = (document: Document & { readonly style: Handlebars.SafeString }) => string

const compiled = new Map<Document['kind'], Template>()

/**
 * A document as one self-contained HTML text: style sheet and fonts inlined, nothing referenced outside, no script,
 * every value escaped. It prints as the PDF and reads on a screen.
 */
export function renderHtml(document: Document): string {
  const template = compiled.get(document.kind) ?? compile(document.kind)
  compiled.set(document.kind, template)
  const style = [fontFaces(), readFileSync(join(templatesFolder(), 'report.css'), 'utf8'), runningHeads(document)]
  return template({ ...document, style: new Handlebars.SafeString(style.join('\n')) })
}

function compile(kind: Document['kind']): Template {
  const handlebars = Handlebars.create()
  handlebars.registerHelper('chart', (chart: Chart) => new Handlebars.SafeString(drawChart(chart)))
  handlebars.registerHelper('prose', (text: string) => new Handlebars.SafeString(prose(text)))
  handlebars.registerHelper('entries', (text: string) => new Handlebars.SafeString(unbrokenNumbers(text)))
  handlebars.registerHelper('page', (anchor: string) => new Handlebars.SafeString(pageMark(anchor)))
  const folder = join(templatesFolder(), kind)
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.hbs'))) {
    handlebars.registerPartial(basename(name, '.hbs'), readFileSync(join(folder, name), 'utf8'))
  }
  return handlebars.compile(`{{> ${kind}}}`, { strict: true, preventIndent: true })
}
