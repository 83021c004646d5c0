import { NoTls, type Talk } from './talk.ts'

/** Who we are, for servers that ask: the tool's name in a domain that RFC 2606 keeps for names that are none. */
export const ownName = 'affidavit.invalid'

/** The lines of a reply with three-digit codes, RFC 5321 section 4.2 and RFC 959 section 4.2. */
type Reply = { readonly code: number; readonly lines: readonly string[] }

/** SMTP with STARTTLS, RFC 3207. */
export async function smtp(talk: Talk): Promise<void> {
  expectCode(await reply(talk), 220)
  talk.send(`EHLO ${ownName}\r\n`)
  const hello = await reply(talk)
  expectCode(hello, 250)
  if (!hello.lines.some((line) => /^STARTTLS\b/i.test(line))) {
    throw new NoTls('declined', `no STARTTLS among its extensions: ${hello.lines.slice(1).join(', ') || 'none'}`)
  }
  talk.send('STARTTLS\r\n')
  expectCode(await reply(talk), 220)
}

/** FTP with AUTH TLS, RFC 4217. */
export async function ftp(talk: Talk): Promise<void> {
  expectCode(await reply(talk), 220)
  talk.send('AUTH TLS\r\n')
  const answer = await reply(talk)
  // 334 asks for security data, which TLS has none of: some servers mean 234.
  if (answer.code !== 334) expectCode(answer, 234)
}

/** IMAP with STARTTLS, RFC 9051 section 6.2.1. */
export async function imap(talk: Talk): Promise<void> {
  const greeting = await talk.line()
  if (/^\* BYE\b/i.test(greeting)) throw new NoTls('busy', greeting)
  if (/^\* PREAUTH\b/i.test(greeting)) throw new NoTls('declined', greeting)
  if (!/^\* OK\b/i.test(greeting)) throw new NoTls('odd', greeting)
  const capabilities = await command(talk, 'a1', 'CAPABILITY')
  if (!/\bSTARTTLS\b/i.test(capabilities)) throw new NoTls('declined', `no STARTTLS among its ${capabilities.trim()}`)
  await command(talk, 'a2', 'STARTTLS')
}

async function command(talk: Talk, tag: string, text: string): Promise<string> {
  talk.send(`${tag} ${text}\r\n`)
  const untagged: string[] = []
  for (;;) {
    const line = await talk.line()
    if (line.startsWith(`${tag} `)) {
      if (/^\S+ OK\b/i.test(line)) return untagged.join(' ')
      throw new NoTls(/\[UNAVAILABLE\]|\[INUSE\]/i.test(line) ? 'busy' : 'declined', line.slice(tag.length + 1))
    }
    if (/^\* BYE\b/i.test(line)) throw new NoTls('busy', line)
    if (!line.startsWith('* ')) throw new NoTls('odd', line)
    untagged.push(line.slice(2))
  }
}

/** POP3 with STLS, RFC 2595 section 4. */
export async function pop3(talk: Talk): Promise<void> {
  accept(await talk.line())
  talk.send('CAPA\r\n')
  const first = await talk.line()
  // A server without CAPA may still have STLS.
  if (first.startsWith('+OK')) {
    const capabilities: string[] = []
    for (let line = await talk.line(); line !== '.'; line = await talk.line()) capabilities.push(line)
    if (!capabilities.some((line) => /^STLS\b/i.test(line))) {
      throw new NoTls('declined', `no STLS among its capabilities: ${capabilities.join(', ') || 'none'}`)
    }
  }
  talk.send('STLS\r\n')
  accept(await talk.line())
}

function accept(line: string): void {
  if (line.startsWith('+OK')) return
  if (!line.startsWith('-ERR')) throw new NoTls('odd', line)
  throw new NoTls(/\[(?:SYS\/TEMP|IN-USE|LOGIN-DELAY)\]/i.test(line) ? 'busy' : 'declined', line)
}

async function reply(talk: Talk): Promise<Reply> {
  const lines: string[] = []
  let code: number | undefined
  for (;;) {
    const line = await talk.line()
    const match = /^(\d{3})(?:([ -])(.*))?$/.exec(line)
    // RFC 959 lets the lines in between begin as they like.
    if (!match && code === undefined) throw new NoTls('odd', line)
    lines.push(match?.[3] ?? line)
    code ??= Number(match?.[1])
    if (match && match[2] !== '-' && Number(match[1]) === code) return { code, lines }
  }
}

function expectCode({ code, lines }: Reply, wanted: number): void {
  if (code === wanted) return
  const said = `${code} ${lines.join(' ')}`.trim()
  if (code >= 500) throw new NoTls('declined', said)
  throw new NoTls(code >= 400 ? 'busy' : 'odd', said)
}
