import { gunzipSync, gzipSync } from 'node:zlib'
import type { Artefact } from '../../src/model/evidence.ts'
import { readTranscript, type Transcript, writeTranscript } from './transcript.ts'

/** Bytes that an unpacked transcript may have; an artefact that claims more is refused. */
const maxTranscriptBytes = 64 * 1_024 * 1_024

/**
 * The transcript as an artefact, compressed: the same transcript gives the same bytes. `isSafe` says whether redaction
 * would leave bytes as they are, since compressed bytes may look like a secret by chance and would then be destroyed;
 * another compression, or none, gives other bytes.
 */
export function packTranscript(transcript: Transcript, isSafe: (bytes: Uint8Array) => boolean): Artefact {
  const text = Buffer.from(writeTranscript(transcript))
  for (const level of [9, 8, 7, 6]) {
    const bytes = gzipSync(text, { level })
    // The header names the operating system, which is no part of the evidence.
    bytes[operatingSystemAt] = unknownSystem
    if (isSafe(bytes)) return { name: transcriptNames[0], mediaType: 'application/gzip', bytes }
  }
  return { name: transcriptNames[1], mediaType: 'application/json', bytes: text }
}

/** What the artefact is called, compressed and not. */
export const transcriptNames = ['tls-transcript.json.gz', 'tls-transcript.json'] as const

/** RFC 1952 section 2.3.1. */
const operatingSystemAt = 9
const unknownSystem = 255

/** Reads a transcript artefact, compressed or not; throws an Error for anything else. */
export function unpackTranscript(bytes: Uint8Array): Transcript {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  const text = isGzip ? gunzipSync(bytes, { maxOutputLength: maxTranscriptBytes }) : Buffer.from(bytes)
  return readTranscript(text.toString('utf8'))
}
