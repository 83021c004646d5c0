import Handlebars from 'handlebars'

/** A sentence as HTML: escaped, with what stands in backticks set as code. */
export function prose(text: string): string {
  return Handlebars.escapeExpression(text).replace(/&#x60;([^`]+?)&#x60;/g, '<code>$1</code>')
}

/** A range of ledger entries as HTML that breaks at its dash and never behind the hyphen of a number. */
export function unbrokenNumbers(text: string): string {
  const escaped = Handlebars.escapeExpression(text)
  return escaped.includes(' ') ? escaped.replace(/E-\d+(?: –)?/g, '<span class="nowrap">$&</span>') : escaped
}
