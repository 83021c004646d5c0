import { readOlder } from '../conversation/older-reader.ts'
import { readTls13 } from '../conversation/tls13-reader.ts'
import { flightOf } from '../handshake/current-client.ts'
import { alertName } from '../registry/alerts.ts'
import type { Conversation } from '../transcript.ts'
import { handshakeTypes } from '../wire/reply.ts'
import { distinguishedName } from './distinguished-name.ts'
import { type Finding, tested, undetermined } from './feature.ts'
import { requestedAuthorities, requestedAuthoritiesTls13 } from './flight-messages.ts'
import { conversationsOn, type Heard } from './heard.ts'

/**
 * Whether the server asks for a client certificate, of which authorities, whether it goes on without one, and with the
 * target's own. A server that asks only for some paths or names asks nobody here.
 */
export function clientCertificate(heard: Heard): Finding {
  const flights = heard.evidence.flatMap(({ exchange, reply, verdict }) => {
    const messages = flightOf(reply, exchange.serverTraffic)
    const isWhole = messages.some(
      ({ type }) => type === handshakeTypes.serverHelloDone || type === handshakeTypes.certificateVerify,
    )
    return verdict.kind === 'chosen' && isWhole ? [{ messages, protocol: verdict.protocol }] : []
  })
  if (flights.length === 0)
    return undetermined('no handshake came far enough', { required: 'undetermined', accepted: null, authorities: [] })
  const requests = flights.flatMap(({ messages, protocol }) => {
    const request = messages.find(({ type }) => type === handshakeTypes.certificateRequest)
    return request ? [{ body: request.body, protocol }] : []
  })
  if (requests.length === 0) return tested(false, null, { required: 'no', accepted: null, authorities: [] })
  const names = requests.flatMap(({ body, protocol }) =>
    protocol === 'TLSv1.3' ? requestedAuthoritiesTls13(body) : requestedAuthorities(body, protocol === 'TLSv1.2'),
  )
  const authorities = [...new Set(names.flatMap((name) => (name ? [distinguishedName(name)] : [])))].sort()
  const sessions = [...conversationsOn(heard, 'session'), ...conversationsOn(heard, 'tls13-session')]
  const endings = sessions.filter(({ certified }) => !certified).map(endingOf)
  const refusal = endings.find(({ required }) => required === 'yes')
  const required = refusal?.required ?? endings.find((each) => each.required === 'no')?.required ?? 'undetermined'
  const own = sessions.filter(({ certified }) => certified).map(endingOf)
  return tested(true, refusal?.reason ?? null, { required, accepted: acceptedBy(own), authorities })
}

/** What became of handshakes with the target's own certificate: a single one that went through shows that it is taken. */
function acceptedBy(endings: readonly ReturnType<typeof endingOf>[]): 'yes' | 'no' | 'undetermined' | null {
  if (endings.length === 0) return null
  if (endings.some(({ required }) => required === 'no')) return 'yes'
  return endings.some(({ required }) => required === 'yes') ? 'no' : 'undetermined'
}

/** What a handshake came to in which the server asked for a certificate: whether it wants another than it was shown. */
export function endingOf(conversation: Conversation): {
  required: 'yes' | 'no' | 'undetermined'
  reason: string | null
} {
  const open = { required: 'undetermined' as const, reason: null }
  if (conversation.topic === 'tls13-session') {
    const { flight, finished, alert, tickets } = readTls13(conversation)
    const asked = flight.some(({ type }) => type === handshakeTypes.certificateRequest)
    if (!asked || !finished || conversation.turns.length < 2) return open
    // The server's close_notify answers ours; before it, an alert says what it thinks of our empty certificate.
    if (alert?.fatal) return { required: 'yes', reason: `without one it answers ${alertName(alert.description)}` }
    return tickets.length > 0 || alert ? { required: 'no', reason: null } : open
  }
  const { clear, finished, alert } = readOlder(conversation)
  const asked = clear.some(({ type }) => type === handshakeTypes.certificateRequest)
  if (!asked || conversation.turns.length < 2) return open
  if (finished) return { required: 'no', reason: null }
  return alert?.fatal ? { required: 'yes', reason: `without one it answers ${alertName(alert.description)}` } : open
}
