import { extensionTypes } from '../wire/client-hello.ts'
import { type Finding, inferred, tested, unanswered, undetermined } from './feature.ts'
import { evidenceOf, type Heard, refusals, withoutOlder } from './heard.ts'
import { suitesWhere } from './known.ts'

/** Whether the server answers an extension of a hello of a version before TLS 1.3. */
export function extension(heard: Heard, type: number, ifTls13: 'yes' | 'no'): Finding {
  const without = withoutOlder(heard, ifTls13)
  if (without) return without
  if (heard.known.older?.protocol === 'SSLv3') {
    if (type === extensionTypes.renegotiationInfo) return undetermined('it is not asked about in SSLv3')
    return inferred(false, 'no version newer than SSLv3 is offered, which has no extensions')
  }
  const evidence = evidenceOf(heard, 'extensions')
  if (evidence?.verdict.kind !== 'chosen') return unanswered(evidence)
  return tested(evidence.reply.serverHello?.extensions.some((each) => each.type === type) ?? false)
}

export function compression(heard: Heard): Finding {
  const method = { method: null }
  const without = withoutOlder(heard, 'no', method)
  if (without) return without
  const evidence = evidenceOf(heard, 'compression')
  if (evidence?.verdict.kind !== 'chosen') return unanswered(evidence, method)
  const chosen = evidence.reply.serverHello?.compression ?? 0
  const name = { 1: 'DEFLATE', 64: 'LZS' }[chosen] ?? `${chosen}`
  return chosen === 0 ? tested(false, null, method) : tested(true, `the server chose ${name}`, { method: name })
}

export function encryptThenMac(heard: Heard): Finding {
  const without = withoutOlder(heard, 'yes')
  if (without) return without
  const asked = evidenceOf(heard, 'encrypt-then-mac')
  const { suites = [], openSuites = [] } = heard.known.older ?? {}
  if (!asked && suitesWhere([...suites, ...openSuites], ({ cipher }) => cipher.endsWith('-CBC')).length === 0) {
    return inferred(false, 'no CBC cipher suite is offered, to which alone it applies')
  }
  if (asked?.verdict.kind !== 'chosen') return unanswered(asked)
  return tested(asked.reply.serverHello?.extensions.some(({ type }) => type === extensionTypes.encryptThenMac) ?? false)
}

export function fallback(heard: Heard): Finding {
  const { known } = heard
  const without = withoutOlder(heard, 'yes')
  if (without) return without
  const offered = known.versions.filter((each) => each.offered === 'yes')
  if (offered.length === 1 && known.versions.every((each) => each.offered !== 'undetermined')) {
    return inferred(true, 'one version is offered alone, so that there is none to fall back to')
  }
  const evidence = evidenceOf(heard, 'fallback')
  if (!evidence && offered.length === 1) {
    return undetermined('one version was found alone, and whether there is another is not known')
  }
  if (evidence?.verdict.kind === 'chosen') {
    return tested(false, `the server took ${evidence.verdict.protocol} though it has a newer version`)
  }
  if (!evidence || !refusals(heard)(evidence)) return unanswered(evidence)
  if (evidence.verdict.kind !== 'refused')
    return tested(true, 'the server refused the fallback by closing the connection')
  const { alert } = evidence.verdict
  if (alert === 'inappropriate_fallback') return tested(true)
  return tested(true, `the server refused the fallback, though with the alert ${alert}`)
}
