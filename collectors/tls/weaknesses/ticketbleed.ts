import { shortIdBytes } from '../conversation/survey.ts'
import type { Conversation } from '../transcript.ts'
import { readReply } from '../wire/reply.ts'
import { type Verdict, verdict } from './weakness.ts'

/** What came back for a session id one byte short (CVE-2016-9244): a server with the flaw fills it up with its memory. */
export function ticketbleed({ turns, end }: Conversation): Verdict {
  const [turn] = turns
  const { serverHello, alert } = readReply(turn?.received ?? new Uint8Array())
  if (alert && !serverHello) return verdict('tested', 'not-vulnerable', 'the server refuses session ids that are short')
  if (!turn || !serverHello) return verdict('tested', 'undetermined', `the server did not answer the ticket (${end})`)
  const ours = Buffer.from(turn.sent.subarray(44, 44 + shortIdBytes))
  const theirs = serverHello.sessionId
  const isOurs = ours.equals(theirs.subarray(0, shortIdBytes))
  if (isOurs && theirs.length > shortIdBytes) {
    return verdict('tested', 'vulnerable', 'the server filled a short session id up with bytes that it was not sent')
  }
  if (isOurs) return verdict('tested', 'not-vulnerable', 'the server gave the session id back as it was sent')
  return verdict('tested', 'not-vulnerable', 'the server did not give the session id back')
}
