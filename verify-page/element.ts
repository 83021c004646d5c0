type Content = Node | string | null

/** An element with attributes and content; texts are only ever text. */
export function element(name: string, attributes: { readonly [name: string]: string }, ...content: Content[]): Element {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  for (const part of content) if (part !== null) made.append(typeof part === 'string' ? plain(part) : part)
  return made
}

/** Text from a file, its control and direction characters made visible: they could make it look like other text. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}')

/** The element of the page with an id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (!found) throw new TypeError(`the page has no #${id}`)
  return found
}
