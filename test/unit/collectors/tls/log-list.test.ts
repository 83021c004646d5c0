import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseLogList } from '../../../../collectors/tls/certificate/log-list.ts'
import { readLogs } from '../../../../collectors/tls/certificate/logs-artefact.ts'
import { CollectionError } from '../../../../src/model/errors.ts'
import { logListJson, testLog } from '../../../helpers/timestamp-log.ts'

const path = resolve(import.meta.dirname, '../../../fixtures/tls/timestamps/log_list.json')
const published = readFileSync(path, 'utf8')

describe('a list of logs', () => {
  test('as Chromium has it is read with its date, its operators and the states of its logs', () => {
    const { published: at, version, logs } = parseLogList(published, path)
    expect({ at, version, count: logs.size }).toEqual({ at: '2021-10-05T01:35:01.000Z', version: '3.52', count: 5 })
    expect(logs.get('ddeb1d2b7a0d4fa6208b81ad8168707e2e8e9d01d55c888d3d11c4cdb6ecbecc')).toMatchObject({
      name: 'Symantec log',
      operator: 'DigiCert',
      state: 'retired',
      since: '2019-02-16T00:00:00.000Z',
    })
  })

  test('may have logs with tiles, logs without a state or a name, and keys that nobody here knows', () => {
    const [tiled, stateless] = [testLog(), testLog()]
    const listed = [
      { log: tiled, name: 'Tiles 2026', operator: 'One', tiled: true },
      { log: stateless, name: 'Test', operator: 'One' },
    ]
    const json = JSON.parse(logListJson(listed))
    json.$schema = 'https://example.test/schema.json'
    json.version = 61
    json.operators[0].logs[0].state = undefined
    json.operators[0].logs[0].description = undefined
    json.operators[0].logs[0].log_type = 'test'
    json.log_list_timestamp = undefined
    const { published: at, logs } = parseLogList(JSON.stringify(json), path)
    expect(at).toBeNull()
    expect(logs.get(tiled.id.toString('hex'))).toMatchObject({ name: 'Tiles 2026', state: 'usable' })
    expect(logs.get(stateless.id.toString('hex'))).toMatchObject({ name: 'a log of One', state: null, since: null })
  })

  test.each<[what: string, change: (text: string) => string, place: string]>([
    ['no JSON', (text) => text.replace('"operators": [', '"operators" ['), 'list.json:4:15: no JSON: '],
    ['cut off', (text) => text.slice(0, -20), 'list.json:87:1: no JSON: '],
    ['no list', () => '{}', 'list.json:1:1: operators: '],
    ['a list of nobody', () => '{"operators": []}', 'list.json:1:15: operators: '],
    ['another thing', () => '[1]', 'list.json:1:1: '],
    [
      'a key that is none',
      (text) => text.replace('MFkwEwYHKoZIzj0CAQYI', 'MFkwEwYHKoZIzj0CAQYJ'),
      'operators[0].logs[0].key: ',
    ],
    ['a key that is no base64', (text) => text.replace('MFkwEwYHKoZIzj0CAQYI', '????'), 'operators[0].logs[0].key: '],
    [
      'an id of another key',
      (text) => text.replace('"pLkJ', '"qLkJ'),
      'operators[0].logs[2].log_id: not the SHA-256 of the key',
    ],
    ['a state that does not exist', (text) => text.replace('"retired"', '"tired"'), 'operators[1].logs[1].state'],
    [
      'two states',
      (text) => text.replace('"retired": {', '"usable": { "timestamp": "2020-01-01T00:00:00Z" }, "retired": {'),
      'operators[1].logs[1].state: ',
    ],
    [
      'a state since no moment',
      (text) => text.replace('2019-02-16T00:00:00Z', '2019-02-30T00:00:00Z'),
      'operators[1].logs[1].state.retired.timestamp: ',
    ],
    ['of an operator without a name', (text) => text.replace('"name": "DigiCert",', ''), 'operators[1].name: '],
  ])('that is %s is refused with the file and the place', (_what, change, place) => {
    const text = change(published)
    expect(text).not.toBe(published)
    const refused = expect.objectContaining({ failure: 'unparsable', message: expect.stringContaining(place) })
    expect(() => parseLogList(text, 'list.json')).toThrow(refused)
  })

  test('with any damage is read or refused as one that does not parse', () => {
    fc.assert(
      fc.property(fc.nat(published.length - 1), fc.string({ maxLength: 3 }), fc.nat(2), (place, put, taken) => {
        const text = published.slice(0, place) + put + published.slice(place + taken)
        try {
          for (const id of parseLogList(text, 'list.json').logs.keys()) expect(id).toMatch(/^[0-9a-f]{64}$/)
        } catch (error) {
          expect(error).toBeInstanceOf(CollectionError)
        }
      }),
    )
  })

  test('of which something was kept is told from another thing', () => {
    expect(() => readLogs('{"version":2,"logs":[]}')).toThrow(TypeError)
    expect(() => readLogs('no')).toThrow(SyntaxError)
  })
})
