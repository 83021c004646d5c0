import type { Document } from './document.ts'

/**
 * `@page` rules for the text in the margins: the section's title, the organisation and period, the report's id. They
 * are written here because a style sheet has no other way to take text from a document.
 */
export function runningHeads({ id, organisation, period, contents }: Document): string {
  const sections = contents.map(
    (heading) =>
      `@page ${heading.id} { @top-left { content: ${cssString(heading.title)} } }\n#${heading.id} { page: ${heading.id} }`,
  )
  return [
    `@page { @top-right { content: ${cssString(`${organisation} · ${period}`)} } @bottom-left { content: ${cssString(id)} } }`,
    '@page cover { @top-left { content: none } @top-right { content: none } @bottom-left { content: none } @bottom-right { content: none } }',
    ...sections,
  ].join('\n')
}

/** A text as a CSS string (CSS Syntax Level 3, section 4.3.7): what could end the string or the style element is escaped. */
export function cssString(text: string): string {
  const escaped = text.replace(/[\u0000-\u001f"'\\<>&{}\u007f]/g, (character) => {
    const code = character.charCodeAt(0)
    return code === 0 ? '\\fffd ' : `\\${code.toString(16)} `
  })
  return `"${escaped}"`
}
