type Greeting = { readonly name: string; readonly fits: (text: string, bytes: Uint8Array) => boolean }

/** How protocols that are not TLS begin; the first that fits wins. */
const greetings: readonly Greeting[] = [
  { name: 'HTTP', fits: (text) => /^HTTP\/|^<(!doctype|html)/i.test(text) },
  { name: 'SSH', fits: (text) => text.startsWith('SSH-') },
  { name: 'SMTP', fits: (text) => /^220[ -][^\r\n]*(smtp|mail)/i.test(text) },
  { name: 'FTP or SMTP', fits: (text) => /^220[ -]/.test(text) },
  { name: 'IMAP', fits: (text) => /^\* (OK|PREAUTH|BYE)/.test(text) },
  { name: 'POP3', fits: (text) => text.startsWith('+OK') },
  { name: 'VNC', fits: (text) => /^RFB \d/.test(text) },
  { name: 'Redis', fits: (text) => /^-(ERR|NOAUTH|DENIED)/.test(text) },
  { name: 'XMPP', fits: (text) => /^<\?xml|^<stream/.test(text) },
  // A SETTINGS frame: three bytes of length, type 4.
  { name: 'HTTP/2', fits: (_, [a, b, , type]) => a === 0 && b === 0 && type === 4 },
  { name: 'MySQL', fits: (text, bytes) => bytes[3] === 0 && bytes[4] === 10 && /^\d+\.\d+/.test(text.slice(5)) },
  { name: 'PostgreSQL', fits: (text, [, a, b]) => text.startsWith('E') && a === 0 && b === 0 },
  { name: 'a text protocol', fits: (text) => /^[45]\d\d[ -]/.test(text) },
]

/** What a server that is not a TLS server seems to speak, from its first bytes; null where they say nothing. */
export function foreignProtocol(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes.subarray(0, 256)).toString('latin1')
  return greetings.find(({ fits }) => fits(text, bytes))?.name ?? null
}
