import type { Conversation, Exchange, Transcript } from './transcript.ts'

/**
 * The transcript without secrets in what was said in plain text: before TLS (STARTTLS), and by servers that do not speak
 * TLS at all. The bytes of TLS itself stay as they are.
 */
export function redactPlainText(
  { exchanges, conversations }: Transcript,
  redact: (text: string) => string,
): Transcript {
  const safe = (bytes: Uint8Array): Uint8Array => {
    const text = Buffer.from(bytes).toString('latin1')
    const redacted = redact(text)
    return redacted === text ? bytes : Buffer.from(redacted, 'latin1')
  }
  const opening = <Begun extends Pick<Exchange, 'preamble'>>(begun: Begun): Begun => {
    const { preamble } = begun
    if (preamble === undefined) return begun
    const trouble = preamble.trouble && { ...preamble.trouble, said: redact(preamble.trouble.said) }
    return { ...begun, preamble: { sent: preamble.sent, received: safe(preamble.received), trouble } }
  }
  const answer = (received: Uint8Array) => (beginsLikeTls(received) ? received : safe(received))
  const conversation = (held: Conversation): Conversation => ({
    ...opening(held),
    turns: held.turns.map((turn, index) => (index === 0 ? { ...turn, received: answer(turn.received) } : turn)),
  })
  return {
    exchanges: exchanges.map((each) => ({ ...opening(each), received: answer(each.received) })),
    ...(conversations === undefined ? {} : { conversations: conversations.map(conversation) }),
  }
}

/** A record of TLS (RFC 8446 section 5.1), or the ServerHello of SSLv2, whose length has its first bit set. */
function beginsLikeTls([first = 0, second = 0]: Uint8Array): boolean {
  return (first >= 20 && first <= 24 && second === 3) || first >= 0x80
}
