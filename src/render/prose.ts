import Handlebars from 'handlebars'

/** A sentence as HTML: escaped, with what stands in backticks set as code. */
export function prose(text: string): string {
  return Handlebars.escapeExpression(text).replace(/&#x60;([^`]+?)&#x60;/g, '<code>$1</code>')
}
