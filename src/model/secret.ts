/** What a reference to a secret looks like: `env:NAME` or `file:path`. */
export const secretReferencePattern = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/

/** What is said of anything else; the value itself is never quoted. */
export const secretReferenceRule = 'a secret is given by reference only, env:NAME or file:path, never by its value'
