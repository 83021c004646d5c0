import type { ChartTone } from '../chart.ts'

/** Text made safe to stand inside an SVG element or a quoted attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

export type Canvas = {
  readonly width: number
  readonly height: number
  /** The sentence that the picture says. */
  readonly label: string
  readonly body: readonly string[]
  readonly className: string
  /** True where the picture takes whatever width it gets: only for pictures without text. */
  readonly stretch?: boolean
}

/** An SVG image with its sentence for those who cannot see it. */
export function svg({ width, height, label, body, className, stretch }: Canvas): string {
  const aspect = stretch ? ' preserveAspectRatio="none"' : ''
  return `<svg class="chart ${className}" viewBox="0 0 ${width} ${height}"${aspect} role="img" aria-label="${escapeXml(label)}">${body.join('')}</svg>`
}

export type Rectangle = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

export function rect({ x, y, width, height }: Rectangle, fill: string, radius = 0): string {
  const corners = radius > 0 ? ` rx="${radius}"` : ''
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"${corners} fill="${fill}"/>`
}

export type Label = {
  readonly x: number
  readonly y: number
  readonly size: number
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly fill?: string
  readonly weight?: 400 | 600
  readonly rotate?: number
}

export function text(content: string, { x, y, size, anchor, fill, weight, rotate }: Label): string {
  const turn = rotate === undefined ? '' : ` transform="rotate(${rotate} ${round(x)} ${round(y)})"`
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight ?? 400}" text-anchor="${anchor ?? 'start'}" fill="${fill ?? colours.soft}"${turn}>${escapeXml(content)}</text>`
}

/** The report's palette, as in report.css. */
export const colours = {
  ink: '#16202c',
  soft: '#5a6673',
  line: '#d9dee4',
  good: '#1f7a5c',
  held: '#9ccbb9',
  bad: '#b3372f',
  warn: '#d9a441',
  none: '#aab3bd',
  empty: '#eef0f3',
} as const

export const toneColours: { readonly [tone in ChartTone]: string } = {
  good: colours.good,
  held: colours.held,
  bad: colours.bad,
  warn: colours.warn,
  none: colours.none,
  empty: colours.empty,
}

/** Fills for long bars, on which a full tone would shout: the same colours, paler. */
export const paleColours: { readonly [tone in ChartTone]: string } = {
  good: colours.held,
  held: colours.held,
  bad: '#e3a6a0',
  warn: '#ecd09a',
  none: '#ccd3da',
  empty: colours.empty,
}

/** Two decimals are finer than any printer. */
export function round(value: number): number {
  return Math.round(value * 100) / 100
}
