import type { Transcript } from '../../collectors/tls/transcript.ts'
import { unpackTranscript } from '../../collectors/tls/transcript-artefact.ts'
import type { Collection } from '../../src/model/evidence.ts'

/** The transcript that a collection of the tls collector kept; throws where it kept none. */
export function transcriptOf({ artefacts }: Collection): Transcript {
  const artefact = artefacts.find(({ name }) => name.startsWith('tls-transcript.json'))
  if (!artefact) throw new Error('no transcript was kept')
  return unpackTranscript(artefact.bytes)
}
