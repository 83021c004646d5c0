import type { Document, Heading } from './document.ts'

/**
 * `@page` rules for the text in the margins: the section's title, the organisation and period, the report's id. They
 * are written here because a style sheet has no other way to take text from a document.
 */
export function runningHeads({ id, organisation, period, contents }: Document): string {
  // A section that goes on below another stays on the other's pages: a new page name would break the page.
  const pages: Heading[][] = []
  for (const heading of contents) {
    const page = pages.at(-1)
    if (heading.flows && page) page.push(heading)
    else pages.push([heading])
  }
  const sections = pages.map((headings) => {
    const page = headings[0]?.id ?? ''
    const title = headings
      .filter(({ slight }) => !slight)
      .map((heading) => heading.title)
      .join(' · ')
    const rules = headings.map(({ id }) => `#${id} { page: ${page} }`)
    return [`@page ${page} { @top-left { content: ${cssString(title)} } }`, ...rules].join('\n')
  })
  return [
    `@page { @top-right { content: ${cssString(`${shortened(organisation)} · ${period}`)} } @bottom-left { content: ${cssString(id)} } }`,
    '@page cover { @top-left { content: none } @top-right { content: none } @bottom-left { content: none } @bottom-right { content: none } }',
    ...sections,
  ].join('\n')
}

/** What fits into the head of a page beside the section's title. */
function shortened(name: string): string {
  const letters = [...name]
  return letters.length > 48 ? `${letters.slice(0, 47).join('').trimEnd()}…` : name
}

/** A text as a CSS string (CSS Syntax Level 3, section 4.3.7): what could end the string or the style element is escaped. */
export function cssString(text: string): string {
  const escaped = text.replace(/[\p{Cc}"'\\<>&{}]/gu, (character) => {
    const code = character.charCodeAt(0)
    return code === 0 ? '\\fffd ' : `\\${code.toString(16)} `
  })
  return `"${escaped}"`
}
