import type { JsonObject } from '../../../src/model/json.ts'
import { readOlder } from '../conversation/older-reader.ts'
import { compression } from '../features/extensions.ts'
import { conversationsOn, type Heard } from '../features/heard.ts'
import { suitesWhere } from '../features/known.ts'
import { ticketIn } from '../features/sessions.ts'
import type { Conversation, Topic } from '../transcript.ts'
import { ccsInjection } from './ccs-injection.ts'
import { heartbleed } from './heartbleed.ts'
import * as inferred from './inferred.ts'
import { poodleTls } from './poodle-tls.ts'
import { decryptsByRsa, robot } from './robot.ts'
import { ticketbleed } from './ticketbleed.ts'
import { type Verdict, verdict, type WeaknessName, weaknessFacts } from './weakness.ts'

/** The facts of `tls.weakness`, one for each weakness; pure. */
export function allWeaknesses(heard: Heard): JsonObject[] {
  const verdicts: { readonly [name in WeaknessName]: Verdict } = {
    heartbleed: byTest(heard, 'heartbleed', heartbleed) ?? untried(heard, 'heartbeats'),
    'ccs-injection': byTest(heard, 'ccs-injection', ccsInjection) ?? untried(heard, 'the messages it needs'),
    ticketbleed: ofTickets(heard),
    robot: ofRobot(heard),
    'poodle-sslv3': inferred.poodleSslv3(heard),
    'poodle-tls': ofPoodleTls(heard),
    freak: inferred.freak(heard),
    logjam: inferred.logjam(heard),
    drown: inferred.drown(heard),
    sweet32: inferred.sweet32(heard),
    crime: crime(heard),
    beast: inferred.beast(heard),
    rc4: inferred.rc4(heard),
    lucky13: inferred.lucky13(heard),
    anonymous: inferred.anonymous(heard),
    null: inferred.nullSuites(heard),
    'no-forward-secrecy': inferred.noForwardSecrecy(heard),
    'no-aead': inferred.noAead(heard),
  }
  return (Object.keys(verdicts) as WeaknessName[]).map((name) => weaknessFacts(name, verdicts[name]))
}

function byTest(
  heard: Heard,
  topic: Topic,
  read: (conversations: readonly Conversation[]) => Verdict,
): Verdict | undefined {
  const held = conversationsOn(heard, topic)
  return held.length > 0 ? read(held) : undefined
}

/** What follows where nothing could be tried, since no version before TLS 1.3 is there. */
function untried({ known }: Heard, what: string): Verdict {
  if (known.onlyTls13)
    return verdict('inferred', 'not-vulnerable', `only TLS 1.3 is offered, which does not have ${what}`)
  const reason = known.older ? 'the server was not asked' : 'no version in which it could be tried was found'
  return verdict('tested', 'undetermined', reason)
}

function ofTickets(heard: Heard): Verdict {
  const tried = conversationsOn(heard, 'ticketbleed').at(-1)
  if (tried) return ticketbleed(tried)
  const session = conversationsOn(heard, 'session').findLast(({ variant }) => variant === 'ticket')
  const reading = session && readOlder(session)
  if (reading?.finished && !ticketIn(reading.clear)) {
    return verdict('tested', 'not-vulnerable', 'the server gives no session tickets')
  }
  return untried(heard, 'the tickets of older versions')
}

function ofRobot(heard: Heard): Verdict {
  const tried = conversationsOn(heard, 'robot')
  if (tried.length > 0) return robot(tried)
  const older = heard.known.versions.filter(({ protocol }) => protocol !== 'TLSv1.3')
  const isComplete = older.every(({ offered, openSuites }) => offered !== 'undetermined' && !decryptsByRsa(openSuites))
  if (isComplete && older.every(({ suites }) => !decryptsByRsa(suites))) {
    return verdict('inferred', 'not-vulnerable', 'no cipher suite with RSA key exchange is offered')
  }
  return untried(heard, 'RSA key exchange')
}

function ofPoodleTls(heard: Heard): Verdict {
  const tried = conversationsOn(heard, 'poodle-tls')
  if (tried.length > 0) return poodleTls(tried)
  const isCbc = (suites: readonly number[]) => suitesWhere(suites, ({ cipher }) => cipher.endsWith('-CBC')).length > 0
  const older = heard.known.versions.filter(({ protocol }) => protocol !== 'TLSv1.3' && protocol !== 'SSLv3')
  const isComplete = older.every(({ offered, openSuites }) => offered !== 'undetermined' && !isCbc(openSuites))
  if (isComplete && older.every(({ suites }) => !isCbc(suites))) {
    return verdict('inferred', 'not-vulnerable', 'no CBC cipher suite is offered in TLS')
  }
  return verdict('tested', 'undetermined', 'no handshake with a CBC cipher suite could be held')
}

function crime(heard: Heard): Verdict {
  const { status, basis, reason } = compression(heard)
  if (status === 'undetermined') return verdict(basis, 'undetermined', reason ?? 'whether TLS compresses is not known')
  if (status === 'yes') return verdict(basis, 'vulnerable', `TLS compression: ${reason ?? 'the server chose it'}`)
  return verdict(basis, 'not-vulnerable', reason ?? 'the server chose no compression, though it was offered')
}
