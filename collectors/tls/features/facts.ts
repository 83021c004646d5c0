import type { JsonObject } from '../../../src/model/json.ts'
import { flightOf } from '../handshake/current-client.ts'
import { extensionTypes } from '../wire/client-hello.ts'
import { handshakeTypes } from '../wire/reply.ts'
import { alpnOf } from './alpn.ts'
import { clientCertificate } from './client-certificate.ts'
import { dhParameters } from './dh-parameters.ts'
import { compression, encryptThenMac, extension, fallback } from './extensions.ts'
import { type FeatureName, type Finding, featureFacts, tested, unanswered, undetermined } from './feature.ts'
import { isStapledTls13 } from './flight-messages.ts'
import { evidenceOf, type Heard } from './heard.ts'
import { clientRenegotiation, earlyData, sessionIds, sessionTickets, tls13Resumption } from './sessions.ts'
import { signatureAlgorithms } from './signatures.ts'
import { intolerance } from './tolerance.ts'

/** The facts of `tls.feature`, one for each feature; pure. */
export function allFeatures(heard: Heard): JsonObject[] {
  const findings: { readonly [name in FeatureName]: Finding } = {
    alpn: alpn(heard),
    'client-certificate': clientCertificate(heard),
    'client-renegotiation': clientRenegotiation(heard),
    compression: compression(heard),
    'dh-parameters': dhParameters(heard),
    'early-data': earlyData(heard),
    'encrypt-then-mac': encryptThenMac(heard),
    'extended-master-secret': extension(heard, extensionTypes.extendedMasterSecret, 'yes'),
    'fallback-scsv': fallback(heard),
    'grease-intolerance': intolerance(heard, 'grease'),
    heartbeat: extension(heard, 15, 'no'),
    'long-hello-intolerance': intolerance(heard, 'long-hello'),
    'ocsp-stapling': stapling(heard),
    'secure-renegotiation': extension(heard, extensionTypes.renegotiationInfo, 'yes'),
    'session-ids': sessionIds(heard),
    'session-tickets': sessionTickets(heard),
    'signature-algorithms': signatureAlgorithms(heard),
    'tls13-resumption': tls13Resumption(heard),
    'version-intolerance': intolerance(heard, 'future-version'),
  }
  return (Object.keys(findings) as FeatureName[]).map((name) => featureFacts(name, findings[name]))
}

function alpn(heard: Heard): Finding {
  const asked = heard.evidence.filter(({ exchange }) => exchange.purpose === 'alpn')
  const protocols = [...new Set(asked.map(alpnOf).filter((name) => name !== null))]
  if (protocols.length > 0) return tested(true, null, { protocols })
  const answered = asked.some(({ verdict }) => verdict.kind === 'chosen')
  const details = { protocols }
  if (answered) return tested(false, null, details)
  const refused = asked.find(({ verdict }) => verdict.kind === 'refused' && verdict.alert === 'no_application_protocol')
  if (refused) return undetermined('the server takes none of the protocols that were offered', details)
  return unanswered(asked.at(-1), details)
}

/** An OCSP response that came in any handshake; what it says is read elsewhere. */
function stapling(heard: Heard): Finding {
  const flights = heard.evidence.map(({ reply, exchange }) => ({
    sealed: exchange.serverTraffic !== undefined,
    messages: flightOf(reply, exchange.serverTraffic),
  }))
  const came = flights.some(({ sealed, messages }) =>
    messages.some(
      ({ type, body }) => type === 22 || (sealed && type === handshakeTypes.certificate && isStapledTls13(body)),
    ),
  )
  if (came) return tested(true)
  const asked = heard.evidence.findLast(
    (each) => ['extensions', 'stapling'].includes(each.exchange.purpose) && each.verdict.kind === 'chosen',
  )
  if (asked) return tested(false, 'no OCSP response came, though one was asked for')
  return unanswered(evidenceOf(heard, 'extensions'))
}
