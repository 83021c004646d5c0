import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Transcript } from '../../../../collectors/tls/transcript.ts'
import { packTranscript, unpackTranscript } from '../../../../collectors/tls/transcript-artefact.ts'
import { alert, exchangeOf } from '../../../helpers/tls-replies.ts'

const transcript: Transcript = {
  exchanges: [exchangeOf('TLSv1.2', [0xc02f], alert(40))],
  conversations: [
    {
      topic: 'robot',
      variant: 'good',
      protocol: 'TLSv1.2',
      turns: [{ sent: Buffer.from('01', 'hex'), received: Buffer.from('0203', 'hex') }],
      end: 'closed',
      secrets: { master: Buffer.from('aa', 'hex') },
    },
  ],
}

describe('the transcript as an artefact', () => {
  test('is compressed, the same each time, and leads to the same transcript', () => {
    const packed = packTranscript(transcript, () => true)
    expect(packed).toMatchObject({ name: 'tls-transcript.json.gz', mediaType: 'application/gzip' })
    expect(Buffer.from(packed.bytes).equals(packTranscript(transcript, () => true).bytes)).toBe(true)
    expect(JSON.parse(gunzipSync(packed.bytes).toString())).toMatchObject({ version: 1 })
    expect(unpackTranscript(packed.bytes)).toEqual(transcript)
  })

  test('is compressed in another way where redaction would change it, and not at all where every way would', () => {
    let asked = 0
    const second = packTranscript(transcript, () => ++asked > 1)
    expect(second.mediaType).toBe('application/gzip')
    const none = packTranscript(transcript, () => false)
    expect(none).toMatchObject({ name: 'tls-transcript.json', mediaType: 'application/json' })
    expect(unpackTranscript(none.bytes)).toEqual(transcript)
  })

  test('recorded without conversations is read all the same', () => {
    expect(unpackTranscript(Buffer.from('{"version":1,"exchanges":[]}'))).toEqual({ exchanges: [], conversations: [] })
  })

  test.each(['', '{"version":2}', '\x1f\x8bnothing'])('%j is refused', (text) => {
    expect(() => unpackTranscript(Buffer.from(text, 'latin1'))).toThrow()
  })
})
