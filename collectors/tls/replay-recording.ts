import type { Derived, NotDerived, Recording } from '../../src/model/replay.ts'
import { logsName, readLogs } from './certificate/logs-artefact.ts'
import { readAnswers, revocationName } from './certificate/online.ts'
import { readDnsAnswers } from './dns/lookup.ts'
import { dnsName, observeDns } from './dns/observe.ts'
import { observe } from './replay.ts'
import { readSetting, settingName } from './setting.ts'
import { transcriptNames, unpackTranscript } from './transcript-artefact.ts'

/** Derives everything that a collection observed from its transcript, its setting and the answers of others. */
export function replayTls(recording: Recording): readonly (Derived | NotDerived)[] {
  return [...handshakes(recording), ...dns(recording)]
}

function handshakes({ artefacts, observations }: Recording): readonly (Derived | NotDerived)[] {
  const name = transcriptNames.find((each) => artefacts.has(each))
  const transcript = name && artefacts.get(name)
  const setting = artefacts.get(settingName)
  if (!transcript || !setting) {
    const why = transcript
      ? 'the moment and the trust anchors that it was judged by were not recorded'
      : 'there is no transcript beside it'
    return observations
      .filter(({ kind }) => kind !== 'tls.dns')
      .map(({ kind, subject, evidence }) => ({ kind, subject, evidence, why }))
  }
  const revocation = artefacts.get(revocationName)
  const list = artefacts.get(logsName)
  const evidence = [name, settingName, ...(revocation ? [revocationName] : []), ...(list ? [logsName] : [])]
  const answers = revocation ? readAnswers(textOf(revocation)) : []
  const judgedBy = readSetting(textOf(setting))
  const { logsProblem } = judgedBy
  const logs = list ? readLogs(textOf(list)) : logsProblem === null ? null : { problem: logsProblem }
  return observe(unpackTranscript(transcript), judgedBy, { answers, logs }).map((observation) => ({
    ...observation,
    evidence,
    open: {},
  }))
}

function dns({ artefacts }: Recording): readonly Derived[] {
  const answers = artefacts.get(dnsName)
  return answers ? [{ ...observeDns(readDnsAnswers(textOf(answers))), evidence: [dnsName], open: {} }] : []
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}
