import { NoTls, type Talk } from './talk.ts'

/** XMPP's STARTTLS, RFC 6120 section 5, for clients (`jabber:client`) or between servers (`jabber:server`). */
export async function xmpp(talk: Talk, host: string, namespace: 'jabber:client' | 'jabber:server'): Promise<void> {
  talk.send(
    `<?xml version='1.0'?><stream:stream xmlns='${namespace}' xmlns:stream='http://etherx.jabber.org/streams' ` +
      `to='${escapeXml(host)}' version='1.0'>`,
  )
  const features = await readTo(
    talk,
    /<(?:\w+:)?features\s*\/>$|<\/(?:\w+:)?features\s*>$|<\/stream:(?:error|stream)\s*>$/,
  )
  if (!features.trimStart().startsWith('<')) throw new NoTls('odd', 'answered with something that is not XMPP')
  if (/<stream:error\b/.test(features)) throw new NoTls(errorKind(features), `a stream error: ${condition(features)}`)
  if (!/<starttls\b/.test(features)) throw new NoTls('declined', 'no starttls among its stream features')
  talk.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
  const answer = await readTo(talk, /<(?:\w+:)?(?:proceed|failure)\b[^>]*>$|<\/stream:(?:error|stream)\s*>$/)
  if (!/<(?:\w+:)?proceed\b/.test(answer)) throw new NoTls('declined', `answered starttls with ${condition(answer)}`)
  // `<proceed ...></proceed>` is the same as `<proceed .../>`.
  if (!/\/>$/.test(answer)) await readTo(talk, /<\/(?:\w+:)?proceed\s*>$/)
}

/** Reads tag by tag until one matches, so that no text is looked through twice, however it is cut. */
async function readTo(talk: Talk, last: RegExp): Promise<string> {
  const read: string[] = []
  for (;;) {
    const tag = await talk.tag()
    read.push(tag)
    if (last.test(tag)) return read.join('')
  }
}

function errorKind(text: string): 'busy' | 'declined' {
  return /<(?:resource-constraint|system-shutdown|reset)\b/.test(text) ? 'busy' : 'declined'
}

/** The name of the first element within the error or the failure. */
function condition(text: string): string {
  return /<(?:stream:error|(?:\w+:)?failure)\b[^>]*>\s*<([\w-]+)/.exec(text)?.[1] ?? 'a failure'
}

function escapeXml(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
