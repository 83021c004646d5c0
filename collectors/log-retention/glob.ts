/**
 * Whether a path matches a glob(3) pattern: `*` and `?` match no slash and no leading dot, `[...]` matches one of a set.
 * A pattern whose set is never closed matches only itself. Linear in pattern times text.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return wanted.length === given.length && wanted.every((part, index) => matchesName(part, given[index] ?? ''))
}

export function hasWildcard(pattern: string): boolean {
  return /[*?[]/.test(pattern)
}

function matchesName(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return pattern === name
  const tokens = tokenize(pattern)
  let token = 0
  let at = 0
  let star = -1
  let resume = 0
  // The greedy match with one step back to the last star: no pattern takes more than tokens times characters.
  while (at < name.length) {
    const current = tokens[token]
    if (current === 'star') {
      star = token
      resume = at
      token += 1
    } else if (current?.(name[at] ?? '')) {
      token += 1
      at += 1
    } else if (star >= 0) {
      token = star + 1
      resume += 1
      at = resume
    } else return false
  }
  while (tokens[token] === 'star') token += 1
  return token === tokens.length
}

type Token = 'star' | ((character: string) => boolean)

function tokenize(pattern: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? ''
    const end = character === '[' ? pattern.indexOf(']', at + (/^\[[!^]?\]/.test(pattern.slice(at)) ? 3 : 1)) : -1
    if (character === '*') tokens.push('star')
    else if (character === '?') tokens.push(() => true)
    else if (end > 0) {
      tokens.push(oneOf(pattern.slice(at + 1, end)))
      at = end
    } else {
      if (character === '\\' && at + 1 < pattern.length) at += 1
      const literal = pattern[at]
      tokens.push((given) => given === literal)
    }
  }
  return tokens
}

function oneOf(set: string): (character: string) => boolean {
  const negated = /^[!^]/.test(set)
  const members = negated ? set.slice(1) : set
  return (character) => {
    for (let at = 0; at < members.length; at += 1) {
      const from = members[at] ?? ''
      const to = members[at + 1] === '-' && at + 2 < members.length ? members[at + 2] : undefined
      if (to === undefined ? character === from : character >= from && character <= to) return !negated
      if (to !== undefined) at += 2
    }
    return negated
  }
}
