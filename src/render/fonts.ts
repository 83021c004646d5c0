import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { templatesFolder } from './templates-folder.ts'

type Face = { readonly family: string; readonly file: string; readonly weight: number }

/** Static weights only: Chromium embeds a variable font as Type 3, with bad spacing. */
const faces: readonly Face[] = [
  { family: 'Inter', file: 'inter', weight: 400 },
  { family: 'Inter', file: 'inter', weight: 600 },
  { family: 'Source Serif 4', file: 'source-serif-4', weight: 400 },
  { family: 'Source Serif 4', file: 'source-serif-4', weight: 600 },
  { family: 'IBM Plex Mono', file: 'ibm-plex-mono', weight: 400 },
]

/** The subsets' ranges as @fontsource publishes them. */
const subsets = {
  'latin-ext':
    'U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF',
  latin:
    'U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD',
} as const

let inlined: string | undefined

/** `@font-face` rules with the fonts inside; read once. */
export function fontFaces(): string {
  inlined ??= faces
    .flatMap((face) => Object.entries(subsets).map(([subset, range]) => rule(face, subset, range)))
    .join('\n')
  return inlined
}

function rule({ family, file, weight }: Face, subset: string, range: string): string {
  const path = join(templatesFolder(), 'fonts', `${file}-${subset}-${weight}-normal.woff2`)
  const bytes = readFileSync(path).toString('base64')
  return `@font-face{font-family:"${family}";font-weight:${weight};font-display:block;src:url(data:font/woff2;base64,${bytes}) format("woff2");unicode-range:${range}}`
}
